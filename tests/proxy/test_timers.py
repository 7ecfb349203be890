"""Timers are never early, cheap to cancel, and give back what they opened."""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from tests.proxy.lab import Place
from vaurien_core.clock import SystemClock
from vaurien_core.proxy.timers import FdTimers, HeapTimers, LoopTimers, timers_for

PLACES = [Place("stock", "reactor"), Place("uvloop", "reactor")]
both_loops = pytest.mark.parametrize("place", PLACES, ids=["stock", "uvloop"])
both_kinds = pytest.mark.parametrize("kind", [FdTimers, LoopTimers])


@both_loops
@both_kinds
def test_no_call_is_early_and_all_come_in_order(place: Place, kind: type[FdTimers | LoopTimers]) -> None:
    async def main() -> None:
        clock = SystemClock()
        timers = kind(asyncio.get_running_loop(), clock)
        dice = random.Random(3)
        done: list[tuple[float, float]] = []
        start = clock.now()
        whens = [start + dice.uniform(0, 0.1) for _ in range(200)]
        for when in whens:
            timers.call_at(when, lambda when=when: done.append((when, clock.now())))
        async with asyncio.timeout(3):
            while len(done) < len(whens):
                await asyncio.sleep(0.005)
        assert all(at >= when for when, at in done)
        assert [when for when, _ in done] == sorted(whens)
        timers.close()

    place.run(main)


@both_loops
@both_kinds
def test_a_cancelled_call_never_comes_and_many_are_forgotten(place: Place, kind: type[FdTimers | LoopTimers]) -> None:
    async def main() -> None:
        clock = SystemClock()
        timers: HeapTimers = kind(asyncio.get_running_loop(), clock)
        calls: list[int] = []
        for n in range(1000):
            handle = timers.call_at(clock.now() + 0.01, lambda n=n: calls.append(n))
            if n != 500:
                handle.cancel()
                handle.cancel()
        assert len(timers._heap) < 200
        await asyncio.sleep(0.05)
        assert calls == [500]
        timers.close()

    place.run(main)


@both_loops
@both_kinds
def test_a_call_may_ask_for_another_and_a_past_time_is_now(place: Place, kind: type[FdTimers | LoopTimers]) -> None:
    async def main() -> None:
        clock = SystemClock()
        timers = kind(asyncio.get_running_loop(), clock)
        done = asyncio.Event()
        timers.call_at(clock.now() - 5, lambda: timers.call_at(clock.now() + 0.01, done.set))
        async with asyncio.timeout(2):
            await done.wait()
        timers.close()

    place.run(main)


@both_loops
def test_linux_gets_a_timerfd_and_closing_gives_it_back(place: Place) -> None:
    async def main() -> None:
        before = len(os.listdir("/proc/self/fd"))
        timers = timers_for(asyncio.get_running_loop(), SystemClock())
        assert isinstance(timers, FdTimers)
        timers.call_at(1.0, lambda: None)
        timers.close()
        timers.close()
        await asyncio.sleep(0.01)
        assert len(os.listdir("/proc/self/fd")) == before

    place.run(main)


@both_loops
def test_a_call_that_crashes_does_not_stop_the_others(place: Place) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        crashes: list[str] = []
        loop.set_exception_handler(lambda _loop, context: crashes.append(repr(context.get("exception"))))
        clock = SystemClock()
        timers = timers_for(loop, clock)
        done = asyncio.Event()
        timers.call_at(clock.now() + 0.01, lambda: 1 / 0)  # type: ignore[arg-type, return-value]
        timers.call_at(clock.now() + 0.02, done.set)
        async with asyncio.timeout(2):
            await done.wait()
        assert len(crashes) == 1
        timers.close()

    place.run(main)
