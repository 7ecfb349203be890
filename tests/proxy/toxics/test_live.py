"""Toxics that come and go under traffic: nothing is lost, nothing hangs, nothing leaks."""

from __future__ import annotations

import asyncio
import gc
import time
from itertools import cycle

import pytest

from tests.proxy.lab import Place, echo_bytes, on_both_ports
from tests.proxy.toxics.bench import outcome, poisoned, toxic, use
from vaurien_core.proxy.toxics.chain import Chain
from vaurien_core.proxy.toxics.mount import Mount


@on_both_ports
def test_65535_two_byte_messages_arrive_in_order_while_latency_comes_and_goes(place: Place) -> None:
    async def main() -> None:
        async with poisoned() as it:
            reader, writer = await it.client()
            done = asyncio.Event()

            async def churn() -> int:
                rounds = 0
                while not done.is_set():
                    use(it, toxic("latency", latency=1000))
                    await asyncio.sleep(0.01)
                    use(it)
                    await asyncio.sleep(0.001)
                    rounds += 1
                return rounds

            async def send() -> None:
                for number in range(65_535):
                    writer.write(number.to_bytes(2, "big"))
                    if number % 200 == 0:
                        await asyncio.sleep(0.001)

            churning, sending = asyncio.create_task(churn()), asyncio.create_task(send())
            got = await reader.readexactly(65_535 * 2)
            done.set()
            await sending
            assert await churning > 20
            assert got == b"".join(n.to_bytes(2, "big") for n in range(65_535))

    place.run(main)


CALLS = [
    (toxic("latency", "both", latency=1000),),
    (toxic("latency", "both", latency=5),),
    (toxic("latency", "both", latency=5), toxic("bandwidth", "both", rate=0)),
    (toxic("bandwidth", "both", rate=100), toxic("latency", "both", latency=50)),
    (toxic("slicer", average_size=1000), toxic("bandwidth", rate=10_000)),
    (toxic("loss", "both", rate=50), toxic("slow_close", delay=100)),
    (toxic("latency", "upstream", latency=30_000), toxic("noop", "both")),
    (),
]


@on_both_ports
@pytest.mark.parametrize("count", [1_500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_thousands_of_changes_under_load_and_on_blocked_links(place: Place, count: int) -> None:
    async def main() -> None:
        async with poisoned() as it:
            blocked, blocked_writer = await it.client()
            blocked_writer.transport.pause_reading()
            blocked_writer.write(b"x" * 20_000_000)
            data = bytes(range(256)) * 8000
            loads = [asyncio.create_task(_load(*await it.client(), data)) for _ in range(3)]
            slowest = 0.0
            calls = cycle(CALLS)
            for number in range(count):
                before = time.process_time()
                use(it, *next(calls))
                slowest = max(slowest, time.process_time() - before)
                if number % 10 == 0:
                    await asyncio.sleep(0)
            use(it)
            assert slowest < 1
            rounds = sum(await asyncio.gather(*loads))
            assert rounds == 3 * 2
            blocked_writer.transport.resume_reading()
            await asyncio.sleep(0)
            got = 0
            while got < 20_000_000:
                got += len(await blocked.read(1 << 20))
            for conn in it.server.open:
                assert (conn.up.stage, conn.down.stage) == (None, None)
        gc.collect()
        assert not [o for o in gc.get_objects() if isinstance(o, (Chain, Mount))]

    place.run(main)


async def _load(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> int:
    """Send and receive twice; what comes is what went."""
    for _ in range(2):
        writer.write(data)
        assert await reader.readexactly(len(data)) == data
    return 2


@on_both_ports
def test_a_change_never_waits_for_a_peer_that_reads_nothing(place: Place) -> None:
    async def main() -> None:
        stop = asyncio.Event()

        async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reader._transport.pause_reading()  # type: ignore[attr-defined]  # streams have no public way to stop reading
            await stop.wait()

        async with poisoned(toxic("latency", "both", latency=20), handler=deaf) as it:
            _, writer = await it.client()
            writer.write(b"x" * 30_000_000)
            await asyncio.sleep(0.5)
            for calls in CALLS:
                before = time.process_time()
                use(it, *calls)
                assert time.process_time() - before < 1
            stop.set()

    place.run(main)


@on_both_ports
def test_reordering_keeps_what_waits(place: Place) -> None:
    async def main() -> None:
        first, second = toxic("latency", name="a", latency=80), toxic("limit_data", name="b", bytes=8)
        async with poisoned(first, second, handler=echo_bytes) as it:
            reader, writer = await it.client()
            writer.write(b"ping")
            await asyncio.sleep(0.02)
            use(it, second, first)
            writer.write(b"pong!")
            before = time.monotonic()
            assert await outcome(lambda: reader.read(-1)) == b"pingpong"
            assert time.monotonic() - before >= 0.055

    place.run(main)


@on_both_ports
def test_wrong_toxics_are_refused_and_nothing_changes(place: Place) -> None:
    from vaurien_core.errors import UsageError

    async def main() -> None:
        async with poisoned(toxic("latency", latency=1)) as it:
            for wrong, sentence in (
                (toxic("nonsense"), "unknown behavior"),
                (toxic("latency", latency=-1), "at least 0 ms"),
                (toxic("slicer", average_size=0), "at least 1 B, got 0"),
                (toxic("dummy"), "can't be mounted"),
            ):
                with pytest.raises(UsageError, match=sentence):
                    use(it, wrong)
            assert [t.name for t in it.server.spec.toxics] == ["latency"]
            assert [t.name for t in it.server.rack.in_force] == ["latency"]

    place.run(main)
