"""Toxics that end connections or lose bytes: timeout, limit_data; and what all-normal and removal make of them."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.proxy.lab import Place, on_both_ports
from tests.proxy.toxics.bench import outcome, poisoned, round_trip, silent, toxic, use


@on_both_ports
@pytest.mark.parametrize("limit", [0, 5, 100_000])
def test_exactly_so_many_bytes_arrive_then_the_connection_closes(place: Place, limit: int) -> None:
    async def main() -> None:
        async with poisoned(toxic("limit_data", bytes=limit)) as it:
            reader, writer = await it.client()
            writer.write(b"0123456789" * 30_000)
            assert await reader.read(-1) == (b"0123456789" * 30_000)[:limit]
            sample = it.server.sample()
            assert (dict(sample.toxics), sample.injected) == ({"limit_data": 1}, 0)
            assert sample.errors_injected == 1
            entries = [e for e in it.journal.entries if e.kind == "toxic"]
            assert [(e.rule, e.label, e.outcome) for e in entries] == [
                ("limit_data", "downstream", ""), ("limit_data", "downstream", "closed"),
            ]  # fmt: skip
            assert dict(entries[0].options) == {"bytes": limit}

    place.run(main)


@on_both_ports
def test_it_closes_although_the_message_ended_right_there(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("limit_data", bytes=4)) as it:
            reader, writer = await it.client()
            writer.write(b"ping")
            assert await reader.read(-1) == b"ping"

    place.run(main)


@on_both_ports
def test_the_count_survives_an_update(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("limit_data", bytes=6)) as it:
            client = await it.client()
            await round_trip(*client)
            use(it, toxic("limit_data", bytes=7))
            client[1].write(b"pong")
            assert await client[0].read(-1) == b"pon"

    place.run(main)


@on_both_ports
def test_what_timeout_swallows_never_arrives_and_the_connection_closes_then(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("timeout", timeout=150)) as it:
            reader, writer = await it.client()
            before = time.monotonic()
            writer.write(b"x" * 10)
            assert await reader.read(-1) == b""
            assert time.monotonic() - before > 0.1
            assert it.received == [b"x" * 10]

    place.run(main)


@on_both_ports
def test_timeout_0_is_a_black_hole_and_removing_it_closes(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("timeout", timeout=0)) as it:
            reader, writer = await it.client()
            idle, idle_writer = await it.client()
            writer.write(b"x" * 10)
            assert await silent(reader, 0.15)
            use(it)
            assert await reader.read(-1) == b""
            assert await round_trip(idle, idle_writer) < 5
            assert it.server.sample().toxics == (("timeout", 1),)

    place.run(main)


@on_both_ports
def test_all_normal_lets_go_what_waits_and_resets_what_lost_bytes(place: Place) -> None:
    async def main() -> None:
        async with poisoned(toxic("latency", latency=60_000)) as it:
            waiting, waiting_writer = await it.client()
            waiting_writer.write(b"wait")
            await asyncio.sleep(0.05)
            use(it, toxic("latency", latency=60_000), toxic("timeout", "upstream", timeout=0))
            losing, losing_writer = await it.client()
            losing_writer.write(b"lost")
            await asyncio.sleep(0.05)
            assert await silent(losing)
            before = time.monotonic()
            it.server.set_normal(True)
            assert await waiting.readexactly(4) == b"wait"
            assert await outcome(lambda: losing.read(1)) is ConnectionResetError
            assert time.monotonic() - before < 1
            assert await round_trip(waiting, waiting_writer) < 5
            it.server.set_normal(False)
            waiting_writer.write(b"gone")
            assert await silent(waiting)
            use(it)

    place.run(main)


@on_both_ports
@pytest.mark.parametrize("how", [{"toxicity": 0.0}, {"enabled": False}, {"stream": "upstream"}])
def test_what_is_not_mounted_costs_nothing(place: Place, how) -> None:
    async def main() -> None:
        async with poisoned(toxic("timeout", **how)) as it:
            client = await it.client()
            if "stream" in how:
                client[1].write(b"lost")
                assert await silent(client[0])
                assert next(iter(it.server.open)).down.stage is None
                return
            data = bytes(range(256)) * 4000
            assert await round_trip(*client, data) < 5
            conn = next(iter(it.server.open))
            assert (conn.up.stage, conn.down.stage, conn.toxics) == (None, None, None)
            assert not [e for e in it.journal.entries if e.kind == "toxic"]

    place.run(main)


@on_both_ports
def test_toxicity_is_drawn_once_for_each_connection_as_the_seed_says(place: Place) -> None:
    from vaurien_core.proxy import draw

    async def main() -> None:
        async with poisoned(toxic("limit_data", name="some", bytes=0, toxicity=0.5), seed=11) as it:
            for number in range(1, 25):
                reader, writer = await it.client()
                writer.write(b"ping")
                place = draw.stream_place(number, upstream=False)
                drawn = draw.fraction(11, "p", place, draw.toxic_purpose("some"))
                assert await reader.read(4) == (b"" if drawn < 0.5 else b"ping"), number
                told = [e for e in it.journal.entries if e.kind == "toxic" and e.conn == number]
                assert bool(told) == (drawn < 0.5)
                assert all((e.draw, e.owned) == (drawn * 100, (0.0, 50.0)) for e in told)

    place.run(main)
