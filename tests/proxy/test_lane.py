"""The express lane: what passes in it arrives and is counted as ever, whatever happens to the connection meanwhile."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
import struct
from collections.abc import Awaitable, Callable

import pytest

from tests.proxy.lab import ALL, Lab, Place, behavior, echo_bytes, lab, named, reset
from tests.proxy.toxics.bench import poisoned, toxic, use
from vaurien_core.behaviors.base import Intervention
from vaurien_core.proxy.connection import Connection
from vaurien_core.proxy.lane import ENTER_AT
from vaurien_core.proxy.reactor_port import ReactorPort

REACTORS = [p for p in ALL if p.port == "reactor"]
on_reactors = pytest.mark.parametrize("place", REACTORS, ids=[p.loop for p in REACTORS])


def only(it: Lab) -> Connection:
    (conn,) = it.server.open
    return conn


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    assert await reader.readexactly(len(data)) == data


@on_reactors
def test_exchanges_in_the_lane_are_counted_like_those_outside(place: Place) -> None:
    async def talk(*, everything: bool) -> tuple[int, ...]:
        async with lab(protocol="tcp", handler=echo_bytes, everything=everything) as it:
            reader, writer = await it.client()
            for size in (1, 64, 5000, 1, 1, 70_000, 2):
                await ask(reader, writer, bytes(size))
            assert (only(it).lane is None) == everything
            writer.close()
            await it.until(lambda: not it.server.connections)
            sample = it.server.sample()
            assert sum(sample.latency) == 7
            return (
                sample.up_read, sample.up_written, sample.down_read, sample.down_written, sample.exchanges,
                sample.errors_backend, sample.errors_client, sample.injected,
            )  # fmt: skip

    async def main() -> None:
        assert await talk(everything=False) == await talk(everything=True)

    place.run(main)


@on_reactors
def test_the_next_exchange_meets_an_override_with_its_own_number(place: Place) -> None:
    def late(act: Intervention) -> None:
        act.hold_request(0.01)

    async def main() -> None:
        async with lab(behavior("late", late, fails=False), protocol="tcp", handler=echo_bytes) as it:
            reader, writer = await it.client()
            for _ in range(5):
                await ask(reader, writer, b"ping")
            assert only(it).lane is not None
            it.server.set_override(named("late"))
            assert only(it).lane is None
            await ask(reader, writer, b"ping")
            it.server.set_override(None)
            for _ in range(3):
                await ask(reader, writer, b"ping")
            assert [(e.ex, e.rule) for e in it.journal.entries] == [(6, "late")]
            assert only(it).lane is not None
            assert it.server.counters.exchanges == 9

    place.run(main)


@on_reactors
def test_a_backend_that_closes_within_an_exchange_is_an_error_with_its_number(place: Place) -> None:
    async def third(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            writer.write(await reader.read(100))
        await reader.read(100)
        writer.close()

    async def main() -> None:
        async with lab(protocol="tcp", handler=third) as it:
            reader, writer = await it.client()
            for _ in range(3):
                await ask(reader, writer, b"ping")
            assert only(it).lane is not None
            writer.write(b"more")
            assert await reader.read() == b""
            assert it.server.counters.errors_backend == 1
            assert [(e.ex, e.outcome) for e in it.journal.entries] == [(4, "backend closed")]

    place.run(main)


@on_reactors
def test_a_client_that_resets_within_an_exchange_is_its_own_error(place: Place) -> None:
    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for _ in range(2):
                writer.write(await reader.read(100))
            await reader.read(-1)
        except ConnectionError:
            it_was_reset.set()
        finally:
            writer.close()

    it_was_reset = asyncio.Event()

    async def main() -> None:
        async with lab(protocol="tcp", handler=twice) as it:
            reader, writer = await it.client()
            for _ in range(2):
                await ask(reader, writer, b"ping")
            writer.write(b"and")
            await it.until(lambda: it.server.counters.exchanges == 3)
            assert only(it).lane is not None
            reset(writer)
            await it.until(it_was_reset.is_set)
            assert it.server.counters.errors_client == 1

    place.run(main)


@on_reactors
def test_a_port_that_is_known_to_be_broken_is_lent_to_no_lane(place: Place) -> None:
    async def main() -> None:
        async with lab(protocol="tcp", handler=echo_bytes) as it:
            loop, bound = asyncio.get_running_loop(), it.server.bound
            assert bound is not None
            sock = socket.socket()
            sock.setblocking(False)
            await loop.sock_connect(sock, (bound.host, bound.port))
            for _ in range(3):
                await loop.sock_sendall(sock, b"ping")
                assert await loop.sock_recv(sock, 4) == b"ping"
            conn = only(it)
            client = conn.client
            assert conn.lane is not None and isinstance(client, ReactorPort)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
            conn.leave_lane()
            conn.backend_received(bytes(ENTER_AT))  # in the same turn of the loop: the loss was not told yet
            assert client.broken
            conn.backend_received(bytes(ENTER_AT))
            assert conn.lane is None
            await it.until(lambda: not it.server.connections)

    place.run(main)


@on_reactors
@pytest.mark.parametrize("seed", range(3))
def test_any_mix_of_changes_leaves_every_byte_and_count_in_place(place: Place, seed: int) -> None:
    place.run(lambda: mixed(seed))


@pytest.mark.gui
def test_any_mix_of_changes_leaves_every_byte_in_place_on_the_qasync_loop(
    qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    import qasync

    monkeypatch.setenv("VAURIEN_PORT", "reactor")
    loop = qasync.QEventLoop(qapp, set_running_loop=False)
    try:
        loop.run_until_complete(asyncio.wait_for(mixed(4), 20))
    finally:
        loop.close()


async def mixed(seed: int) -> None:
    """Bulk both ways on some connections, one that is reset, one reader that is slow, while everything changes."""
    dice = random.Random(seed)
    size = 6_000_000
    lanes: set[int] = set()
    async with poisoned() as it:

        async def change() -> None:
            while True:
                dice.choice(CHANGES)(it)
                await asyncio.sleep(dice.random() * 0.02)
                if dice.random() < 0.5:
                    use(it)
                    it.server.set_override(None)
                    await asyncio.sleep(dice.random() * 0.02)

        changing = asyncio.create_task(change())
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(3):
                    group.create_task(
                        echoed(
                            it, dice.randbytes(size), random.Random(seed * 10 + number), slow=number == 0, lanes=lanes
                        )
                    )
                group.create_task(broken(it, dice.randbytes(300_000)))
        finally:
            changing.cancel()
        it.server.set_override(None)
        it.server.set_normal(False)
        use(it)
        assert lanes
        await it.until(lambda: not it.server.connections)
        assert await quietly(it)


CHANGES: list[Callable[[Lab], object]] = [
    lambda it: it.server.set_override(named("dummy")),
    lambda it: it.server.set_override(None),
    lambda it: it.server.set_override(None),
    lambda it: it.server.set_normal(True),
    lambda it: it.server.set_normal(False),
    lambda it: use(it, toxic("latency", latency=0.002)),
    lambda it: use(it, toxic("latency", "upstream", latency=0.002), toxic("noop")),
    use,
    lambda it: it.server.release(),
]


async def echoed(it: Lab, data: bytes, dice: random.Random, *, slow: bool, lanes: set[int]) -> None:
    """All of it comes back, the end of the stream too."""
    reader, writer = await it.client()

    async def send() -> None:
        at = 0
        while at < len(data):
            part = dice.choice((1, 500, 20_000, 200_000, 1_000_000))
            writer.write(data[at : at + part])
            at += part
            await writer.drain()
        writer.write_eof()

    sending = asyncio.create_task(send())
    digest, got = hashlib.sha256(), 0
    while part := await reader.read(300_000):
        digest.update(part)
        got += len(part)
        lanes.update(id(conn.lane) for conn in it.server.open if conn.lane is not None)
        if slow and dice.random() < 0.2:
            await asyncio.sleep(0.02)
    await sending
    assert got == len(data)
    assert digest.digest() == hashlib.sha256(data).digest()
    writer.close()


async def broken(it: Lab, data: bytes) -> None:
    """A client that leaves in the middle."""
    _, writer = await it.client()
    writer.write(data)
    await asyncio.sleep(0.05)
    writer.transport.abort()


async def quietly(it: Lab) -> bool:
    """After all of that a new connection passes, and exactly its own bytes are counted."""
    before = it.server.sample()
    reader, writer = await it.client()
    data = bytes(range(256)) * 40_000
    sending: Awaitable[None] = asyncio.create_task(ask(reader, writer, data))
    await sending
    writer.close()
    await it.until(lambda: not it.server.connections)
    after = it.server.sample()
    counted = [
        getattr(after, name) - getattr(before, name) for name in ("up_read", "up_written", "down_read", "down_written")
    ]
    return counted == [len(data)] * 4
