"""A reset that arrives while a connection is in the express lane reaches the other side as it does outside."""

from __future__ import annotations

import asyncio
from typing import Protocol

import pytest

from tests.proxy.lab import ALL, Lab, Place, lab, reset

REACTORS = [p for p in ALL if p.port == "reactor"]
BULK = 3_000_000
on_reactors = pytest.mark.parametrize("place", REACTORS, ids=[p.loop for p in REACTORS])
in_exchanges_and_bulk = pytest.mark.parametrize("size", [4, BULK], ids=["exchanges", "bulk"])
Seen = tuple[str, list[str], int, int]


class Resets(Protocol):
    """A conversation in which one side resets; what the other sees of it."""

    async def __call__(self, size: int, *, everything: bool, within: bool) -> Seen: ...


async def ending(reader: asyncio.StreamReader) -> str:
    """How the stream ends, without another byte."""
    try:
        assert await reader.read() == b""
    except ConnectionResetError:
        return "reset"
    return "end"


async def told(it: Lab, end: str) -> Seen:
    """What the other side saw, and what is said and counted."""
    await it.until(lambda: not it.server.connections)
    counters = it.server.counters
    return end, [entry.outcome for entry in it.journal.entries], counters.errors_backend, counters.errors_client


async def converse(it: Lab, size: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Three exchanges whose answers are that long."""
    reader, writer = await it.client()
    for _ in range(3):
        writer.write(b"ping")
        assert len(await reader.readexactly(size)) == size
    return reader, writer


def in_lane(it: Lab) -> bool:
    (conn,) = it.server.open
    return conn.lane is not None


async def backend_resets(size: int, *, everything: bool, within: bool) -> Seen:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            await reader.readexactly(4)
            writer.write(bytes(size))
        if within:
            await reader.readexactly(4)
        else:
            await may_reset.wait()
        reset(writer)

    may_reset = asyncio.Event()
    async with lab(protocol="tcp", handler=answer, everything=everything) as it:
        reader, writer = await converse(it, size)
        assert in_lane(it) != everything
        if within:
            writer.write(b"more")
        may_reset.set()
        return await told(it, await ending(reader))


async def client_resets(size: int, *, everything: bool, within: bool) -> Seen:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            await reader.readexactly(4)
            writer.write(bytes(size))
        if within:
            await reader.readexactly(4)
            begun.set()
        ends.set_result(await ending(reader))
        writer.close()

    begun = asyncio.Event()
    async with lab(protocol="tcp", handler=answer, everything=everything) as it:
        ends: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        _, writer = await converse(it, size)
        if within:
            writer.write(b"more")
            await begun.wait()
        assert in_lane(it) != everything
        reset(writer)
        return await told(it, await ends)


@on_reactors
@in_exchanges_and_bulk
@pytest.mark.parametrize("within", [True, False], ids=["within", "between"])
@pytest.mark.parametrize("resets", [backend_resets, client_resets], ids=["backend", "client"])
def test_the_reset_of_one_side_reaches_the_other(place: Place, resets: Resets, size: int, within: bool) -> None:
    async def main() -> None:
        outside = await resets(size, everything=True, within=within)
        inside = await resets(size, everything=False, within=within)
        assert inside[0] == outside[0] == "reset"
        assert inside[2:] == outside[2:]
        assert inside[1] == outside[1][-1:]

    place.run(main)
