"""Start lines: held back until they are complete, given up as soon as they can't be HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable

from vaurien_core.frozen import dataclass

HELD_MAX = 65536
"""Bytes of an incomplete start line (and empty lines before it) that are held back at most."""
LOOK = 64
"""Bytes of an incomplete line after which it is only waited for."""
# a token (RFC 9110 section 5.6.2), then no control characters
_REQUEST_BEGIN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?:[ \t][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*)?")
_VERSION = re.compile(rb"HTTP/(1\.[0-9])", re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/(1\.[0-9])[ \t]+([1-9][0-9][0-9])(?:[ \t\r\n]|$)", re.IGNORECASE)
_TLS_HANDSHAKE = b"\x16"  # RFC 8446 section 5.1


@dataclass(frozen=True, slots=True)
class RequestLine:
    """`GET /path HTTP/1.1`, as sent."""

    method: str
    target: bytes
    version: str


def read_request_line(line: bytes) -> RequestLine | str:
    """A complete request line without its line end; or why it is none."""
    words = line.split()
    if len(words) < 3:
        return "HTTP/0.9" if len(words) == 2 and words[0] == b"GET" else "not HTTP"
    version = _VERSION.fullmatch(words[-1])
    if version is None:
        return "HTTP/2" if words[-1] == b"HTTP/2.0" else "not HTTP"
    target = line.strip()[len(words[0]) : -len(words[-1])].strip()
    return RequestLine(words[0].decode("ascii", "replace"), target, version[1].decode("ascii"))


def read_status_line(line: bytes) -> tuple[str, int] | None:
    """Version and status of a complete status line; None: it is none."""
    found = _STATUS.match(line)
    return (found[1].decode("ascii"), int(found[2])) if found else None


def refuse_request(line: bytes) -> str:
    """Why this beginning of a line can't become a request line; "" while it can."""
    if line[:1] == _TLS_HANDSHAKE:
        return "TLS"
    return "" if _REQUEST_BEGIN.fullmatch(line) else "not HTTP"


def refuse_status(line: bytes) -> str:
    """Why this beginning of a line can't become a status line; "" while it can."""
    return "" if line[:5].upper() == b"HTTP/"[: len(line)] else "not HTTP"


class StartLine:
    """Collects one start line and the empty lines before it (RFC 9112 section 2.2).

    Attributes:
        refused: "" or why what was collected is no start line; the caller takes it with `release`.
    """

    __slots__ = ("_blank", "_held", "_refuse", "refused")

    def __init__(self, refuse: Callable[[bytes], str]) -> None:
        self._refuse = refuse
        self._held = bytearray()
        self._blank = 0
        self.refused = ""

    @property
    def empty(self) -> bool:
        """Nothing is held."""
        return not self._held

    def feed(self, data: bytes, pos: int) -> tuple[bytes | None, int]:
        """Collect from `pos`; returns the line without its end once it is complete, and where what was taken ends."""
        while pos < len(data):
            newline = data.find(b"\n", pos)
            if newline > pos + 1 and not self._held and newline - pos < HELD_MAX:  # the common case, in fewer steps
                bare = data[pos:newline].rstrip(b"\r")
                if bare:
                    self._held += data[pos : newline + 1]
                    self.refused = self._refuse(bare[:LOOK])
                    return (None if self.refused else bare), newline + 1
            end = newline + 1 if newline >= 0 else len(data)
            seen = len(self._held) - self._blank
            self._held += data[pos:end]
            pos = end
            begin = bytes(self._held[self._blank : self._blank + LOOK])
            if not begin.strip(b"\r\n"):
                if newline >= 0 and len(self._held) - self._blank <= LOOK:
                    self._blank = len(self._held)
            elif seen < LOOK:
                self.refused = self._refuse(begin.rstrip(b"\r\n"))
            if len(self._held) > HELD_MAX:
                self.refused = self.refused or "a start line beyond all bounds"
            if self.refused:
                break
            if newline >= 0 and self._blank < len(self._held):
                return bytes(self._held[self._blank :]).rstrip(b"\r\n"), pos
        return None, pos

    def release(self) -> bytes:
        """What was collected, and begin anew."""
        held = bytes(self._held)
        self._held.clear()
        self._blank = 0
        return held
