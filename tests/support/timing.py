"""Bounds on time that a busy machine may miss once, but not every time."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Awaitable, Callable


def slack() -> float:
    """Seconds that this machine's load may add: twenty times what an empty program takes now. The control of bounds."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-S", "-c", "pass"], check=True)
    return 20 * (time.monotonic() - began)


def soon_enough(attempt: Callable[[], float], below_s: float, tries: int = 5) -> None:
    """Assert that what takes `attempt()` seconds can be done in less than `below_s`.

    An attempt makes everything anew and asserts all else that it proves (never early, say) each time.
    """
    took = []
    for _ in range(tries):
        took.append(attempt())
        if took[-1] < below_s:
            return
    raise AssertionError(f"each of {tries} attempts took {below_s} s or more: {took}")


async def soon_enough_async(attempt: Callable[[], Awaitable[float]], below_s: float, tries: int = 5) -> None:
    """`soon_enough` for attempts that live on a loop."""
    took = []
    for _ in range(tries):
        took.append(await attempt())
        if took[-1] < below_s:
            return
    raise AssertionError(f"each of {tries} attempts took {below_s} s or more: {took}")
