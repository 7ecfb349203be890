"""Threads for blocking plugin code: bounded in number, daemons, one call after the other."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any

THREADS_MAX = 256
"""Per engine."""


class Slots:
    """How many threads the plugins of one engine may have. Taken on the loop, given back by any thread."""

    def __init__(self, count: int = THREADS_MAX) -> None:
        self.count = count
        self._free = threading.Semaphore(count)

    def take(self) -> bool:
        """Whether there was one left."""
        return self._free.acquire(blocking=False)

    def give_back(self) -> None:
        """It is free again."""
        self._free.release()


class Worker:
    """One daemon thread that runs calls in order. Its owner calls `close`; a call that hangs keeps thread and slot."""

    def __init__(self, name: str, slots: Slots) -> None:
        """Start; the caller has taken a slot, the thread gives it back when it ends."""
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._slots = slots
        threading.Thread(target=self._run, name=name, daemon=True).start()

    async def call(self, function: Callable[..., Any], *args: Any) -> Any:  # whatever the plugin returns
        """Run it there; its exception is raised here."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def settle(result: Any, error: Exception | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

        def run() -> None:
            result, failed = None, None
            try:
                result = function(*args)
            except Exception as error:
                failed = error
            try:
                loop.call_soon_threadsafe(settle, result, failed)
            except RuntimeError:
                return  # the loop is closed: nobody waits any more

        self._calls.put(run)
        return await future

    def post(self, function: Callable[[], None]) -> None:
        """Run it there; nobody waits."""
        self._calls.put(function)

    def close(self) -> None:
        """End behind the call that runs; doesn't wait."""
        self._calls.put(None)

    def _run(self) -> None:
        try:
            while (call := self._calls.get()) is not None:
                call()
        finally:
            self._slots.give_back()
