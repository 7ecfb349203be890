"""The probe: what answers at a backend's address, in steps of at most 2 s each: dns, connect, (tls,) handshake.

Called by the engine for the window's Probe button and `vaurienctl`. Credentials are never sent. For `tcp` nothing is
sent but, on a connection of its own, a TLS hello; so also where a server doesn't say a word in plain text.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

from vaurien_core.addresses import Address
from vaurien_core.clock import Clock
from vaurien_core.engine.dialogues import GREETING_S, ask_for_tls, listen, more, options, stranger
from vaurien_core.engine.greetings import TITLES, Spoken, http_status, recognise
from vaurien_core.engine.loop_check import is_loop
from vaurien_core.engine.wires import TlsWire, Wire
from vaurien_core.errors import OptionError
from vaurien_core.frozen import dataclass
from vaurien_core.model.events import ProbeResult, ProbeStep
from vaurien_core.model.profile import ProxySpec
from vaurien_core.protocols.http.own_address import backend_authority
from vaurien_core.proxy.tls.contexts import dialling

STEP_S = 2.0
"""Budget of each step."""
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class ProbeTls:
    """How a proxy goes to its backend; fields as of `ProxySpec`."""

    backend_tls: str = ""
    backend_verify: str = "yes"
    backend_name: str = ""
    tls_port: int = 0
    """Where `backend_tls` unset means on."""
    folder: Path | None = None
    """Of the profile, where `backend_verify` is looked for."""

    def context(self, protocol: str) -> ssl.SSLContext:
        """A context that verifies as the data plane's does. Reads files.

        Raises:
            OptionError: the file of authorities can't be used.
        """
        context = dialling(ProxySpec("", backend_verify=self.backend_verify), self.folder)
        if protocol == "http":
            context.set_alpn_protocols(["http/1.1"])
        return context


class _Ended(Exception):  # noqa: N818 - not an error: the way to the verdict
    """The probe has come to its verdict."""

    def __init__(self, verdict: str, message: str, speaks: str = "") -> None:
        super().__init__(message)
        self.verdict, self.message, self.speaks = verdict, message, speaks


class Probe:
    """One probe of one address; made per call, closes its connections itself."""

    def __init__(self, backend: str, protocol: str, own: Sequence[str], clock: Clock, tls: ProbeTls) -> None:
        self._backend, self._protocol, self._own, self._clock, self._tls = backend, protocol, own, clock, tls
        self._steps: list[ProbeStep] = []
        self._wires: list[Wire] = []
        self._target = ""
        self._ms = 0.0

    async def run(self) -> ProbeResult:
        """The verdict; never raises for what it finds."""
        try:
            address = self._parse()
            targets = await self._resolve(address)
            wire = await self._connect(address, targets)
            await self._speak(address, wire)
        except _Ended as end:
            return ProbeResult(end.verdict, end.message, end.speaks, self._ms, tuple(self._steps))
        finally:
            await asyncio.gather(*(wire.close() for wire in self._wires))
        return ProbeResult("ok", self._reached, "", self._ms, tuple(self._steps))

    @property
    def _reached(self) -> str:
        return f"Reachable in {self._ms:.1f} ms"

    def _parse(self) -> Address:
        try:
            address = Address.parse(self._backend, name="backend")
        except OptionError as error:
            raise _Ended("invalid", str(error)) from None
        if not address.is_unix and not address.port:
            raise _Ended("invalid", f"backend: expected a port within 1..65535, got {self._backend!r}.")
        return address

    # -- dns

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

    # -- connect

    async def _connect(self, address: Address, targets: Sequence[str]) -> Wire:
        begun = self._clock.now()
        number = errno.ECONNREFUSED
        try:
            async with asyncio.timeout(STEP_S):
                for target in targets:
                    try:
                        wire = await self._open(address, target)
                    except OSError as error:
                        number = error.errno or number
                        continue
                    self._ms = self._step("connect", True, begun, target)
                    self._target = target
                    return wire
        except TimeoutError:
            self._step("connect", False, begun, "timeout")
            raise _Ended("timeout", f"No connection to {address} within {STEP_S:g} s.") from None
        problem = os.strerror(number)
        self._step("connect", False, begun, problem)
        if number == errno.ECONNREFUSED:
            raise _Ended("refused", f"Connection refused at {address}.")
        raise _Ended("refused", f"No connection to {address}: {problem.lower()}.")

    async def _open(self, address: Address, target: str) -> Wire:
        if address.is_unix:
            stream = await asyncio.open_unix_connection(target)
        else:
            stream = await asyncio.open_connection(target, address.port)
        wire = Wire(*stream)
        self._wires.append(wire)
        return wire

    async def _again(self, address: Address) -> Wire | None:
        """A further connection for a further question; None: it doesn't come."""
        try:
            async with asyncio.timeout(STEP_S):
                return await self._open(address, self._target)
        except (OSError, TimeoutError):
            return None

    # -- tls

    async def _speak(self, address: Address, wire: Wire) -> None:
        mode = self._tls.backend_tls
        if not mode and self._tls.tls_port and self._tls.tls_port == address.port:
            mode = "on"
        if mode == "on" or (mode == "starttls" and self._protocol in ("smtp", "mysql")):
            wire = await self._secured(address, wire, started=mode == "starttls")
        plain = not isinstance(wire, TlsWire)
        if self._protocol == "tcp":
            await self._tcp(address, wire, plain)
            return
        begun = self._clock.now()
        name = self._tls.backend_name
        host = name or "localhost" if address.is_unix else backend_authority(str(address), name).decode()
        if mode == "starttls" and not plain:  # its greeting came before TLS
            answer = b""
            spoken: Spoken | None = Spoken(self._protocol, TITLES[self._protocol])
        else:
            answer = await self._answer(address, wire, host, plain)
            spoken = recognise(answer)
        if plain and (spoken is None or spoken.protocol == "tls" or http_status(answer) == _BAD_REQUEST):
            await self._wants_tls(address)
        if spoken is not None and spoken.protocol == self._protocol:
            spoken = await more(wire, spoken, STEP_S)
        self._step("handshake", spoken is not None, begun, spoken.detail if spoken else "")
        self._judge(spoken, answered=bool(answer), ended=wire.ended, over=wire_version(wire))

    async def _answer(self, address: Address, wire: Wire, host: str, plain: bool) -> bytes:
        """The first bytes of the server; one that doesn't answer HEAD is asked for its options, then for anything."""
        answer = await listen(wire, self._protocol, host, STEP_S)
        if self._protocol != "http":
            return answer
        if not answer and (other := await self._again(address)) is not None:
            answer = await options(other if plain else await self._secured(address, other), host, STEP_S / 2)
        if not answer and plain and (other := await self._again(address)) is not None:
            answer = await stranger(other, STEP_S / 2)
        return answer

    async def _tcp(self, address: Address, wire: Wire, plain: bool) -> None:
        begun = self._clock.now()
        greeting = await wire.read(GREETING_S)
        spoken = recognise(greeting)
        if not greeting and plain and await self._tls_answers(address):
            self._step("handshake", True, begun, "TLS")
            raise _Ended("ok", f"{self._reached}, answers TLS", "tls")
        over = f" over {wire_version(wire)}" if not plain else ""
        raise _Ended("ok", f"{self._reached}{over}" + (f", speaks {spoken.detail}" if spoken else ""))

    async def _secured(self, address: Address, wire: Wire, *, started: bool = False) -> TlsWire:
        """TLS as a proxy would make it, or the verdict why not."""
        begun = self._clock.now()
        try:
            context = await asyncio.to_thread(self._tls.context, self._protocol)
        except OptionError as error:
            raise _Ended("invalid", str(error)) from None
        if started and (problem := await ask_for_tls(wire, self._protocol, STEP_S)):
            self._step("tls", False, begun, problem)
            raise _Ended("no-tls", f"{self._reached}, but no TLS: {problem}")
        name = self._tls.backend_name or address.host or "localhost"
        try:
            secure = TlsWire(wire, context, name)
            await secure.shake_hands(STEP_S)
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message or str(error)
            self._step("tls", False, begun, reason)
            raise _Ended(
                "untrusted", f"{self._reached}, but its certificate fails: {_sentence(reason)}", "tls"
            ) from None
        except TimeoutError:
            self._step("tls", False, begun, "timeout")
            raise _Ended("no-tls", f"{self._reached}, but no TLS answer within {STEP_S:g} s") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", "") or error.__class__.__name__
            self._step("tls", False, begun, reason)
            raise _Ended("no-tls", f"{self._reached}, but it doesn't speak TLS") from None
        self._step("tls", True, begun, secure.version)
        return secure

    async def _wants_tls(self, address: Address) -> None:
        if await self._tls_answers(address):
            raise _Ended("tls", "Reachable, but it wants TLS", "tls")

    async def _tls_answers(self, address: Address) -> bool:
        """Whether a TLS hello, on a connection of its own, is answered by TLS (also if only to refuse)."""
        wire = await self._again(address)
        if wire is None:
            return False
        begun = self._clock.now()
        try:
            secure = TlsWire(wire, await asyncio.to_thread(_UNVERIFIED.context, self._protocol), address.host)
            await secure.shake_hands(STEP_S)
        except ssl.SSLError as error:
            return "ALERT" in (error.reason or "")
        except (OSError, ValueError, TimeoutError):
            return False
        self._step("tls", True, begun, secure.version)
        return True

    # -- the verdict

    def _judge(self, spoken: Spoken | None, *, answered: bool, ended: bool, over: str) -> None:
        wanted = TITLES.get(self._protocol, self._protocol)
        if spoken is None:
            if answered:
                raise _Ended("wrong-protocol", f"{self._reached}, but what it says is not {wanted}")
            if self._protocol not in TITLES:
                raise _Ended("ok", self._reached)
            if ended:
                raise _Ended(
                    "wrong-protocol", f"{self._reached}, but it closes the connection without a word of {wanted}"
                )
            raise _Ended("timeout", f"{self._reached}, but no {wanted} answer within {STEP_S:g} s")
        if spoken.protocol == "tls":
            raise _Ended("tls", "Reachable, but it wants TLS", "tls")
        if spoken.protocol != self._protocol:
            raise _Ended("wrong-protocol", f"Reachable, but speaks {spoken.title}, not {wanted}", spoken.protocol)
        secured = f" over {over}" if over else ""
        raise _Ended("ok", f"{self._reached}, speaks {spoken.detail}{secured}", spoken.protocol)

    def _step(self, name: str, ok: bool, begun: float, detail: str) -> float:
        ms = round((self._clock.now() - begun) * 1000, 3)
        self._steps.append(ProbeStep(name, ok, ms, detail))
        return ms


def wire_version(wire: Wire) -> str:
    """`TLS 1.3`, or "" in plain text."""
    return wire.version.replace("TLSv", "TLS ") if isinstance(wire, TlsWire) else ""


_UNVERIFIED = ProbeTls(backend_verify="no")


def _sentence(reason: str) -> str:
    """OpenSSL's words within a sentence."""
    return reason[:1].lower() + reason[1:].rstrip(".")


async def probe(
    backend: str, protocol: str, own: Sequence[str], clock: Clock, tls: ProbeTls | None = None
) -> ProbeResult:
    """Say what speaks at `backend` (see `Engine.probe`)."""
    return await Probe(backend, protocol, own, clock, tls or ProbeTls()).run()
