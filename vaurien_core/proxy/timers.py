"""Calls at a time of the clock, never early.

On Linux a heap behind one timerfd that the loop watches: uvloop rounds to whole milliseconds against a cached clock and
fires early, Qt's timers are coarse. Elsewhere `loop.call_later`, checked against the clock and armed again. Made by
`timers_for`, owned by the engine, one per loop.
"""

from __future__ import annotations

import asyncio
import ctypes
import heapq
import os
import sys
from collections.abc import Callable

from vaurien_core.clock import Clock, SystemClock
from vaurien_core.proxy.seams import Timers

CLOCK_MONOTONIC = 1
TFD_TIMER_ABSTIME = 1


class Call:
    """A call that is due; ordered by time, then by when it was asked for."""

    __slots__ = ("_callback", "_number", "_owner", "when")

    def __init__(self, owner: HeapTimers, when: float, number: int, callback: Callable[[], None]) -> None:
        self.when = when
        self._owner, self._number = owner, number
        self._callback: Callable[[], None] | None = callback

    def __lt__(self, other: Call) -> bool:
        return (self.when, self._number) < (other.when, other._number)

    @property
    def cancelled(self) -> bool:
        """Whether there is nothing left to call."""
        return self._callback is None

    def cancel(self) -> None:
        """Forget it; idempotent."""
        if self._callback is not None:
            self._callback = None
            self._owner.forgot()

    def run(self) -> None:
        """Call back, once."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


class HeapTimers:
    """The heap; how the loop wakes us at `when` is the subclass's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[Call] = []
        self._count = 0
        self._dead = 0
        self._armed: float | None = None

    def call_at(self, when: float, callback: Callable[[], None]) -> Call:
        """Call back at `when` (seconds of the clock) or as soon after as the loop can."""
        self._count += 1
        call = Call(self, when, self._count, callback)
        heapq.heappush(self._heap, call)
        if self._armed is None or when < self._armed:
            self._arm(when)
        return call

    def forgot(self) -> None:
        """A call was cancelled; the heap is swept when most of it is."""
        self._dead += 1
        if self._dead > 64 and self._dead * 2 > len(self._heap):
            self._heap = [call for call in self._heap if not call.cancelled]
            heapq.heapify(self._heap)
            self._dead = 0

    def fire(self) -> None:
        """Run what is due and arm for the next."""
        self._armed = None
        now = self._clock.now()
        try:
            while self._heap and (self._heap[0].cancelled or self._heap[0].when <= now):
                call = heapq.heappop(self._heap)
                if call.cancelled:
                    self._dead = max(0, self._dead - 1)
                call.run()
        finally:
            if self._heap and (self._armed is None or self._heap[0].when < self._armed):
                self._arm(self._heap[0].when)

    def close(self) -> None:
        """Cancel all."""
        self._heap.clear()

    def _arm(self, when: float) -> None:
        raise NotImplementedError


class _TimerSpec(ctypes.Structure):
    _fields_ = (
        ("interval_s", ctypes.c_long),
        ("interval_ns", ctypes.c_long),
        ("value_s", ctypes.c_long),
        ("value_ns", ctypes.c_long),
    )


class FdTimers(HeapTimers):
    """A timerfd on the monotonic clock (timerfd_create(2)), read by the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        super().__init__(clock)
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.timerfd_create(CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        self._loop = loop
        loop.add_reader(self._fd, self._expired)

    def close(self) -> None:
        """Cancel all and close the descriptor; idempotent."""
        super().close()
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _expired(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return
        self.fire()

    def _arm(self, when: float) -> None:
        if self._fd < 0:
            return
        self._armed = when
        nanoseconds = max(1, int(when * 1e9) + 1)
        spec = _TimerSpec(0, 0, nanoseconds // 10**9, nanoseconds % 10**9)
        self._libc.timerfd_settime(self._fd, TFD_TIMER_ABSTIME, ctypes.byref(spec), None)


class LoopTimers(HeapTimers):
    """The loop's own timers; one that fires early is armed again."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        super().__init__(clock)
        self._loop = loop
        self._handle: asyncio.Handle | None = None

    def close(self) -> None:
        """Cancel all."""
        super().close()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _arm(self, when: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._armed = when
        self._handle = self._loop.call_later(max(0.0, when - self._clock.now()), self.fire)


def timers_for(loop: asyncio.AbstractEventLoop, clock: Clock) -> Timers:
    """The most precise timers that this loop and clock allow; close them before the loop."""
    if sys.platform == "linux" and isinstance(clock, SystemClock):
        try:
            return FdTimers(loop, clock)
        except (OSError, AttributeError, NotImplementedError):
            return LoopTimers(loop, clock)
    return LoopTimers(loop, clock)
