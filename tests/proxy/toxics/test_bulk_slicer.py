"""slicer with pieces of one byte on bulk data: memory and the other connections don't suffer, and nothing is lost."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.proxy.lab import Lab, Place, lab, named, on_both_ports
from tests.proxy.toxics.bench import outcome, poisoned, round_trip, silent, toxic, use
from tests.support.shipped import STREAM_FAULTS

BULK = bytes(range(256)) * 4000
"""About a megabyte."""


def bytewise(**options: float):
    return toxic("slicer", "upstream", average_size=1, **options)


async def released(it: Lab) -> None:
    """No connection is left, and nothing is charged for any."""
    await it.until(lambda: not it.server.open)
    assert it.server.budget.used == 0


@on_both_ports
@pytest.mark.parametrize("delay", [0, 10, 1000])
def test_few_pieces_wait_at_once(place: Place, delay: int) -> None:
    async def main() -> None:
        async with poisoned(bytewise(delay=delay)) as it:
            reader, writer = await it.client()
            writer.write(BULK * 4)
            most = pieces = 0
            for _ in range(100):
                await asyncio.sleep(0.005)
                stage = next(iter(it.server.open)).up.stage
                assert stage is not None
                most, pieces = max(most, stage.departures.size), max(pieces, len(stage.departures))
            assert most < 2 << 20
            assert pieces < 5000
            assert it.server.sample().up_written > 100
            writer.transport.abort()
            await released(it)
            assert reader

    place.run(main)


@on_both_ports
def test_the_loop_has_turns_for_others_between_a_thousand_pieces(place: Place) -> None:
    async def main() -> None:
        async with poisoned(bytewise()) as it:
            _, writer = await it.client()
            await asyncio.sleep(0)
            writer.write(BULK)
            turns = 0
            while it.server.sample().up_written < 200_000:
                await asyncio.sleep(0)
                turns += 1
            assert turns > 200_000 / 1024

    place.run(main)


@on_both_ports
def test_all_of_it_arrives_and_then_the_end(place: Place) -> None:
    async def main() -> None:
        async with poisoned(bytewise()) as it:
            reader, writer = await it.client()
            writer.write(BULK[:100_000])
            writer.write_eof()
            assert await reader.read(-1) == BULK[:100_000]
            await released(it)

    place.run(main)


@on_both_ports
@pytest.mark.parametrize("how", ["removed", "changed", "all normal"])
def test_the_rest_leaves_at_once_when_it_is_let_go(place: Place, how: str) -> None:
    async def main() -> None:
        async with poisoned(bytewise(delay=1000)) as it:
            reader, writer = await it.client()
            writer.write(BULK)
            writer.write_eof()
            first = await reader.readexactly(50)
            if how == "removed":
                use(it)
            elif how == "changed":
                use(it, toxic("slicer", "upstream", average_size=100_000))
            else:
                it.server.set_normal(True)
            before = time.monotonic()
            assert first + await reader.read(-1) == BULK
            assert time.monotonic() - before < 10  # piece by piece it takes a quarter of an hour
            await released(it)

    place.run(main)


@on_both_ports
def test_bytes_that_wait_to_be_cut_keep_the_time_at_which_they_came(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("latency", "upstream", latency=400), bytewise()) as it:
            client = await it.client()
            assert 0.4 <= await round_trip(*client, BULK[:6000]) < 1.5  # twelve bites one behind the other: 4.8 s

    place.run(main)


@on_both_ports
def test_a_latency_that_comes_later_finds_them_in_order(place: Place) -> None:
    async def main() -> None:
        async with poisoned(bytewise(delay=200)) as it:
            reader, writer = await it.client()
            writer.write(BULK[:20_000])
            got = await reader.readexactly(500)
            use(it, toxic("latency", "upstream", latency=50), bytewise(delay=10))
            got += await reader.readexactly(500)
            use(it, toxic("latency", "upstream", latency=50))
            assert got + await reader.readexactly(19_000) == BULK[:20_000]

    place.run(main)


@on_both_ports
def test_a_mix_cuts_one_long_answer_and_leaves_the_next(place: Place) -> None:
    async def main() -> None:
        cut = named("slicer", average_size=1, delay=100, first=1)
        async with lab(*STREAM_FAULTS, mix="100:slicer", behaviors=(cut,)) as it:
            reader, writer = await it.client()
            writer.write(b"x" * 4000 + b"\nnext\n")
            before = time.monotonic()
            assert await reader.readline() == b"ok " + b"x" * 4000 + b"\n"
            assert time.monotonic() - before >= 0.4
            assert await reader.readline() == b"ok next\n"
            it.server.set_normal(True)
            writer.write(b"y" * 4000 + b"\n")
            assert await reader.readline() == b"ok " + b"y" * 4000 + b"\n"

    place.run(main)


@on_both_ports
def test_what_waits_to_be_cut_goes_with_a_reset(place: Place) -> None:
    async def main() -> None:
        async with poisoned(bytewise(delay=1000), toxic("reset_peer", "both", timeout=100)) as it:
            reader, writer = await it.client()
            writer.write(BULK)
            assert await outcome(lambda: reader.read(-1)) is ConnectionResetError
            await released(it)
            client = await it.client()
            assert await silent(client[0], 0.02)

    place.run(main)
