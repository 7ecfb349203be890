"""Requests that the backend gets twice, among others that wait for a decision."""

from __future__ import annotations

import asyncio

from tests.proxy.lab import Place, lab, named, on_both_ports
from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.behaviors.delay import DelayOptions
from vaurien_core.behaviors.duplicate_request import DuplicateRequest
from vaurien_core.protocols.http import Http


class Ponder(Behavior):
    """Holds a request for a moment in a coroutine."""

    name = "ponder"
    Options = DelayOptions

    async def begin(self, act: Intervention) -> None:
        await act.pause(0.1)


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def _origin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers each request with its path."""
    while head := await reader.readuntil(b"\r\n\r\n"):
        path = head.split(b" ")[1]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))


@on_both_ports
def test_one_behind_a_request_that_is_pondered_is_said_twice_too(place: Place) -> None:
    async def main() -> None:
        async with lab(
            Ponder, DuplicateRequest, mix="100:ponder, 100:duplicate_request", handler=_origin, protocols=(Http,),
            protocol="http",
            behaviors=(named("ponder", match="GET /first"), named("duplicate_request", match="GET /second")),
        ) as it:  # fmt: skip
            reader, writer = await it.client()
            writer.write(_get("/first") + _get("/second"))
            for path in (b"/first", b"/second"):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200")
                assert await reader.readexactly(len(path)) == path
            await it.until(lambda: bytes(it.received[0]).count(b"GET /second") == 2)
            writer.write(_get("/third"))
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(6) == b"/third"
            assert bytes(it.received[0]).count(b"GET /first") == 1

    place.run(main)
