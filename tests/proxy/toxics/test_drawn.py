"""Stream faults that a mix draws: they act on the bytes of their exchange alone."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.proxy.lab import Place, lab, named, on_both_ports
from tests.proxy.toxics.bench import outcome, silent, toxic, use
from tests.support.shipped import STREAM_FAULTS


def mixed(mix: str, *behaviors, **fields):
    return lab(*STREAM_FAULTS, mix=mix, behaviors=behaviors, **fields)


def first(name: str, **options):
    """Only the first exchange meets it."""
    return named(name, first=1, **options)


@on_both_ports
@pytest.mark.parametrize("stream", ["upstream", "downstream", "both"])
def test_latency_delays_its_exchange_and_no_other(place: Place, stream: str) -> None:
    async def main() -> None:
        async with mixed("100:latency", first("latency", latency=120, stream=stream)) as it:
            reader, writer = await it.client()
            before = time.monotonic()
            writer.write(b"a\nb\n")
            assert await reader.readline() == b"ok a\n"
            assert time.monotonic() - before >= (0.24 if stream == "both" else 0.12)
            assert await reader.readline() == b"ok b\n"
            before = time.monotonic()
            writer.write(b"c\n")
            assert await reader.readline() == b"ok c\n"
            assert time.monotonic() - before < 0.12
            sample = it.server.sample()
            assert (dict(sample.hits), sample.errors_injected) == ({"latency": 1}, 0)
            conn = next(iter(it.server.open))
            assert (conn.up.stage, conn.down.stage) == (None, None)

    place.run(main)


@on_both_ports
def test_limit_data_cuts_its_answer_off(place: Place) -> None:
    async def main() -> None:
        async with mixed("100:limit_data", named("limit_data", bytes=4, skip=1)) as it:
            reader, writer = await it.client()
            writer.write(b"first\n")
            assert await reader.readline() == b"ok first\n"
            writer.write(b"second\n")
            assert await reader.read(-1) == b"ok s"
            assert it.server.sample().errors_injected == 1
            assert [e.rule for e in it.journal.entries if e.kind == "exchange"] == ["limit_data"]

    place.run(main)


@on_both_ports
@pytest.mark.parametrize(
    ("phase", "heard"), [("before", b"first\n"), ("inside", b"first\nsec"), ("after", b"first\nsecond\n")]
)
def test_reset_peer_breaks_in_its_phase(place: Place, phase: str, heard: bytes) -> None:
    async def main() -> None:
        async with mixed("100:reset_peer", named("reset_peer", phase=phase, timeout=30, skip=1)) as it:
            reader, writer = await it.client()
            writer.write(b"first\n")
            assert await reader.readline() == b"ok first\n"
            writer.write(b"second\n")
            assert await outcome(lambda: reader.read(1)) is ConnectionResetError
            assert it.received == [heard]

    place.run(main)


@on_both_ports
def test_corrupt_flips_one_answer(place: Place) -> None:
    async def main() -> None:
        async with mixed("100:corrupt", first("corrupt", probability=1)) as it:
            reader, writer = await it.client()
            writer.write(b"aaaa\n")
            got = await reader.readexactly(8)
            assert all((a ^ b).bit_count() == 1 for a, b in zip(got, b"ok aaaa\n", strict=True))
            writer.write(b"b\n")
            assert await reader.readline() == b"ok b\n"

    place.run(main)


@on_both_ports
def test_half_open_silences_the_connection_from_its_exchange_on(place: Place) -> None:
    async def main() -> None:
        async with mixed("100:half_open", named("half_open", skip=1)) as it:
            reader, writer = await it.client()
            writer.write(b"a\n")
            assert await reader.readline() == b"ok a\n"
            writer.write(b"b\n")
            assert await silent(reader, 0.1)
            use(it, toxic("latency", latency=1))
            use(it)
            writer.write(b"c\n")
            assert await silent(reader, 0.1)
            assert it.received == [b"a\n"]
            it.server.set_normal(True)
            assert await outcome(lambda: reader.read(1)) is ConnectionResetError

    place.run(main)


@on_both_ports
def test_timeout_swallows_the_answer_and_closes(place: Place) -> None:
    async def main() -> None:
        async with mixed("100:timeout", named("timeout", timeout=100)) as it:
            reader, writer = await it.client()
            before = time.monotonic()
            writer.write(b"a\n")
            assert await reader.read(-1) == b""
            assert time.monotonic() - before >= 0.09
            assert it.received == [b"a\n"]

    place.run(main)


@on_both_ports
def test_it_adds_up_with_toxics_and_all_normal_lets_it_go(place: Place) -> None:
    async def main() -> None:
        both = toxic("latency", latency=60, name="wire")
        async with mixed("100:latency", named("latency", latency=60), toxics=(both,)) as it:
            reader, writer = await it.client()
            before = time.monotonic()
            writer.write(b"a\n")
            assert await reader.readline() == b"ok a\n"
            assert time.monotonic() - before >= 0.12
        async with mixed("100:latency", named("latency", latency=60_000, stream="upstream")) as it:
            reader, writer = await it.client()
            writer.write(b"a\n")
            assert await silent(reader)
            it.server.set_normal(True)
            assert await reader.readline() == b"ok a\n"

    place.run(main)


@on_both_ports
def test_a_request_without_an_answer_has_nothing_downstream(place: Place) -> None:
    async def main() -> None:
        async with mixed("100:slicer", named("slicer", average_size=1)) as it:
            _, writer = await it.client()
            writer.write(b"!a\n")
            await it.until(lambda: it.journal.outcomes())
            assert it.journal.outcomes() == ["not applicable: the request gets no answer"]
            client = await it.client()
            await asyncio.sleep(0)
            assert client

    place.run(main)


@on_both_ports
def test_bandwidth_slows_one_answer_down(place: Place) -> None:
    async def main() -> None:
        async with mixed("100:bandwidth", first("bandwidth", rate=10)) as it:
            reader, writer = await it.client()
            before = time.monotonic()
            writer.write(b"x" * 1999 + b"\n")
            await reader.readline()
            assert time.monotonic() - before >= 0.19
            assert await round_trip_line(reader, writer) < 0.19

    place.run(main)


async def round_trip_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> float:
    before = time.monotonic()
    writer.write(b"x" * 1999 + b"\n")
    await reader.readline()
    return time.monotonic() - before
