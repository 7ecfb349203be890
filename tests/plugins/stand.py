"""A proxy with plugins from files, on real sockets, between an echo backend and blocking or asyncio clients."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support import backends
from vaurien_core.clock import SystemClock
from vaurien_core.model.profile import BehaviorSpec, PluginSpec, ProxySpec, Rule
from vaurien_core.options import values_of
from vaurien_core.plugins import load
from vaurien_core.proxy.outbox import Budget
from vaurien_core.proxy.server import ProxyServer
from vaurien_core.proxy.timers import timers_for
from vaurien_core.registry import Registry

SLIDE_DELAY = """
from vaurien.behaviors.dummy import Dummy
import time

class Delay(Dummy):
    name = 'delay'
    options = {'sleep': ("Delay in seconds", int, 1)}
    options.update(Dummy.options)

    def on_before_handle(self, protocol, source, dest, to_backend):
        time.sleep(self.option('sleep'))
        return True

    def on_after_handle(self, protocol, source, dest, to_backend):
        pass
"""
HTTP_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


class Journal:
    """Keeps what was recorded."""

    everything = False

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def add(self, **fields: Any) -> None:
        self.entries.append(fields)

    def outcomes(self) -> list[str]:
        return [e.get("outcome", "") for e in self.entries if e.get("kind", "exchange") == "exchange"]

    def notices(self) -> str:
        return "\n".join(str(e.get("text", "")) for e in self.entries)


@dataclass
class Stand:
    """One proxy and what it heard."""

    server: ProxyServer
    journal: Journal
    registry: Registry
    behind: backends.Backend

    @property
    def heard(self) -> bytes:
        """All that the backend read."""
        return b"".join(self.behind.heard)

    async def connect(self) -> tuple[Reader, Writer]:
        assert self.server.bound is not None
        return await asyncio.open_connection(self.server.bound.host, self.server.bound.port)

    async def ask(self, sent: bytes, answer: bytes) -> bytes:
        """Send on a connection of its own and read as much as is expected."""
        reader, writer = await self.connect()
        try:
            writer.write(sent)
            return await asyncio.wait_for(reader.readexactly(len(answer)), 10)
        finally:
            writer.close()


async def answer_http(reader: Reader, writer: Writer) -> None:
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(HTTP_OK)


async def echo(reader: Reader, writer: Writer) -> None:
    while data := await reader.read(65536):
        writer.write(data)


@contextlib.asynccontextmanager
async def stand(
    folder: Path,
    plugins: dict[str, str],
    *,
    mix: str = "",
    protocol: str = "tcp",
    backend: backends.Handler = echo,
    registry: Registry | None = None,
    **options: dict[str, Any],
) -> AsyncIterator[Stand]:
    """`plugins`: `behavior:NAME` to source text; `mix`: `100:NAME`; `options`: by behavior."""
    registry = registry or Registry.builtin()
    for number, (what, source) in enumerate(plugins.items()):
        kind, _, name = what.partition(":")
        (folder / f"plugin{number}.py").write_text(source)
        load(registry, PluginSpec(kind, name, f"plugin{number}.py"), folder)
    async with backends.backend(backend) as behind, _proxied(registry, behind, mix, protocol, options) as it:
        yield it


@contextlib.asynccontextmanager
async def _proxied(
    registry: Registry, behind: backends.Backend, mix: str, protocol: str, options: dict[str, dict[str, Any]]
) -> AsyncIterator[Stand]:
    loop, clock = asyncio.get_running_loop(), SystemClock()
    timers, journal = timers_for(loop, clock), Journal()
    rules = [part.split(":") for part in mix.split(",") if part]
    spec = ProxySpec(
        name="p",
        proxy="127.0.0.1:0",
        backend=behind.address,
        protocol=protocol,
        mix=tuple(Rule(name, Decimal(weight)) for weight, name in rules),
        behaviors=tuple(BehaviorSpec(name, "", values_of(given)) for name, given in options.items()),
    )
    server = ProxyServer(
        spec, registry=registry, seed=7, clock=clock, timers=timers, journal=journal, budget=Budget(),
        started_at=clock.now(),
    )  # fmt: skip
    await server.listen()
    try:
        yield Stand(server, journal, registry, behind)
    finally:
        await server.stop()
        timers.close()
        await backends.settled()
        assert server.budget.used == 0
        assert server.counters.held == 0
