"""Journal and event stream: numbered, bounded, and honest about what was left out."""

from __future__ import annotations

import asyncio
import gc

from vaurien_core.clock import ManualClock
from vaurien_core.engine.broadcast import Broadcast
from vaurien_core.engine.journal import Journal
from vaurien_core.engine.sampling import Sampler
from vaurien_core.model.events import Changed, Entry, Gap


def change(n: int) -> Changed:
    return Changed(n, "", ())


async def test_a_reader_that_lags_is_told_how_many_it_missed_and_gets_the_newest() -> None:
    events = Broadcast(limit=3)
    reader = events.subscribe()
    for n in range(10):
        events.publish(change(n))
    got = [await anext(reader) for _ in range(4)]
    assert got == [Gap(7), change(7), change(8), change(9)]


async def test_a_fast_reader_misses_nothing_beside_a_slow_one() -> None:
    events = Broadcast(limit=2)
    events.subscribe()
    fast = events.subscribe()
    got = []
    for n in range(6):
        events.publish(change(n))
        got.append(await anext(fast))
    assert got == [change(n) for n in range(6)]


async def test_a_waiting_reader_wakes_up_and_ends_when_closed() -> None:
    events = Broadcast()
    reader = events.subscribe()

    async def read() -> list[object]:
        return [event async for event in reader]

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    events.publish(change(1))
    await asyncio.sleep(0)
    events.close()
    assert await asyncio.wait_for(task, 1) == [change(1)]
    assert not events


async def test_a_forgotten_reader_is_gone() -> None:
    events = Broadcast()
    events.subscribe()
    gc.collect()
    assert not events


async def test_a_closed_reader_ends_at_once() -> None:
    events = Broadcast()
    reader = events.subscribe([change(1)])
    await reader.aclose()
    assert [event async for event in reader] == []
    assert not events


def test_the_journal_numbers_its_entries_and_keeps_the_newest() -> None:
    clock = ManualClock()
    journal = Journal(clock, 3)
    heard: list[Entry] = []
    leave = journal.subscribe(heard.append)
    for n in range(5):
        clock.advance(0.5)
        journal.add(proxy="web", ex=n)
    leave()
    journal.notice("late", severity="warning")
    assert [e.n for e in heard] == [1, 2, 3, 4, 5]
    assert (journal.last, journal.dropped) == (6, 3)
    assert [e.n for e in journal.since(0, 10)] == [4, 5, 6]
    assert [e.n for e in journal.since(4, 1)] == [5]
    assert journal.since(6, 10) == ()
    assert heard[1].t == 1.0
    assert heard[0].at == "2023-11-14T22:13:20.500+00:00"


async def test_samples_come_ten_times_a_second_until_nobody_listens() -> None:
    ticks: list[float] = []
    loop = asyncio.get_running_loop()

    def tick() -> bool:
        ticks.append(loop.time())
        return len(ticks) < 4

    sampler = Sampler(tick)
    sampler.start()
    sampler.start()
    async with asyncio.timeout(5):
        while sampler.running:
            await asyncio.sleep(0.01)
    assert len(ticks) == 4
    assert ticks[-1] - ticks[0] >= 0.29
