"""Exchanges that every behavior holds, has altered or is about to break, beside normal traffic; what all-normal did.

`Backend` answers each request with a hash of it, over http, redis or plain lines, and keeps answers to `wait...` until
its gate opens. `Flight` lives on a thread of its own, so that tests may press all-normal from any loop, Qt's too.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

LONG_S = 300
Fate = Literal["held", "gated", "reset"]
"""What all-normal owes a client: the true answer now, the true answer once the backend gives it, or a reset."""


@dataclass(frozen=True)
class Case:
    """One kind of exchange in flight.

    Attributes:
        name: of its proxy.
        protocol: http, redis or tcp.
        rule: the behavior, as its section says it.
        asks: the paths or keys that the client asks for, in one go.
        fate: what it is owed.
        unfinished: bytes of a further request that never ends.
        answered: whether the fault says something before all-normal.
    """

    name: str
    protocol: str
    rule: str
    asks: tuple[str, ...]
    fate: Fate
    unfinished: bytes = b""
    answered: bool = False


POST = b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\nhalf"
DELAY = f"type = delay\nsleep = {LONG_S}"
CASES = (
    *(
        case
        for protocol in ("http", "redis", "tcp")
        for case in (
            Case(f"{protocol}-delay-before", protocol, DELAY, ("a",), "held"),
            Case(f"{protocol}-delay-after", protocol, f"{DELAY}\nbefore = no", ("b",), "held"),
            Case(f"{protocol}-hang", protocol, "type = hang", ("c",), "held"),
            Case(f"{protocol}-abort", protocol, "type = abort", ("wait-d",), "gated"),
        )
    ),
    Case("http-pipelined", "http", "type = hang", ("e", "f", "g"), "held"),
    Case("redis-pipelined", "redis", DELAY, ("e", "f", "g"), "held"),
    Case("http-blackout", "http", "type = blackout\nmatch = GET /dark*", ("wait-h", "dark"), "reset"),
    Case("redis-blackout", "redis", "type = blackout\nmatch = GET dark*", ("wait-h", "dark"), "reset"),
    Case("http-error-after", "http", "type = error\nphase = after\nerror = 503", ("wait-i",), "gated"),
    Case("http-transient-after", "http", "type = transient\nagitate = 9999\nphase = after", ("wait-j",), "gated"),
    Case("http-error-before", "http", "type = error\nerror = 503", (), "reset", POST),
    Case("http-transient", "http", "type = transient\nagitate = 9999\nerror = 502", (), "reset", POST),
    Case("http-stall", "http", "type = error\nerror = stalled-body", ("k",), "reset", answered=True),
    Case("redis-error-behind", "redis", "type = error\nerror = LOADING\nmatch = GET bad*", ("wait-l", "bad"), "reset"),
    Case("redis-inject", "redis", "type = error\ninject = yes", ("m",), "reset", answered=True),
    Case("tcp-inject", "tcp", "type = error\ninject = yes", ("n",), "reset", answered=True),
    Case("tcp-error", "tcp", "type = error", ("o",), "reset", answered=True),
    Case("tcp-transient", "tcp", "type = transient\nagitate = 9999", ("p",), "reset", answered=True),
)
BLACK = Case("tcp-blackout", "tcp", "type = blackout", (), "gated")
"""It ends what it meets at once, so nothing of it is ever in flight; later connections are to find it gone."""


def ini(backends: Mapping[str, int], *more: str) -> str:
    """A profile with a proxy per case, and one without faults per protocol."""
    lines = ["[vaurien]", "seed = 7", *more]
    for case in (*CASES, BLACK):
        lines += [
            f"[proxy:{case.name}]", "proxy = 127.0.0.1:0", f"backend = 127.0.0.1:{backends[case.protocol]}",
            f"protocol = {case.protocol}", f"behavior = 100:{case.name}-rule",
            f"[behavior:{case.name}-rule]", case.rule,
        ]  # fmt: skip
    for protocol, port in backends.items():
        lines += [f"[proxy:{protocol}-plain]", "proxy = 127.0.0.1:0", f"backend = 127.0.0.1:{port}",
                  f"protocol = {protocol}", "behavior ="]  # fmt: skip
    return "\n".join(lines) + "\n"


def asked(protocol: str, what: str) -> bytes:
    """A request."""
    if protocol == "http":
        return f"GET /{what} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    if protocol == "redis":
        return f"*2\r\n$3\r\nGET\r\n${len(what)}\r\n{what}\r\n".encode()
    return f"{what}\n".encode()


def truth(protocol: str, what: str) -> bytes:
    """The backend's answer to it."""
    told = hashlib.sha256(f"{protocol} {what}".encode()).hexdigest().encode() * 20
    if protocol == "http":
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told)
    return b"$%d\r\n%b\r\n" % (len(told), told) if protocol == "redis" else told + b"\n"


class _Backend:
    """Servers for each protocol on one loop; answers to `wait...` come after `gate`."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.ports: dict[str, int] = {}
        self._servers: list[asyncio.Server] = []
        self._serving: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        for protocol in ("http", "redis", "tcp"):
            server = await asyncio.start_server(partial(self._serve, protocol), "127.0.0.1", 0, backlog=1024)
            self._servers.append(server)
            self.ports[protocol] = server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, protocol: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while what := await self._next(protocol, reader):
                    if what.startswith("wait"):
                        await self.gate.wait()
                    writer.write(truth(protocol, what))
        except asyncio.CancelledError:
            return
        finally:
            self._serving.discard(task)
            writer.transport.abort()

    async def _next(self, protocol: str, reader: asyncio.StreamReader) -> str:
        if protocol == "http":
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if head.startswith("POST"):
                await reader.readexactly(90)
            return head.split(" ")[1][1:]
        if protocol == "redis":
            return [(await reader.readline()).decode().strip() for _ in range(5)][-1]
        return (await reader.readline()).decode().strip()


class _Client:
    """One connection and what came of it; `done_at` is when it had what it was owed."""

    def __init__(self, case: Case, port: int) -> None:
        self.case, self._port = case, port
        self.wanted = b"".join(truth(case.protocol, what) for what in case.asks)
        self.got = bytearray()
        self.before = 0
        self.end = ""
        self.done_at = 0.0

    async def run(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"".join(asked(self.case.protocol, what) for what in self.case.asks) + self.case.unfinished)
        try:
            while data := await reader.read(65536):
                self.got += data
                if self.case.fate != "reset" and len(self.got) >= len(self.wanted) and not self.done_at:
                    self.done_at = time.monotonic()
            self.end = "fin"
        except ConnectionResetError:
            self.end = "rst"
        finally:
            self.done_at = self.done_at or time.monotonic()
            writer.transport.abort()

    def problem(self) -> str:
        """What is wrong with it; "" if it has what all-normal owes it."""
        name = f"{self.case.name}: {self.end or 'open'}, {len(self.got)} bytes"
        if self.case.fate == "reset":
            return "" if self.end == "rst" and len(self.got) == self.before else f"{name}, wanted a reset"
        return "" if self.got == self.wanted and not self.end else f"{name}, wanted the backend's {len(self.wanted)}"


@dataclass(frozen=True)
class Landing:
    """What came of it. Seconds: from the press to the last one's due; what as many direct exchanges took before."""

    in_flight: int
    took_s: float
    control_s: float
    problems: tuple[str, ...]
    normal_exchanges: int


class Flight:
    """A backend, normal traffic, and `count` exchanges in flight."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="in flight")
        self._thread.start()
        self._ports: dict[str, int] = {}
        self._clients: list[_Client] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._load: list[asyncio.Task[None]] = []
        self._traffic = 0
        self._wrong: list[str] = []
        self._backend = _Backend()
        self._call(self._backend.open())

    @property
    def ports(self) -> dict[str, int]:
        """Of the backend, by protocol."""
        return self._backend.ports

    def take_off(self, ports: Mapping[str, int], count: int = 200) -> None:
        """Open `count` exchanges over the proxies, and normal traffic beside; returns when all are in flight."""
        self._ports = dict(ports)
        self._call(self._take_off(count))

    def land(self, press: Callable[[], object]) -> Landing:
        """Press all-normal, open the backend's gate when that returned, and look at what each client got."""
        control = self._call(self._direct(len(self._clients)))
        pressed = time.monotonic()
        press()
        return self._call(self._landed(pressed, time.monotonic(), control))

    async def land_async(self, press: Callable[[], Awaitable[object]]) -> Landing:
        """The same for a press that is a coroutine of the caller's loop."""
        control = await asyncio.wrap_future(self._submit(self._direct(len(self._clients))))
        pressed = time.monotonic()
        await press()
        opened = time.monotonic()
        landing: Landing = await asyncio.wrap_future(self._submit(self._landed(pressed, opened, control)))
        return landing

    def hang_up(self) -> None:
        """End the clients' connections, and with them what tcp takes for one long exchange."""
        self._call(self._hang_up())

    def close(self) -> None:
        """End all of it."""
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _submit(self, coro: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(coro, self._loop)

    def _call(self, coro: Coroutine[Any, Any, Any]) -> Any:
        return self._submit(coro).result(60)

    async def _take_off(self, count: int) -> None:
        for n in range(count):
            case = CASES[n % len(CASES)]
            client = _Client(case, self._ports[case.name])
            self._clients.append(client)
            self._tasks.append(asyncio.create_task(client.run()))
        self._load = [asyncio.create_task(self._traffic_of(p)) for p in self.ports for _ in range(2)]
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                while not all(client.got or not client.case.answered for client in self._clients):
                    await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)  # what is held sends nothing that could be waited for
        for client in self._clients:
            client.before = len(client.got)
        early = {f"{c.case.name}: {c.end or 'open'}, {c.got[:60]!r}" for c in self._clients
                 if c.end or bool(c.got) != c.case.answered}  # fmt: skip
        assert not early, f"not in flight before all-normal: {sorted(early)}"

    async def _traffic_of(self, protocol: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._ports[f"{protocol}-plain"])
        wanted = truth(protocol, "normal")
        try:
            while True:
                writer.write(asked(protocol, "normal"))
                if await reader.readexactly(len(wanted)) != wanted:
                    self._wrong.append(f"normal traffic over {protocol} got something else")
                self._traffic += 1
                await asyncio.sleep(0.005)
        except (OSError, asyncio.IncompleteReadError):
            self._wrong.append(f"normal traffic over {protocol} was cut")
        finally:
            writer.transport.abort()

    async def _ask_anew(self, protocol: str, port: int, what: str) -> bool:
        """One exchange on a connection of its own; whether its answer is the truth."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(asked(protocol, what))
        wanted = truth(protocol, what)
        try:
            return await asyncio.wait_for(reader.readexactly(len(wanted)), 5) == wanted
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            return False
        finally:
            writer.transport.abort()

    async def _direct(self, count: int) -> float:
        """How long as many exchanges take straight at the backend, all at once, under the same traffic."""
        protocols = list(self.ports)
        began = time.monotonic()
        asks = (self._ask_anew(p, self.ports[p], "direct") for p in (protocols[n % 3] for n in range(count)))
        assert all(await asyncio.gather(*asks))
        return time.monotonic() - began

    async def _landed(self, pressed: float, opened: float, control: float) -> Landing:
        self._backend.gate.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while not all(client.done_at for client in self._clients):
                    await asyncio.sleep(0.005)
        problems = {p for client in self._clients if (p := client.problem())}
        took = max((c.done_at or 1e9) - (opened if c.case.fate == "gated" else pressed) for c in self._clients)
        for case in (*CASES, BLACK):
            what = "dark" if "dark" in case.rule else "bad"
            if not await self._ask_anew(case.protocol, self._ports[case.name], what):
                problems.add(f"{case.name}: a new exchange did not get the backend's answer")
        before = self._traffic
        await asyncio.sleep(0.3)
        if self._traffic == before:
            self._wrong.append("normal traffic stands still")
        problems |= {p for client in self._clients if (p := client.problem())}
        return Landing(len(self._clients), took, control, (*sorted(problems), *self._wrong), self._traffic)

    async def _hang_up(self) -> None:
        for task in (*self._load, *self._tasks):
            task.cancel()
        await asyncio.gather(*self._load, *self._tasks, return_exceptions=True)

    async def _close(self) -> None:
        await self._hang_up()
        await self._backend.close()
