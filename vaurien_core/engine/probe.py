"""The probe: what answers at a backend's address, in three steps of at most 2 s each: dns, connect, handshake.

Called by the engine for the window's Probe button and `vaurienctl`. Credentials are never sent; for `tcp` nothing is
sent at all. Who speaks first (SSH, SMTP, MySQL) is recognised by the greeting before anything is sent.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
from collections.abc import Sequence
from contextlib import suppress

from vaurien_core.addresses import Address
from vaurien_core.clock import Clock
from vaurien_core.engine.greetings import TITLES, Spoken, recognise
from vaurien_core.errors import OptionError
from vaurien_core.model.events import ProbeResult, ProbeStep

STEP_S = 2.0
"""Budget of each step."""
GREETING_S = 0.1
"""How long a server that speaks first gets before a client that speaks first speaks."""
QUESTIONS = {"http": "HEAD / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: vaurien-probe\r\nConnection: close\r\n\r\n"}

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Ended(Exception):  # noqa: N818 - not an error: the way to the verdict
    """The probe has come to its verdict."""

    def __init__(self, verdict: str, message: str, speaks: str = "") -> None:
        super().__init__(message)
        self.verdict, self.message, self.speaks = verdict, message, speaks


class Probe:
    """One probe of one address; made per call, closes its connection itself."""

    def __init__(self, backend: str, protocol: str, own: Sequence[str], clock: Clock) -> None:
        self._backend, self._protocol, self._own, self._clock = backend, protocol, own, clock
        self._steps: list[ProbeStep] = []
        self._ms = 0.0

    async def run(self) -> ProbeResult:
        """The verdict; never raises for what it finds."""
        writer: asyncio.StreamWriter | None = None
        try:
            address = self._parse()
            targets = await self._resolve(address)
            reader, writer = await self._connect(address, targets)
            await self._handshake(address, reader, writer)
        except _Ended as end:
            return ProbeResult(end.verdict, end.message, end.speaks, self._ms, tuple(self._steps))
        finally:
            if writer is not None:
                writer.close()
                with suppress(OSError):
                    await asyncio.wait({asyncio.ensure_future(_closed(writer))}, timeout=0.2)
        return ProbeResult("ok", f"Reachable in {self._ms:.1f} ms", "", self._ms, tuple(self._steps))

    def _parse(self) -> Address:
        try:
            address = Address.parse(self._backend, name="backend")
        except OptionError as error:
            raise _Ended("invalid", str(error)) from None
        if not address.is_unix and not address.port:
            raise _Ended("invalid", f"backend: expected a port within 1..65535, got {self._backend!r}.")
        return address

    async def _resolve(self, address: Address) -> list[str]:
        if address.is_unix:
            if str(address) in self._own:
                raise _Ended("loop", f"{address} is Vaurien's own listener.")
            return [address.path]
        begun = self._clock.now()
        try:
            async with asyncio.timeout(STEP_S):
                found = await asyncio.get_running_loop().getaddrinfo(
                    address.host, address.port, type=socket.SOCK_STREAM
                )
        except TimeoutError:
            self._step("dns", False, begun, "timeout")
            raise _Ended("timeout", f"The name {address.host} did not resolve within {STEP_S:g} s.") from None
        except OSError as error:
            self._step("dns", False, begun, error.strerror or str(error))
            raise _Ended("not-found", f"Name not found: {address.host}.") from None
        except UnicodeError:
            self._step("dns", False, begun, "not a name")
            raise _Ended("invalid", f"{address.host!r} is not a host name.") from None
        hosts = list(dict.fromkeys(str(info[4][0]) for info in found))
        self._step("dns", True, begun, ", ".join(hosts))
        if is_loop(hosts, address.port, self._own):
            raise _Ended("loop", f"{address} is Vaurien's own listener: every exchange would go round for ever.")
        return hosts

    async def _connect(self, address: Address, targets: list[str]) -> Stream:
        begun = self._clock.now()
        number = errno.ECONNREFUSED
        try:
            async with asyncio.timeout(STEP_S):
                for target in targets:
                    try:
                        if address.is_unix:
                            stream = await asyncio.open_unix_connection(target)
                        else:
                            stream = await asyncio.open_connection(target, address.port)
                    except OSError as error:
                        number = error.errno or number
                        continue
                    self._ms = self._step("connect", True, begun, target)
                    return stream
        except TimeoutError:
            self._step("connect", False, begun, "timeout")
            raise _Ended("timeout", f"No connection to {address} within {STEP_S:g} s.") from None
        problem = os.strerror(number)
        self._step("connect", False, begun, problem)
        if number == errno.ECONNREFUSED:
            raise _Ended("refused", f"Connection refused at {address}.")
        raise _Ended("refused", f"No connection to {address}: {problem.lower()}.")

    async def _handshake(self, address: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached = f"Reachable in {self._ms:.1f} ms"
        if self._protocol == "tcp":
            raise _Ended("ok", reached)
        begun = self._clock.now()
        answer = await _read(reader, GREETING_S)
        question = QUESTIONS.get(self._protocol)
        if not answer and question is not None and not reader.at_eof():
            with suppress(OSError):
                writer.write(question.format(host=address if not address.is_unix else "localhost").encode())
                answer = await _read(reader, STEP_S)
        spoken = recognise(answer)
        self._step("handshake", spoken is not None, begun, spoken.detail if spoken else "")
        self._judge(reached, spoken, bool(answer), reader.at_eof())

    def _judge(self, reached: str, spoken: Spoken | None, answered: bool, ended: bool) -> None:
        wanted = TITLES.get(self._protocol, self._protocol)
        if spoken is None:
            if answered:
                raise _Ended("wrong-protocol", f"{reached}, but what it says is not {wanted}")
            if self._protocol not in TITLES:
                raise _Ended("ok", reached)
            if ended:
                raise _Ended("wrong-protocol", f"{reached}, but it closes the connection without a word of {wanted}")
            raise _Ended("timeout", f"{reached}, but no {wanted} answer within {STEP_S:g} s")
        if spoken.protocol == "tls":
            raise _Ended("tls", "Reachable, but it wants TLS", "tls")
        if spoken.protocol != self._protocol:
            raise _Ended("wrong-protocol", f"Reachable, but speaks {spoken.title}, not {wanted}", spoken.protocol)
        raise _Ended("ok", f"{reached}, speaks {spoken.detail}", spoken.protocol)

    def _step(self, name: str, ok: bool, begun: float, detail: str) -> float:
        ms = round((self._clock.now() - begun) * 1000, 3)
        self._steps.append(ProbeStep(name, ok, ms, detail))
        return ms


def is_loop(hosts: Sequence[str], port: int, own: Sequence[str]) -> bool:
    """Whether one of these addresses is one of our own listeners (texts such as `0.0.0.0:8000`)."""
    for text in own:
        try:
            mine = Address.parse(text)
        except OptionError:
            continue
        if mine.is_unix or mine.port != port:
            continue
        for host in hosts:
            if host == mine.host or (_is_local(host) and (mine.host == "localhost" or _is_any(mine.host))):
                return True
    return False


def _is_local(host: str) -> bool:
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return ip.is_loopback or ip.is_unspecified


def _is_any(host: str) -> bool:
    return host in ("0.0.0.0", "::", "*")  # noqa: S104 - compared, not bound


async def _read(reader: asyncio.StreamReader, seconds: float) -> bytes:
    """The first bytes that come within `seconds`, or nothing."""
    try:
        async with asyncio.timeout(seconds):
            return await reader.read(4096)
    except (TimeoutError, OSError):
        return b""


async def _closed(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        await writer.wait_closed()


async def probe(backend: str, protocol: str, own: Sequence[str], clock: Clock) -> ProbeResult:
    """Say what speaks at `backend` (see `Engine.probe`)."""
    return await Probe(backend, protocol, own, clock).run()
