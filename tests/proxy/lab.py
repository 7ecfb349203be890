"""A proxy with toy behaviors on real sockets, between a backend and clients of this process."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import uvloop

from tests.support.backends import Handler, backend, settled
from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.behaviors.dummy import Dummy, DummyOptions
from vaurien_core.clock import SystemClock
from vaurien_core.model.exchange import Exchange
from vaurien_core.model.profile import BehaviorSpec, ProxySpec, Rule
from vaurien_core.options import OptionSet, values_of
from vaurien_core.protocols.base import Piece, ProtocolType
from vaurien_core.protocols.plain import Plain
from vaurien_core.protocols.tcp import Tcp
from vaurien_core.proxy.outbox import Budget
from vaurien_core.proxy.server import ProxyServer
from vaurien_core.proxy.timers import timers_for
from vaurien_core.registry import Registry


class Place:
    """A loop and a kind of port."""

    def __init__(self, loop: str, port: str) -> None:
        self.loop, self.port = loop, port

    def run(self, main: Callable[[], Awaitable[Any]]) -> Any:
        factory = uvloop.new_event_loop if self.loop == "uvloop" else asyncio.SelectorEventLoop
        before = os.environ.get("VAURIEN_PORT")
        os.environ["VAURIEN_PORT"] = self.port
        crashes: list[dict[str, Any]] = []
        try:
            with asyncio.Runner(loop_factory=factory) as runner:
                runner.get_loop().set_exception_handler(lambda _loop, context: crashes.append(context))

                async def bounded() -> Any:
                    async with asyncio.timeout(20):
                        return await main()

                result = runner.run(bounded())
        finally:
            if before is None:
                del os.environ["VAURIEN_PORT"]
            else:
                os.environ["VAURIEN_PORT"] = before
        assert not crashes, crashes
        return result


ALL = [Place(loop, port) for loop in ("stock", "uvloop") for port in ("reactor", "transport")]
everywhere = pytest.mark.parametrize("place", ALL, ids=[f"{p.loop}-{p.port}" for p in ALL])
on_both_ports = pytest.mark.parametrize("place", ALL[:2], ids=[f"{p.loop}-{p.port}" for p in ALL[:2]])


class LineFramer(Plain):
    """Requests and answers are lines; a request that begins with `!` gets no answer, `+` lines are interim."""

    def __init__(self) -> None:
        self.opaque = ""
        self._count = 0
        self._request: Exchange | None = None
        self._waiting: list[Exchange] = []
        self._fresh = True
        self._lead = b""

    def upstream(self, data: bytes) -> list[Piece]:
        pieces = []
        for line in data.splitlines(keepends=True):
            first = self._request is None
            if first:
                self._count += 1
                self._request = Exchange(self._count, line.decode("latin-1").split()[0] if line.split() else "")
                self._request.key = line.strip()
                self._request.answer_expected = not line.startswith(b"!")
                if self._request.answer_expected:
                    self._waiting.append(self._request)
            exchange = self._request
            assert exchange is not None
            last = line.endswith(b"\n")
            if last:
                exchange.request_done = True
                self._request = None
            pieces.append(Piece(line, exchange, first=first, last=last))
        return pieces

    def downstream(self, data: bytes) -> list[Piece]:
        pieces = []
        for line in data.splitlines(keepends=True):
            if not self._waiting:
                pieces.append(Piece(line, None))
                continue
            exchange = self._waiting[0]
            last = line.endswith(b"\n")
            interim = self._fresh and line.startswith(b"+")
            pieces.append(Piece(line, exchange, first=self._fresh, last=last and not interim, interim=interim))
            self._fresh = last
            if last and not interim:
                exchange.answer_done = True
                exchange.status = line.decode("latin-1").split()[0] if line.split() else ""
                exchange.failed = line.startswith(b"-")
                self._waiting.pop(0)
        return pieces

    def upstream_eof(self) -> list[Piece]:
        return []

    def downstream_eof(self) -> list[Piece]:
        return []

    def dropped(self, exchange: Exchange) -> None:
        if exchange in self._waiting:
            self._waiting.remove(exchange)

    def answered(self, exchange: Exchange) -> None:
        pass


class Line(ProtocolType):
    """A toy protocol."""

    name: ClassVar[str] = "line"
    title: ClassVar[str] = "Lines"
    Options: ClassVar[type[OptionSet]] = DummyOptions

    def framer(self) -> LineFramer:
        return LineFramer()


def behavior(
    name: str, begin: Callable[[Intervention], Any], *, needs_answer: bool = False, fails: bool = True,
    group: str = "Errors",
) -> type[Behavior]:  # fmt: skip
    """A behavior that does this."""

    def run(self: Behavior, act: Intervention) -> Awaitable[None] | None:
        result: Awaitable[None] | None = begin(act)
        return result

    return type(
        name.title(),
        (Behavior,),
        {
            "name": name, "title": name, "fails": fails, "needs_answer": needs_answer, "group": group, "begin": run,
            "Options": DummyOptions,
        },
    )  # fmt: skip


class Journal:
    """Keeps all entries."""

    def __init__(self, *, everything: bool = False) -> None:
        self.everything = everything
        self.entries: list[SimpleNamespace] = []

    def add(self, **fields: Any) -> None:
        given = {"kind": "exchange", "outcome": "", "text": "", "rule": "", "conn": 0, "ex": 0, **fields}
        self.entries.append(SimpleNamespace(**given))

    def outcomes(self, kind: str = "exchange") -> list[str]:
        return [e.outcome for e in self.entries if e.kind == kind]


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST at once."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def echo_lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers every line with `ok LINE`, those with `!` not at all."""
    try:
        while line := await reader.readline():
            if not line.startswith(b"!"):
                writer.write(b"ok " + line)
                await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def echo_bytes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Sends back what it gets, then closes."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@dataclass
class Lab:
    """The proxy between its backend and clients."""

    server: ProxyServer
    journal: Journal
    received: list[bytearray]
    """What the backend read, one item per connection."""

    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def client(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        bound = self.server.bound
        assert bound is not None
        if bound.is_unix:
            reader, writer = await asyncio.open_unix_connection(bound.path)
        else:
            reader, writer = await asyncio.open_connection(bound.host, bound.port)
        self.writers.append(writer)
        return reader, writer

    async def until(self, condition: Callable[[], Any], seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.002)


def spec_of(mix: str = "", **fields: Any) -> ProxySpec:
    """`5:delay, 20:hang` as a spec named `p` on a free port."""
    rules = [part.strip().split(":") for part in mix.split(",") if part.strip()]
    given = {"name": "p", "proxy": "127.0.0.1:0", "protocol": "line", **fields}
    return ProxySpec(mix=tuple(Rule(name, Decimal(weight)) for weight, name in rules), **given)


def named(name: str, **options: Any) -> BehaviorSpec:
    return BehaviorSpec(name, "", values_of(options))


@asynccontextmanager
async def lab(
    *behaviors: type[Behavior],
    mix: str = "",
    handler: Handler | None = echo_lines,
    everything: bool = False,
    seed: int = 7,
    budget: Budget | None = None,
    protocols: tuple[type[ProtocolType], ...] = (),
    **fields: Any,
) -> AsyncIterator[Lab]:
    """A listening proxy; everything is closed at the end, and that is checked."""
    async with AsyncExitStack() as stack:
        received: list[bytearray] = []
        if handler is not None:
            behind = await stack.enter_async_context(backend(handler))
            fields.setdefault("backend", behind.address)
            received = behind.heard
        async with _proxied(
            Registry((Dummy, *behaviors), (Tcp, Line, *protocols)),
            spec_of(mix, **fields),
            received,
            everything=everything,
            seed=seed,
            budget=budget or Budget(),
        ) as it:
            yield it


@asynccontextmanager
async def _proxied(
    registry: Registry, spec: ProxySpec, received: list[bytearray], *, everything: bool, seed: int, budget: Budget
) -> AsyncIterator[Lab]:
    loop = asyncio.get_running_loop()
    clock = SystemClock()
    timers = timers_for(loop, clock)
    journal = Journal(everything=everything)
    server = ProxyServer(
        spec,
        registry=registry,
        seed=seed,
        clock=clock,
        timers=timers,
        journal=journal,
        budget=budget,
        started_at=clock.now(),
    )
    try:
        await server.listen()
    except BaseException:
        timers.close()
        raise
    it = Lab(server, journal, received)
    try:
        yield it
    finally:
        for writer in it.writers:
            writer.transport.abort()
        await server.stop()
        assert server.connections == 0
        assert server.counters.connections_open == 0
        assert server.counters.held == 0
        assert server.budget.used == 0
        timers.close()
        await settled()
        assert server.connections == 0
