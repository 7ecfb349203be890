"""The shortcut of framed connections: what takes it is counted, drawn and journalled as what doesn't."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from tests.proxy.lab import Lab, Place, behavior, everywhere, lab, named, on_both_ports, reset
from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.protocols.http.glance import HttpGlance
from vaurien_core.protocols.http.protocol import Http
from vaurien_core.proxy.connection import Connection
from vaurien_core.proxy.draw import predict

GET = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


async def origin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers `/500...` with 500, `/9...` not, all else with 200; in pieces where the path ends with 7."""
    try:
        while line := await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            path = line.split()[1]
            if path.startswith(b"/9"):
                continue
            answer = OK.replace(b"200 OK", b"500 Oh") if path.startswith(b"/500") else OK
            cut = 20 if path.endswith(b"7") else 0
            if cut:
                writer.write(answer[:cut])
                await asyncio.sleep(0.003)
            writer.write(answer[cut:])
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


def http(*behaviors: type[Behavior], **fields: Any) -> AbstractAsyncContextManager[Lab]:
    return lab(*behaviors, protocol="http", protocols=(Http,), handler=origin, **fields)


def only(it: Lab) -> Connection:
    (conn,) = it.server.open
    return conn


def taken(it: Lab) -> bool:
    shortcut = only(it).shortcut
    return shortcut is not None and shortcut.taken


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bytes:
    writer.write(GET % number)
    head = await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(5) == b"hello"
    return head.split()[1]


def late(act: Intervention) -> None:
    act.hold_request(0.002)


LATE = behavior("late", late, fails=False)


@everywhere
def test_all_is_counted_drawn_and_journalled_as_without_it(place: Place) -> None:
    numbers = [random.Random(1).choice((1, 2, 3, 17, 500, 5007)) for _ in range(120)]

    async def talk(*, shortcut: bool) -> tuple[object, ...]:
        async with http(LATE, mix="20:late", everything=not shortcut) as it:
            reader, writer = await it.client()
            took = 0
            for number in numbers:
                assert await ask(reader, writer, number) == (b"500" if str(number).startswith("500") else b"200")
                took += taken(it)
            assert (took > 10) == shortcut
            writer.close()
            await it.until(lambda: not it.server.connections)
            sample = it.server.sample()
            assert sum(sample.latency) + sum(sample.latency_faulted) == len(numbers)
            told = [e for e in it.journal.entries if e.kind == "exchange" and (e.rule or e.outcome == "500")]
            return (
                sample.up_read, sample.up_written, sample.down_read, sample.down_written, sample.exchanges,
                sample.errors_backend, sample.errors_client, sample.injected, sample.hits,
                [(e.ex, e.label, e.rule, e.outcome, e.draw, e.occurrence, e.up, e.down) for e in told],
            )  # fmt: skip

    async def main() -> None:
        assert await talk(shortcut=True) == await talk(shortcut=False)

    place.run(main)


@on_both_ports
def test_each_request_gets_what_was_predicted(place: Place) -> None:
    async def main() -> None:
        async with http(LATE, mix="30:late", seed=11) as it:
            reader, writer = await it.client()
            numbers = [n % 5 for n in range(300)]
            for number in numbers:
                await ask(reader, writer, number)
            keys = [b"GET /%d HTTP/1.1" % number for number in numbers]
            expected = [n for n, p in enumerate(predict(it.server.spec, 11, keys), 1) if p.rule == "late"]
            await it.until(lambda: len(it.journal.entries) == len(expected))
            assert [e.ex for e in it.journal.entries] == expected

    place.run(main)


@on_both_ports
def test_a_fault_set_while_an_answer_is_awaited_meets_the_next_exchange(place: Place) -> None:
    async def main() -> None:
        async with http(LATE) as it:
            reader, writer = await it.client()
            for number in range(4):
                await ask(reader, writer, number)
            writer.write((GET % 17)[:-1])
            await asyncio.sleep(0.01)
            writer.write(b"\n")
            await ask_rest(reader)
            await ask(reader, writer, 1)
            assert taken(it)
            writer.write(GET % 27)
            await it.until(lambda: only(it).busy)
            it.server.set_override(named("late"))
            assert not taken(it)
            await ask_rest(reader)
            await ask(reader, writer, 1)
            it.server.set_override(None)
            await ask(reader, writer, 1)
            assert [(e.ex, e.rule) for e in it.journal.entries] == [(8, "late")]
            assert it.server.counters.exchanges == 9
            assert taken(it)

    place.run(main)


async def ask_rest(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"hello")


ENDS: dict[str, Callable[[asyncio.StreamWriter], None]] = {
    "half": lambda writer: writer.write_eof(),
    "reset": reset,
}


@everywhere
@pytest.mark.parametrize("end", ENDS)
def test_a_client_that_leaves_while_its_answer_is_awaited_is_told_of_alike(place: Place, end: str) -> None:
    async def talk(*, shortcut: bool) -> tuple[list[tuple[object, ...]], int, int, int, int]:
        async with http(everything=not shortcut) as it:
            reader, writer = await it.client()
            for number in (1, 2, 3):
                await ask(reader, writer, number)
            assert taken(it) == shortcut
            writer.write(GET % 9)
            await it.until(lambda: it.server.counters.exchanges == 4)
            ENDS[end](writer)
            await it.until(lambda: not it.server.connections)
            sample = it.server.sample()
            told = [(e.ex, e.outcome, e.up, e.down, e.occurrence) for e in it.journal.entries if e.ex == 4]
            return told, sample.errors_client, sample.errors_backend, sample.up_written, sample.down_written

    async def main() -> None:
        mine = await talk(shortcut=True)
        assert mine == await talk(shortcut=False)
        assert len(mine[0]) == 1

    place.run(main)


@everywhere
@pytest.mark.parametrize("rst", [False, True])
def test_a_backend_that_ends_while_its_answer_is_awaited_is_told_of_alike(place: Place, rst: bool) -> None:
    async def fourth(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")
        reset(writer) if rst else writer.close()

    async def talk(*, shortcut: bool) -> tuple[object, ...]:
        async with lab(protocol="http", protocols=(Http,), handler=fourth, everything=not shortcut) as it:
            reader, writer = await it.client()
            for number in (1, 2, 3):
                await ask(reader, writer, number)
            assert taken(it) == shortcut
            writer.write(GET % 4)
            try:
                assert await reader.read() == b""
                ended = "fin"
            except ConnectionResetError:
                ended = "reset"
            writer.close()
            await it.until(lambda: not it.server.connections)
            told = [(e.ex, e.outcome, e.up, e.down, e.occurrence) for e in it.journal.entries if e.ex == 4]
            sample = it.server.sample()
            return ended, told, sample.errors_client, sample.errors_backend

    async def main() -> None:
        mine = await talk(shortcut=True)
        assert mine == await talk(shortcut=False)
        assert mine[0] == ("reset" if rst else "fin")

    place.run(main)


@on_both_ports
def test_requests_that_come_together_are_framed_and_the_shortcut_is_taken_again(place: Place) -> None:
    async def main() -> None:
        async with http() as it:
            reader, writer = await it.client()
            for number in (1, 2, 3):
                await ask(reader, writer, number)
            assert taken(it)
            writer.write(b"".join(GET % n for n in (1, 2, 3)))
            for _ in range(3):
                await ask_rest(reader)
            writer.write(GET % 7 + (GET % 1)[:9])
            await ask_rest(reader)
            writer.write((GET % 1)[9:])
            await ask_rest(reader)
            for number in (1, 2, 3, 4, 5):
                await ask(reader, writer, number)
            assert taken(it)
            assert it.server.counters.exchanges == 13
            assert sum(it.server.sample().latency) == 13

    place.run(main)


@on_both_ports
def test_a_client_that_does_not_read_stops_the_backend_and_gets_all(place: Place) -> None:
    body = bytes(60_000)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    count = 300

    async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(count):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
        await reader.read()
        writer.close()

    async def main() -> None:
        async with lab(protocol="http", protocols=(Http,), handler=large) as it:
            reader, writer = await it.client()
            got = 0
            for _ in range(count):
                writer.write(GET % 1)
                await asyncio.sleep(0)
            while got < count * len(answer):
                got += len(await reader.read(30_000))
            assert got == count * len(answer)
            await ask_again(it, reader, writer)

    async def ask_again(it: Lab, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sample = it.server.sample()
        assert sample.exchanges == count
        assert sample.down_written == sample.down_read == count * len(answer)
        writer.close()

    place.run(main)


@on_both_ports
def test_a_stop_waits_for_an_answer_that_is_awaited(place: Place) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(4):
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.1 if number == 3 else 0)
            writer.write(OK)
        await reader.read()
        writer.close()

    async def main() -> None:
        async with lab(protocol="http", protocols=(Http,), handler=slow) as it:
            reader, writer = await it.client()
            for number in (1, 2, 3):
                await ask(reader, writer, number)
            writer.write(GET % 4)
            await it.until(lambda: it.server.counters.exchanges == 4)
            assert taken(it)
            stopping = asyncio.create_task(it.server.stop(grace_s=3.0))
            await ask_rest(reader)
            await stopping

    place.run(main)


@on_both_ports
def test_where_it_is_of_no_use_it_is_tried_less_and_less(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []

    def look(_glance: HttpGlance, data: bytes) -> bytes | None:
        looked.append(data)
        return data.partition(b"\r\n")[0]

    monkeypatch.setattr(HttpGlance, "request", look)

    async def main() -> None:
        async with http(LATE, mix="100:late") as it:
            reader, writer = await it.client()
            for _ in range(100):
                await ask(reader, writer, 1)
                assert not taken(it)
            assert len(it.journal.entries) == 100
            assert 3 < len(looked) < 10
            it.server.set_normal(True)
            for _ in range(70):
                await ask(reader, writer, 1)
            assert taken(it)

    place.run(main)


@on_both_ports
def test_all_normal_takes_it_also_over_rules_with_selectors(place: Place) -> None:
    async def main() -> None:
        async with http(LATE, mix="100:late", behaviors=(named("late", skip=1),)) as it:
            reader, writer = await it.client()
            for number in (1, 2, 3):
                await ask(reader, writer, number)
            assert not taken(it)
            it.server.set_normal(True)
            for number in (1, 2, 3):
                await ask(reader, writer, number)
            assert taken(it)
            it.server.set_normal(False)
            await ask(reader, writer, 1)
            assert [e.ex for e in it.journal.entries] == [2, 3, 7]
            assert it.server.counters.matched == {"late": 4}

    place.run(main)
