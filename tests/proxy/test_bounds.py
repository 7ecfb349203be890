"""Clients and backends that don't do their part: memory stays bounded, and the blame is right."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.proxy.lab import Lab, Place, behavior, echo_lines, lab, named, on_both_ports
from vaurien_core.behaviors.delay import Delay
from vaurien_core.proxy.outbox import Budget
from vaurien_core.proxy.sockets import reset_on_close

REPLY = behavior("reply", lambda act: act.reply(lambda close: b"-" + b"e" * 1000 + b"\n"))
HANG = behavior("hang", lambda act: act.hang())


async def settled(it: Lab) -> int:
    """How many bytes were read from clients once no more are."""
    seen = -1
    while it.server.counters.client.read != seen or not seen:
        seen = it.server.counters.client.read
        await asyncio.sleep(0.1)
    return seen


@on_both_ports
def test_a_client_that_asks_and_never_reads_injected_answers_is_stopped(place: Place) -> None:
    async def main() -> None:
        async with lab(REPLY, mix="100:reply") as it:
            reader, writer = await it.client()
            writer.transport.pause_reading()
            writer.write((b"q" * 999 + b"\n") * 20_000)
            await settled(it)
            conn = next(iter(it.server.open))
            assert conn.down.outbox.size < (1 << 20) + 1_000_000
            assert it.server.counters.exchanges < 20_000
            writer.transport.resume_reading()
            for _ in range(20_000):
                assert len(await reader.readline()) == 1002
            assert it.server.counters.exchanges == 20_000

    place.run(main)


@on_both_ports
def test_a_backend_that_reads_and_never_answers_bounds_the_open_exchanges(place: Place) -> None:
    async def main() -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(-1)

        async with lab(handler=silent) as it:
            _, writer = await it.client()
            writer.write((b"q" * 99 + b"\n") * 40_000)
            await it.until(lambda: it.server.counters.exchanges)
            conn = next(iter(it.server.open))
            await settled(it)
            assert 4096 <= len(conn.turns) < 4096 + 3000

    place.run(main)


@on_both_ports
def test_one_budget_stops_all_and_lets_them_go_on(place: Place) -> None:
    async def main() -> None:
        budget = Budget(limit=3_000_000)
        async with lab(
            Delay, mix="100:delay", behaviors=(named("delay", sleep=0.6),), budget=budget, protocol="tcp",
            draw_by="ordinal", handler=count_bytes,
        ) as it:  # fmt: skip
            clients = [await it.client() for _ in range(8)]
            for _, writer in clients:
                writer.write(b"x" * 2_000_000)
                writer.write_eof()
            await asyncio.sleep(0.2)
            assert budget.used < 3_000_000 + 8 * 400_000
            for reader, _ in clients:
                assert await reader.read(-1) == b"2000000"
            assert budget.used == 0

    place.run(main)


async def count_bytes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"%d" % len(await reader.read(-1)))


@on_both_ports
def test_a_buffer_limit_overrides_the_bound(place: Place) -> None:
    async def main() -> None:
        async with lab(
            Delay, mix="100:delay", behaviors=(named("delay", sleep=0.3),), buffer_limit=50_000, protocol="tcp",
            handler=count_bytes,
        ) as it:  # fmt: skip
            reader, writer = await it.client()
            writer.write(b"x" * 8_000_000)
            writer.write_eof()
            await asyncio.sleep(0.1)
            conn = next(iter(it.server.open))
            assert 50_000 <= conn.up.outbox.size < 50_000 + 300_000
            assert await reader.read(-1) == b"8000000"

    place.run(main)


@on_both_ports
def test_a_delay_does_not_cap_throughput_below_its_bound(place: Place) -> None:
    async def main() -> None:
        async with lab(
            Delay, mix="100:delay", behaviors=(named("delay", sleep=0.2),), protocol="tcp", handler=count_bytes
        ) as it:
            reader, writer = await it.client()
            before = time.monotonic()
            for _ in range(20):
                writer.write(b"x" * 1_000_000)
                await writer.drain()
            writer.write_eof()
            assert await reader.read(-1) == b"20000000"
            assert 0.2 <= time.monotonic() - before < 5

    place.run(main)


@on_both_ports
@pytest.mark.parametrize("rst", [False, True])
def test_a_backend_that_leaves_a_hung_client_is_not_told_until_released(place: Place, rst: bool) -> None:
    async def main() -> None:
        gone = asyncio.Event()

        async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await gone.wait()
            if rst:
                reset_on_close(writer.get_extra_info("socket"))
                writer.transport.abort()
            writer.close()

        async with lab(HANG, mix="100:hang", handler=leave) as it:
            reader, writer = await it.client()
            writer.write(b"a\n")
            await it.until(lambda: it.server.sample().held == 1)
            gone.set()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await reader.read(1)
            assert it.server.sample().held == 1
            assert it.server.release() == 1
            assert await reader.read(-1) == b""

    place.run(main)


@on_both_ports
def test_a_client_that_leaves_before_its_answer_is_the_clients_error(place: Place) -> None:
    async def main() -> None:
        async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(-1)

        async with lab(handler=wait) as it:
            _, writer = await it.client()
            writer.write(b"a\n")
            await it.until(lambda: it.received == [b"a\n"])
            writer.close()
            await it.until(lambda: not it.server.connections)
            assert it.journal.outcomes() == ["client left"]
            assert it.server.sample().errors_client == 1
            assert it.server.sample().errors_backend == 0

    place.run(main)


def test_a_delay_is_never_early_and_as_precise_as_its_timer() -> None:
    async def main() -> None:
        async with lab(Delay, mix="100:delay", behaviors=(named("delay", sleep=0.02),), handler=echo_lines) as it:
            reader, writer = await it.client()
            late: list[float] = []
            control: list[float] = []
            for _ in range(50):
                before = time.monotonic()
                writer.write(b"a\n")
                await reader.readline()
                late.append(time.monotonic() - before - 0.02)
                done = asyncio.Event()
                before = time.monotonic()
                it.server.timers.call_at(before + 0.02, done.set)
                await done.wait()
                control.append(time.monotonic() - before - 0.02)
            assert min(late) >= 0
            middle = len(late) // 2
            assert sorted(late)[middle] < sorted(control)[middle] + 0.003
            writer.close()
            await it.until(lambda: not it.server.connections)
            assert all(e.measured_ms >= e.planned_ms for e in it.journal.entries)
            assert sum(it.server.sample().lateness) == 50

    Place("uvloop", "reactor").run(main)
