"""The loop on which the engines of a measurement run: a thread of its own, as clients are no part of a real engine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from vaurien_core.engine.loops import loop_factory

_CALL_S = 10.0
T = TypeVar("T")


class Host:
    """The loop of the engines, of the kind that runs would have."""

    def __init__(self) -> None:
        self._ready: Future[asyncio.AbstractEventLoop] = Future()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="verify engines", daemon=True)

    def __enter__(self) -> Self:
        """Start it."""
        self._thread.start()
        self._loop = self._ready.result(_CALL_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(_CALL_S)

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it on the loop and wait for what it returns."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_CALL_S)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=loop_factory()[1]) as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        self._end = asyncio.Event()
        self._ready.set_result(asyncio.get_running_loop())
        await self._end.wait()
