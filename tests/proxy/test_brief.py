"""Short connections: whatever happens to one, its peers and the counters see what they see of a whole one."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from tests.proxy.lab import ALL, Lab, Place, behavior, echo_bytes, lab, named, reset
from tests.proxy.toxics.bench import poisoned, silent, toxic, use
from vaurien_core.behaviors.base import Intervention

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Talk = Callable[[Lab, Reader, Writer], Awaitable[object]]
Serve = Callable[[Reader, Writer], Awaitable[None]]
REACTORS = [p for p in ALL if p.port == "reactor"]
on_reactors = pytest.mark.parametrize("place", REACTORS, ids=[p.loop for p in REACTORS])
LARGE = bytes(range(256)) * 4000


def short(it: Lab) -> int:
    """How many short ones are open."""
    return len(it.server.briefs.open)


# -- backends


async def answers_and_closes(reader: Reader, writer: Writer) -> None:
    writer.write(b"to " + await reader.read(100))
    writer.close()


async def answers_after_the_end(reader: Reader, writer: Writer) -> None:
    request = await reader.read(-1)
    writer.write(b"%d bytes" % len(request))
    writer.close()


async def returns_all_at_the_end(reader: Reader, writer: Writer) -> None:
    """How many exchanges a large echo is hangs on who is first."""
    writer.write(await reader.read(-1))
    await writer.drain()
    writer.close()


async def greets(reader: Reader, writer: Writer) -> None:
    writer.write(b"hello\r\n")
    while data := await reader.read(100):
        writer.write(data)
    writer.close()


async def greets_and_closes(reader: Reader, writer: Writer) -> None:
    writer.write(b"go away\r\n")
    writer.close()


async def leaves(reader: Reader, writer: Writer) -> None:
    await reader.read(100)
    writer.close()


async def breaks(reader: Reader, writer: Writer) -> None:
    await reader.read(100)
    reset(writer)


async def answers_and_breaks(reader: Reader, writer: Writer) -> None:
    writer.write(await reader.read(100))
    await writer.drain()
    await asyncio.sleep(0.02)
    reset(writer)


async def ends_and_reads_on(reader: Reader, writer: Writer) -> None:
    writer.write(b"that is all")
    writer.write_eof()
    while await reader.read(100):
        pass
    writer.close()


async def drips(reader: Reader, writer: Writer) -> None:
    await reader.read(100)
    with suppress(ConnectionError, RuntimeError):  # uvloop's when it has been closed meanwhile
        for n in range(20):
            writer.write(b"%d," % n)
            await writer.drain()
            await asyncio.sleep(0.001)
    writer.close()


async def pours(reader: Reader, writer: Writer) -> None:
    await reader.read(100)
    writer.write(LARGE)
    await writer.drain()
    writer.close()


# -- clients


async def asks(it: Lab, reader: Reader, writer: Writer) -> object:
    writer.write(b"ping")
    return await reader.read(-1)


async def asks_and_ends(it: Lab, reader: Reader, writer: Writer) -> object:
    writer.write(b"ping")
    writer.write_eof()
    return await reader.read(-1)


async def ends_at_once(it: Lab, reader: Reader, writer: Writer) -> object:
    writer.write_eof()
    return await reader.read(-1)


async def asks_in_two_parts(it: Lab, reader: Reader, writer: Writer) -> object:
    writer.write(b"pi")
    await it.until(lambda: it.server.counters.backend.written == 2)
    writer.write(b"ng")
    writer.write_eof()
    return await reader.read(-1)


async def asks_urgently(it: Lab, reader: Reader, writer: Writer) -> object:
    with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as sock:
        for part, flags in ((b"pi", 0), (b"!", socket.MSG_OOB), (b"ng", 0)):
            sock.send(part, flags)
    heard = await reader.readexactly(4)
    writer.write_eof()
    return heard, await reader.read(-1)


async def asks_twice(it: Lab, reader: Reader, writer: Writer) -> object:
    heard = []
    for word in (b"ping", b"pong!"):
        writer.write(word)
        heard.append(await reader.readexactly(len(word)))
    writer.write_eof()
    return heard, await reader.read(-1)


async def asks_at_length(it: Lab, reader: Reader, writer: Writer) -> object:
    writer.write(LARGE)
    writer.write_eof()
    return await reader.read(-1)


async def reads_slowly(it: Lab, reader: Reader, writer: Writer) -> object:
    writer.write(b"ping")
    await asyncio.sleep(0.05)
    return await reader.read(-1)


async def speaks_after_the_end(it: Lab, reader: Reader, writer: Writer) -> object:
    heard = await reader.read(-1)
    writer.write(b"late")
    await it.until(lambda: it.received[-1] == b"late")
    return heard


async def listens_first(it: Lab, reader: Reader, writer: Writer) -> object:
    heard = await reader.readline()
    writer.write(b"ping")
    answer = await reader.readexactly(4)
    writer.write_eof()
    return heard, answer, await reader.read(-1)


async def listens_only(it: Lab, reader: Reader, writer: Writer) -> object:
    return await reader.readline()


async def breaks_while_waiting(it: Lab, reader: Reader, writer: Writer) -> object:
    writer.write(b"ping")
    await it.until(lambda: it.received and it.received[-1])
    reset(writer)
    return None


async def breaks_behind_the_answer(it: Lab, reader: Reader, writer: Writer) -> object:
    writer.write(b"ping")
    heard = await reader.readexactly(2)
    reset(writer)
    return heard


async def is_broken(it: Lab, reader: Reader, writer: Writer) -> object:
    writer.write(b"ping")
    heard = b""
    try:
        while data := await reader.read(100):
            heard += data
    except ConnectionResetError:
        return heard, "reset"
    return heard, "closed"


TALKS: list[tuple[Serve, Talk]] = [
    (answers_and_closes, asks),
    (answers_and_closes, asks_and_ends),
    (answers_after_the_end, asks_and_ends),
    (answers_after_the_end, ends_at_once),
    (answers_after_the_end, asks_in_two_parts),
    (answers_after_the_end, asks_at_length),
    (echo_bytes, asks_twice),
    (returns_all_at_the_end, asks_at_length),
    (echo_bytes, ends_at_once),
    (echo_bytes, breaks_while_waiting),
    (echo_bytes, breaks_behind_the_answer),
    (answers_after_the_end, breaks_while_waiting),
    (greets, listens_first),
    (greets, listens_only),
    (greets_and_closes, listens_only),
    (leaves, asks),
    (leaves, asks_and_ends),
    (breaks, is_broken),
    (answers_and_breaks, is_broken),
    (ends_and_reads_on, speaks_after_the_end),
    (drips, asks),
    (echo_bytes, asks_urgently),
    (pours, asks),
    (pours, reads_slowly),
]


async def seen(serve: Serve, talk: Talk, *, whole: bool) -> tuple[object, ...]:
    """What client, backend, counters and journal see, of a short connection or of one that is whole from the first."""
    async with lab(protocol="tcp", handler=serve) as it:
        reader, writer = await it.client()
        await it.until(lambda: it.server.connections)
        assert short(it) == 1 or it.server.counters.backend.read
        if whole:
            it.server.leave_lanes()
        heard = await talk(it, reader, writer)
        writer.close()
        await it.until(lambda: not it.server.connections)
        sample = it.server.sample()
        return (
            heard, [bytes(part) for part in it.received],
            sample.up_read, sample.up_written, sample.down_read, sample.down_written,
            sample.connections, sample.connections_open, sample.exchanges, sum(sample.latency),
            sample.errors_backend, sample.errors_client,
            [(e.conn, e.ex, e.outcome, e.up, e.down) for e in it.journal.entries],
        )  # fmt: skip


@on_reactors
@pytest.mark.parametrize(("serve", "talk"), TALKS, ids=[f"{s.__name__}-{t.__name__}" for s, t in TALKS])
def test_a_short_connection_looks_like_a_whole_one(place: Place, serve: Serve, talk: Talk) -> None:
    async def main() -> None:
        assert await seen(serve, talk, whole=False) == await seen(serve, talk, whole=True)

    place.run(main)


@on_reactors
def test_a_connection_that_asks_once_stays_short_to_its_end(place: Place) -> None:
    async def main() -> None:
        async with lab(protocol="tcp", handler=answers_and_closes) as it:
            for _ in range(3):
                reader, writer = await it.client()
                writer.write(b"ping")
                assert await reader.readexactly(7) == b"to ping"
                assert (short(it), it.server.connections) == (1, 1)
                assert await reader.read() == b""
                writer.close()
                await it.until(lambda: not it.server.connections)
            assert it.server.counters.connections == it.server.counters.exchanges == 3

    place.run(main)


@on_reactors
def test_a_second_request_makes_it_whole(place: Place) -> None:
    async def main() -> None:
        async with lab(protocol="tcp", handler=echo_bytes) as it:
            reader, writer = await it.client()
            for count in range(1, 4):
                writer.write(b"ping")
                assert await reader.readexactly(4) == b"ping"
                assert short(it) == (count == 1)
            (conn,) = it.server.open
            assert [turn.ordinal for turn in conn.turns] or conn.lane is not None
            assert conn.number == it.server.counters.connections == 1

    place.run(main)


@on_reactors
@pytest.mark.parametrize("asked", [False, True])
def test_the_next_exchange_of_a_short_one_meets_an_override_with_its_own_number(place: Place, *, asked: bool) -> None:
    def late(act: Intervention) -> None:
        act.hold_request(0.01)

    async def main() -> None:
        async with lab(behavior("late", late, fails=False), protocol="tcp", handler=echo_bytes) as it:
            reader, writer = await it.client()
            await it.until(lambda: short(it))
            for at in range(1 + asked):
                if at == asked:
                    it.server.set_override(named("late"))
                    assert short(it) == 0
                    assert it.server.connections == 1
                writer.write(b"ping")
                assert await reader.readexactly(4) == b"ping"
            it.server.set_override(None)
            writer.write(b"ping")  # an exchange of a stream ends where the next begins
            assert await reader.readexactly(4) == b"ping"
            assert [(e.ex, e.rule) for e in it.journal.entries] == [(1 + asked, "late")]

    place.run(main)


@on_reactors
@pytest.mark.parametrize("asked", [False, True])
def test_toxics_reach_short_connections(place: Place, *, asked: bool) -> None:
    async def main() -> None:
        async with poisoned() as it:
            reader, writer = await it.client()
            await it.until(lambda: short(it))
            if asked:
                writer.write(b"ping")
                assert await reader.readexactly(4) == b"ping"
            use(it, toxic("timeout", timeout=0.0))
            writer.write(b"ping")
            assert await silent(reader)
            await it.client()
            await it.until(lambda: it.server.connections == 2)
            assert short(it) == 0

    place.run(main)


@on_reactors
def test_what_acts_or_watches_keeps_connections_whole(place: Place) -> None:
    def nothing(act: Intervention) -> None:
        """Let it pass."""

    async def stays_whole(**fields: Any) -> None:
        async with lab(behavior("thing", nothing), protocol="tcp", handler=echo_bytes, **fields) as it:
            for _ in range(2):
                reader, writer = await it.client()
                writer.write(b"ping")
                assert await reader.readexactly(4) == b"ping"
                assert short(it) == 0
            assert it.server.connections == 2

    async def main() -> None:
        await stays_whole(mix="1:thing")
        await stays_whole(everything=True)
        await stays_whole(stay_connected=True)

    place.run(main)


@on_reactors
def test_short_connections_are_kicked_and_stopped_with_fin(place: Place) -> None:
    async def main() -> None:
        async with lab(protocol="tcp", handler=echo_bytes) as it:
            clients = [await it.client() for _ in range(3)]
            await it.until(lambda: short(it) == 3)
            clients[0][1].write(b"ping")
            assert await clients[0][0].readexactly(4) == b"ping"
            assert it.server.kick() == 3
            assert it.server.connections == it.server.counters.connections_open == 0
            assert [await reader.read() for reader, _ in clients] == [b"", b"", b""]
            reader, _ = await it.client()
            await it.until(lambda: short(it) == 1)
            await it.server.stop()
            assert await reader.read() == b""

    place.run(main)


@on_reactors
def test_a_refused_dial_is_told_as_ever(place: Place) -> None:
    async def main() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            async with lab(protocol="tcp", handler=None, backend=f"127.0.0.1:{taken.getsockname()[1]}") as it:
                reader, _ = await it.client()
                assert await reader.read() == b""
                assert it.journal.outcomes("connection") == ["backend refused"]
                assert it.server.counters.errors_backend == 1

    place.run(main)


@on_reactors
def test_former_settings_count_short_connections(place: Place) -> None:
    async def main() -> None:
        async with lab(protocol="tcp", handler=echo_bytes) as it:
            await it.client()
            await it.until(lambda: short(it) == 1)
            it.server.use(replace(it.server.spec, backend="127.0.0.1:9"))
            assert it.server.sample().connections_former == it.server.connections == 1

    place.run(main)


@on_reactors
def test_many_at_once_leave_nothing_behind(place: Place) -> None:
    async def main() -> None:
        async with lab(protocol="tcp", handler=answers_and_closes, backlog=512) as it:

            async def ask(number: int) -> None:
                reader, writer = await it.client()
                writer.write(b"%d" % number)
                assert await reader.read() == b"to %d" % number
                writer.close()

            for at in range(0, 600, 100):
                await asyncio.gather(*(ask(at + n) for n in range(100)))
            await it.until(lambda: not it.server.connections)
            counters = it.server.counters
            assert counters.connections == counters.exchanges == sum(counters.latency.snapshot()) == 600
            assert counters.client.written == counters.backend.read == sum(len(f"to {n}") for n in range(600))

    place.run(main)


def test_accepted_sockets_send_at_once() -> None:
    """What a short connection relies on: an accepted socket has its listener's TCP_NODELAY."""
    from vaurien_core.proxy import sockets
    from vaurien_core.proxy.sockets import accept, kind_of

    with socket.create_server(("127.0.0.1", 0)) as listener:
        sockets.tune(listener)
        with socket.create_connection(listener.getsockname()) as client:
            listener.setblocking(True)
            got, name = accept(listener, kind_of(listener))
            try:
                assert got.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                assert got.gettimeout() == 0.0
                assert name == client.getsockname()
            finally:
                got.close()
