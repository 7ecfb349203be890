"""The login on either side of a proxy, where that side turns to TLS or is kept from it.

A client that wants TLS answers the greeting with an SSLRequest: the first 32 bytes of its login, then TLS begins, and
the login follows with the next sequence number. So where one side upgrades, its numbers run one ahead until the login
is over. The framer between the sides sees the plain conversation: no SSLRequest, no CLIENT_SSL in the login.

Source: MySQL source documentation, page_protocol_connection_phase ("SSL Handshake") and
page_protocol_connection_phase_packets_protocol_ssl_request; MariaDB knowledge base, "Connecting".
"""

from __future__ import annotations

from collections.abc import Iterator

from vaurien_core.protocols.mysql.constants import Cap
from vaurien_core.protocols.mysql.greeting import SSL_REQUEST_SIZE, offering, read_greeting
from vaurien_core.protocols.negotiation import Act, Deliver, Fail, Notice, Secure, Send

HEADER = 4
_OK, _ERR = b"\x00", b"\xff"
_FULL_LOGIN = b"\x01\x04"
"""caching_sha2_password: the server wants the password itself."""
_SHA256 = b"\xfesha256_password\0"
"""A switch to the other method that sends it."""


class _Packets:
    """The packets of one direction as they become complete."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Sequence number and payload of each; stop early and `rest` has what follows."""
        self._held += data
        while len(self._held) >= HEADER:
            end = HEADER + int.from_bytes(self._held[:3], "little")
            if len(self._held) < end:
                return
            packet, self._held = self._held[:end], self._held[end:]
            yield packet[3], packet[HEADER:]

    @property
    def empty(self) -> bool:
        """Whether nothing is held."""
        return not self._held

    def rest(self) -> bytes:
        """What is held, which is none of its packets any more."""
        held, self._held = self._held, b""
        return held


def _packet(sequence: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([sequence & 0xFF]) + payload


def _flags(payload: bytes) -> int:
    return int.from_bytes(payload[:4], "little")


def _with_flags(payload: bytes, flags: int) -> bytes:
    return flags.to_bytes(4, "little") + payload[4:]


def _asks_for_tls(payload: bytes) -> bool:
    return len(payload) == SSL_REQUEST_SIZE and bool(_flags(payload) & Cap.SSL)


class ClientLogin:
    """The client's side: TLS is offered and ends here, or it isn't offered. See `protocols.negotiation`."""

    def __init__(self, *, offer: bool, backend_plain: bool) -> None:
        """Begin.

        Args:
            offer: TLS is offered whatever the backend does; otherwise it is not, whatever the backend does.
            backend_plain: the backend's side is no TLS, so a password in clear won't do there.
        """
        self.settled = False
        self.held = 0
        self._offer, self._backend_plain = offer, backend_plain
        self._up, self._down = _Packets(), _Packets()
        self._greeted = self._secure = self._warned = False
        self._shift = 0

    def sent(self, data: bytes) -> list[Act]:
        """Packets of the server, or ours in their place."""
        acts: list[Act] = []
        for sequence, payload in self._down.feed(data):
            if not self._greeted:
                self._greeted = True
                payload = offering(payload, on=Cap.SSL if self._offer else 0, off=0 if self._offer else Cap.SSL)
                self.settled = payload[:1] == _ERR or not self._offer
            else:
                acts += self._warn(payload)
                self.settled = payload[:1] in (_OK, _ERR) and self._up.empty
            acts.append(Send(_packet(sequence + self._shift, payload)))
            if self.settled:
                break
        if self.settled and (rest := self._down.rest()):
            acts.append(Send(rest))
        return acts

    def received(self, data: bytes) -> list[Act]:
        """Packets of the client."""
        acts: list[Act] = []
        for sequence, payload in self._up.feed(data):
            if not self._secure and self._greeted and _asks_for_tls(payload):
                self._secure, self._shift = True, 1
                return [*acts, Secure(self._up.rest())]
            if self._secure and self._shift and sequence == 2:
                payload = _with_flags(payload, _flags(payload) & ~Cap.SSL)
            acts.append(Deliver(_packet(sequence - self._shift, payload)))
            if not self._secure:  # a client that logs in without TLS: nothing is ours to change
                self.settled = True
                break
        if self.settled:
            acts += [Deliver(rest)] if (rest := self._up.rest()) else []
            acts += [Send(rest)] if (rest := self._down.rest()) else []
        return acts

    def secured(self) -> list[Act]:
        """The login follows by itself."""
        return []

    def ended(self) -> list[Act]:
        """The client sends no more."""
        rest = self._up.rest()
        return [Deliver(rest)] if rest else []

    def _warn(self, payload: bytes) -> list[Act]:
        """Say why a login is going to be refused: the client takes the channel for a safe one, the server doesn't."""
        if self._warned or not (self._secure and self._backend_plain):
            return []
        if payload != _FULL_LOGIN and not payload.startswith(_SHA256):
            return []
        self._warned = True
        return [
            Notice(
                "The client sends its password over TLS, which ends here, and the backend's side is plain text: MySQL "
                "refuses such a login by caching_sha2_password or sha256_password. Use backend_tls = starttls."
            )
        ]


class BackendLogin:
    """The backend's side: we ask it for TLS before the login of a client. See `protocols.negotiation`."""

    def __init__(self) -> None:
        self.settled = False
        self.held = 0
        self._up, self._down = _Packets(), _Packets()
        self._greeted = False
        self._shift = 0
        self._waiting: list[bytes] = []

    def received(self, data: bytes) -> list[Act]:
        """Packets of the server."""
        acts: list[Act] = []
        for sequence, payload in self._down.feed(data):
            if not self._greeted:
                self._greeted = True
                greeting = read_greeting(payload)
                self.settled = payload[:1] == _ERR
                if greeting is not None and not greeting.capabilities & Cap.SSL:
                    return [Fail("The backend offers no TLS (no CLIENT_SSL in its greeting); use backend_tls = off.")]
            else:
                self.settled = payload[:1] in (_OK, _ERR)
            acts.append(Deliver(_packet(sequence - self._shift, payload)))
            if self.settled:
                break
        if self.settled and (rest := self._down.rest()):
            acts.append(Deliver(rest))
        return acts

    def sent(self, data: bytes) -> list[Act]:
        """Packets of the client."""
        if self._waiting:
            return self._wait(data)
        acts: list[Act] = []
        for sequence, payload in self._up.feed(data):
            if self._shift:
                acts.append(Send(_packet(sequence + self._shift, payload)))
                continue
            if _asks_for_tls(payload):  # a client that is passed through does it itself
                self.settled = True
                return [Send(_packet(sequence, payload) + self._up.rest())]
            if len(payload) < SSL_REQUEST_SIZE:
                return [Fail("The client logs in by the protocol before MySQL 4.1, which can't turn to TLS here.")]
            login = _with_flags(payload, _flags(payload) | Cap.SSL)
            self._shift = 1
            self._wait(_packet(sequence + 1, login))
            self._wait(self._up.rest())
            return [Send(_packet(sequence, login[:SSL_REQUEST_SIZE])), Secure()]
        return acts

    def secured(self) -> list[Act]:
        """The login may leave."""
        login, later = self._waiting[0], b"".join(self._waiting[1:])
        self._waiting, self.held = [], 0
        return [Send(login), *self.sent(later)]

    def ended(self) -> list[Act]:
        """The server sends no more."""
        rest = self._down.rest()
        return [Deliver(rest)] if rest else []

    def _wait(self, data: bytes) -> list[Act]:
        if data:
            self._waiting.append(data)
            self.held += len(data)
        return []
