"""The server's greeting and the client's login, as far as framing needs them.

Source: MySQL source documentation, page_protocol_connection_phase_packets_protocol_handshake_v10 and
..._handshake_response; MariaDB knowledge base, "Connecting".
"""

from __future__ import annotations

from vaurien_core.frozen import dataclass
from vaurien_core.protocols.mysql.constants import Cap

GREETING_MAX = 1024
"""Bytes; real ones have about a hundred."""
SSL_REQUEST_SIZE = 32
_VERSION_10 = 10
_BEHIND_VERSION = 4 + 8 + 1
"""Bytes between the version and the flags: thread id, the scramble's first part, a zero."""
_UPPER = 2 + 1 + 2


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a greeting says."""

    version: str
    capabilities: int

    @property
    def mariadb(self) -> bool:
        """Whether MariaDB speaks."""
        return "mariadb" in self.version.lower() or not self.capabilities & Cap.LONG_PASSWORD


def read_greeting(payload: bytes) -> Greeting | None:
    """The greeting in a packet; None: it is none of protocol 10."""
    end = payload.find(b"\0", 1)
    if not payload or payload[0] != _VERSION_10 or end < 0:
        return None
    at = end + 1 + _BEHIND_VERSION
    lower = payload[at : at + 2]
    upper = payload[at + _UPPER : at + _UPPER + 2]
    if len(lower) < 2:
        return None
    flags = int.from_bytes(lower, "little") | int.from_bytes(upper, "little") << 16
    if not flags & Cap.LONG_PASSWORD:
        more = at + _UPPER + 2 + 1 + 6
        flags |= int.from_bytes(payload[more : more + 4], "little") << 32
    return Greeting(payload[1:end].decode("latin-1"), flags)


def read_login(payload: bytes, greeting: Greeting) -> int:
    """The capabilities that a login settles on."""
    flags = int.from_bytes(payload[:4], "little")
    if not flags & Cap.PROTOCOL_41:
        return flags & 0xFFFF & greeting.capabilities
    if not flags & Cap.LONG_PASSWORD or greeting.mariadb:
        flags |= int.from_bytes(payload[28:32], "little") << 32
    return flags & greeting.capabilities


def login_user(payload: bytes) -> str:
    """Who logs in; for the words of errors that name them."""
    return payload[32:].partition(b"\0")[0][:64].decode("utf-8", "replace")


def offering(payload: bytes, *, on: int = 0, off: int = 0) -> bytes:
    """A greeting that offers the capabilities `on` and not those of `off`: the same length, nothing else changed.

    What is no greeting stays as it is.
    """
    if read_greeting(payload) is None:
        return payload
    at = payload.index(b"\0", 1) + 1 + _BEHIND_VERSION
    out = bytearray(payload)
    for place, shift in ((at, 0), (at + _UPPER, 16)):
        if len(out) >= place + 2:
            said = int.from_bytes(out[place : place + 2], "little")
            said = (said | on >> shift & 0xFFFF) & ~(off >> shift & 0xFFFF)
            out[place : place + 2] = said.to_bytes(2, "little")
    return bytes(out)
