"""bandwidth: the rate that is set, and a sender that is slowed down."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.proxy.lab import Place, on_both_ports
from tests.proxy.toxics.bench import poisoned, round_trip, silent, toxic, use


async def measured(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> float:
    """Bytes a second that reach a client who asks for more than passes."""

    async def send() -> None:
        while True:
            writer.write(b"x" * 100_000)
            await writer.drain()

    sending = asyncio.create_task(send())
    try:
        await reader.read(1)
        began, got, last = time.monotonic(), 0, 0.0
        while last < seconds:
            got += len(await reader.read(1 << 18))
            last = time.monotonic() - began
        return got / last
    finally:
        sending.cancel()


@on_both_ports
@pytest.mark.parametrize("rate", [10, 1_000, 20_000])
def test_the_rate_is_kept_within_5_percent(place: Place, rate: int) -> None:
    async def main() -> None:
        async with poisoned(toxic("bandwidth", rate=rate)) as it:
            got = await measured(*await it.client(), 1.5)
            assert abs(got / (rate * 1000) - 1) < 0.05, got

    place.run(main)


@pytest.mark.slow
@on_both_ports
@pytest.mark.parametrize("rate", [10, 1_000, 50_000])
def test_the_rate_is_kept_over_10_seconds(place: Place, rate: int) -> None:
    async def main() -> None:
        async with poisoned(toxic("bandwidth", rate=rate)) as it:
            got = await measured(*await it.client(), 10)
            assert abs(got / (rate * 1000) - 1) < 0.05, got

    place.run(main)


@on_both_ports
def test_connections_share_a_rate_if_told(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("bandwidth", rate=1_000, shared=True)) as it:
            clients = [await it.client() for _ in range(3)]
            rates = await asyncio.gather(*(measured(*client, 1.0) for client in clients))
            assert 0.9 < sum(rates) / 1_000_000 < 1.1

    place.run(main)


@on_both_ports
def test_the_sender_is_slowed_down_behind_a_megabyte(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("bandwidth", "upstream", rate=100)) as it:
            _, writer = await it.client()
            writer.write(b"x" * 30_000_000)
            await asyncio.sleep(0.4)
            conn = next(iter(it.server.open))
            assert it.server.sample().up_read < 3_000_000
            assert conn.up.stage is not None
            assert 500_000 < conn.up.stage.departures.size < 2_500_000

    place.run(main)


@on_both_ports
def test_rate_0_keeps_everything_until_it_is_removed(place: Place) -> None:
    async def main() -> None:
        async with poisoned() as it:
            reader, writer = await it.client()
            await round_trip(reader, writer)
            use(it, toxic("bandwidth", "both", rate=0))
            writer.write(b"x" * 3_000_000)
            writer.write_eof()
            assert await silent(reader, 0.2)
            assert it.server.sample().up_read < 2_500_000
            use(it)
            assert await reader.read(-1) == b"x" * 3_000_000

    place.run(main)


@on_both_ports
def test_latency_in_front_does_not_starve_it(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("latency", latency=300), toxic("bandwidth", rate=5_000)) as it:
            got = await measured(*await it.client(), 1.5)
            assert abs(got / 5_000_000 - 1) < 0.07, got

    place.run(main)
