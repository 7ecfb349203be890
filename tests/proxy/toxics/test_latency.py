"""latency: late by the time that is set, at full throughput, in order."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.proxy.lab import Place, everywhere, on_both_ports
from tests.proxy.toxics.bench import poisoned, round_trip, toxic, use
from tests.support.timing import soon_enough


def trips(place: Place, *toxics, count: int = 5) -> float:
    """The best of some round trips: what a busy machine adds is not the toxics' doing."""

    async def main() -> float:
        async with poisoned(*toxics) as it:
            client = await it.client()
            await asyncio.sleep(0)
            return min([await round_trip(*client) for _ in range(count)])

    return place.run(main)


@everywhere
def test_latency_of_100_ms_makes_a_client_wait_100_to_110_ms(place: Place) -> None:
    def attempt() -> float:
        control = trips(place)
        took = trips(place, toxic("latency", latency=100))
        assert took >= 0.1
        return took - control

    soon_enough(attempt, 0.110)


@on_both_ports
def test_two_toxics_add(place: Place) -> None:
    two = toxic("latency", latency=60), toxic("latency", latency=40, name="more")
    assert trips(place, *two) >= 0.1
    soon_enough(lambda: trips(place, *two), 0.110)


@on_both_ports
def test_both_directions_make_it_200_ms(place: Place) -> None:
    both = toxic("latency", "both", latency=100)
    assert trips(place, both, count=2) >= 0.2
    soon_enough(lambda: trips(place, both, count=2), 0.215)


@on_both_ports
def test_it_acts_on_a_connection_that_lives_and_stops_at_once(place: Place) -> None:
    async def main() -> None:
        async with poisoned() as it:
            client = await it.client()
            assert await round_trip(*client) < 0.1
            use(it, toxic("latency", latency=150))
            assert await round_trip(*client) >= 0.15
            use(it, toxic("latency", latency=60_000))
            reader, writer = client
            writer.write(b"held")
            await asyncio.sleep(0.05)
            use(it)
            before = time.monotonic()
            assert await reader.readexactly(4) == b"held"
            assert time.monotonic() - before < 5
            conn = next(iter(it.server.open))
            assert conn.up.stage is None
            assert conn.down.stage is None

    place.run(main)


@on_both_ports
def test_an_update_lets_go_what_waited_and_adding_leaves_it_alone(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("latency", latency=400)) as it:
            reader, writer = await it.client()
            before = time.monotonic()
            writer.write(b"a")
            await asyncio.sleep(0.05)
            use(it, toxic("latency", latency=400), toxic("latency", latency=30_000, name="later"))
            assert await reader.readexactly(1) == b"a"
            assert time.monotonic() - before >= 0.4
            writer.write(b"b")
            await asyncio.sleep(0.05)
            use(it, toxic("latency", latency=400), toxic("latency", latency=1, name="later"))
            before = time.monotonic()
            assert await reader.readexactly(1) == b"b"
            assert time.monotonic() - before < 5

    place.run(main)


@on_both_ports
def test_order_is_kept_whatever_the_jitter(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("latency", "both", latency=20, jitter=20)) as it:
            reader, writer = await it.client()
            for number in range(300):
                writer.write(b"%05d" % number)
                if number % 20 == 0:
                    await asyncio.sleep(0.001)
            expected = b"".join(b"%05d" % n for n in range(300))
            assert await reader.readexactly(len(expected)) == expected

    place.run(main)


@on_both_ports
def test_the_end_of_the_stream_comes_behind_what_waits(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("latency", "both", latency=50)) as it:
            reader, writer = await it.client()
            writer.write(b"x" * 100_000)
            writer.write_eof()
            assert await reader.read(-1) == b"x" * 100_000

    place.run(main)


def _streamed(place: Place, megabytes: int, *toxics) -> float:
    async def main() -> float:
        async with poisoned(*toxics) as it:
            reader, writer = await it.client()
            before = time.monotonic()

            async def send() -> None:
                for _ in range(megabytes):
                    writer.write(b"x" * 1_000_000)
                    await writer.drain()
                writer.write_eof()

            sending = asyncio.create_task(send())
            got = 0
            while data := await reader.read(1 << 20):
                got += len(data)
            await sending
            assert got == megabytes * 1_000_000
            return time.monotonic() - before

    return place.run(main)


@on_both_ports
@pytest.mark.parametrize("megabytes", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_latency_does_not_cap_throughput(place: Place, megabytes: int) -> None:
    def attempt() -> float:
        without = _streamed(place, megabytes, toxic("latency", latency=0))
        return _streamed(place, megabytes, toxic("latency", latency=100)) - without

    soon_enough(attempt, 0.5)
