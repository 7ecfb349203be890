"""Time as an argument: what waits takes a `Clock`, so tests don't sleep.

`now()` is monotonic seconds; `wall()` is Unix time, for people.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> float:
        """Monotonic seconds."""
        ...

    def wall(self) -> float:
        """Unix time in seconds."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> float:
        """`time.monotonic()`."""
        return time.monotonic()

    def wall(self) -> float:
        """`time.time()`."""
        return time.time()


class ManualClock:
    """A clock that moves when it is told to; for tests."""

    def __init__(self, now: float = 0.0, wall: float = 1_700_000_000.0) -> None:
        self._now, self._wall = now, wall

    def now(self) -> float:
        """The set time."""
        return self._now

    def wall(self) -> float:
        """The set Unix time."""
        return self._wall

    def advance(self, seconds: float) -> None:
        """Move both on by `seconds`."""
        self._now += seconds
        self._wall += seconds
