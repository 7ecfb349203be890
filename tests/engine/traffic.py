"""A small real backend and raw clients for engine tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal

from tests.support.backends import backend
from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec, Rule
from vaurien_core.registry import Registry

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal"


@asynccontextmanager
async def web() -> AsyncIterator[str]:
    """Answers every request with `ANSWER`; yields its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)

    async with backend(serve) as it:
        yield it.address


class Client:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, place: str) -> Client:
        host, _, port = place.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def ask(self, path: str = "/", within_s: float = 20.0) -> bytes:
        """The status line and body of the answer; b"" if the connection ends."""
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        try:
            async with asyncio.timeout(within_s):
                head = await self.reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
                return head.partition(b"\r\n")[0] + b" " + await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


def proxy(behind: str, name: str = "web", listen: str = "127.0.0.1:0", **weights: float) -> ProxySpec:
    """An http proxy with a mix."""
    mix = tuple(Rule(behavior, Decimal(str(weight))) for behavior, weight in weights.items())
    return ProxySpec(name, listen, behind, "http", mix)


def with_options(spec: ProxySpec, behavior: str, **options: object) -> ProxySpec:
    return spec.with_behavior(BehaviorSpec(behavior, "", tuple(sorted(options.items()))))  # type: ignore[arg-type]


@asynccontextmanager
async def engine(
    *specs: ProxySpec, seed: int = 42, start: bool = True, journal_all: bool = False
) -> AsyncIterator[LocalEngine]:
    """A local engine that runs these proxies."""
    made = LocalEngine(Profile(specs, seed=seed), registry=Registry.builtin(), journal_all=journal_all)
    try:
        if start:
            await made.start()
        yield made
    finally:
        await made.aclose()


async def bound(running: LocalEngine, name: str = "web") -> str:
    return (await running.state()).proxy(name).bound
