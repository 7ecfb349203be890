"""The one module that knows qasync: the window's asyncio loop with exact timers, and how its tasks are born.

qasync makes a coarse Qt timer of every call (5 % off, and early). This loop keeps its own queue of what is
ready and its own heap of what is due, driven by one zero timer and one precise timer: a call is never
early, at most a millisecond and the loop's own business late, and a cancelled one costs nothing.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import logging
import math
import os
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

os.environ.setdefault("QT_API", "pyside6")

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimerEvent

import qasync  # isort: skip

T = TypeVar("T")
Reporter = Callable[[BaseException, str], None]
"""Told of what a task failed with, and of the task's name."""

logger = logging.getLogger(__name__)


class _Clockwork(QObject):
    """Runs handles: those that are ready, one batch per turn of Qt's loop, and those that have come due.

    Owned by one `WindowLoop`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ready: deque[asyncio.Handle] = deque()
        self._due: list[tuple[float, int, asyncio.Handle]] = []
        self._count = 0
        self._ready_timer = 0
        self._due_timer = 0
        self._armed_for = math.inf
        self.running = False
        """Whether handles may run. Qt may turn without asyncio's loop (a test's `processEvents`): then they wait."""

    def soon(self, handle: asyncio.Handle) -> None:
        """Run it at the next turn."""
        self._ready.append(handle)
        if not self._ready_timer:
            self._ready_timer = self.startTimer(0, Qt.TimerType.PreciseTimer)

    def at(self, when: float, handle: asyncio.Handle) -> None:
        """Run it at `when` (monotonic seconds) or as soon after as can be."""
        self._count += 1
        heapq.heappush(self._due, (when, self._count, handle))
        if when < self._armed_for:
            self._arm()

    def close(self) -> None:
        """Forget everything."""
        for timer in (self._ready_timer, self._due_timer):
            if timer:
                self.killTimer(timer)
        self._ready_timer = self._due_timer = 0
        self._ready.clear()
        self._due.clear()

    def timerEvent(self, event: QTimerEvent) -> None:
        """One of the two timers fired."""
        if event.timerId() == self._due_timer:
            self._collect()
        if self.running:
            self._run_ready()

    def _collect(self) -> None:
        now = time.monotonic()
        while self._due and (self._due[0][2].cancelled() or self._due[0][0] <= now):
            self._ready.append(heapq.heappop(self._due)[2])
        self._arm()

    def _arm(self) -> None:
        while self._due and self._due[0][2].cancelled():
            heapq.heappop(self._due)
        if self._due_timer:
            self.killTimer(self._due_timer)
            self._due_timer = 0
        self._armed_for = self._due[0][0] if self._due else math.inf
        if self._due:
            wait_ms = math.ceil(max(0.0, self._armed_for - time.monotonic()) * 1000)
            self._due_timer = self.startTimer(min(wait_ms, 86_400_000), Qt.TimerType.PreciseTimer)

    def _run_ready(self) -> None:
        for _ in range(len(self._ready)):
            if not self._ready:  # closed by one of them
                break
            handle = self._ready.popleft()
            if not handle.cancelled():
                handle._run()
        if self._ready and not self._ready_timer:
            self._ready_timer = self.startTimer(0, Qt.TimerType.PreciseTimer)
        elif not self._ready and self._ready_timer:
            self.killTimer(self._ready_timer)
            self._ready_timer = 0


class WindowLoop(qasync.QEventLoop):  # type: ignore[misc]
    """qasync's loop on our clockwork; made after the application, closed by who made it."""

    def __init__(self, app: QCoreApplication) -> None:
        self._clockwork = _Clockwork()
        super().__init__(app)

    def run_forever(self) -> object:
        """Run until `stop`; only meanwhile are calls made."""
        self._clockwork.running = True
        try:
            return super().run_forever()
        finally:
            self._clockwork.running = False

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """Run it at the next turn of Qt's loop."""
        handle = asyncio.Handle(callback, args, self, context)
        self._clockwork.soon(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Run it at `when` of `time()`, never early."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._clockwork.at(when, handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Run it in `delay` seconds, never early."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def close(self) -> None:
        """Give back what the loop opened; it can't be restarted."""
        super().close()
        self._clockwork.close()


class Tasks:
    """The tasks of one owner: strongly referenced, named, their crashes reported, cancelled by `aclose`."""

    def __init__(self, owner: str, report: Reporter | None = None) -> None:
        self._owner, self._report = owner, report
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, coro: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Start a coroutine that nobody awaits; it must run on the current loop."""
        task = asyncio.get_running_loop().create_task(coro, name=f"{self._owner}: {name}")
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        if self._report is None:
            logger.error("%s failed", task.get_name(), exc_info=error)
        else:
            self._report(error, task.get_name())

    async def aclose(self) -> None:
        """Cancel all and wait until they have ended."""
        running = [task for task in self._running if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def runs() -> bool:
    """Whether asyncio's loop runs: Qt's may still deliver timers when it has ended."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def run(app: QCoreApplication, main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on a loop of its own in this application, then end what it left behind.

    No global policy is set: loops of other threads stay what they are.
    """
    with asyncio.Runner(loop_factory=lambda: WindowLoop(app)) as runner:
        return runner.run(main)
