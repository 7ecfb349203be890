"""The Host header of requests: another value for it (`overwrite_host_header`), and what the client called us."""

from __future__ import annotations

import re

from vaurien_core.protocols.http.rewriting import HeadRewriter

_HOST = re.compile(rb"(host)[ \t]*:", re.IGNORECASE)


class HostRewriter(HeadRewriter):
    """Rewrites one request's header section as it passes.

    Attributes:
        seen: the value that the client sent; "" before it has.
    """

    __slots__ = ("_host", "_in_host", "seen")

    def __init__(self, host: bytes) -> None:
        """Begin behind the start line; `host` is the value to write, or nothing: the header is only looked at."""
        super().__init__()
        self._host = host
        self._in_host = False
        self.seen = b""

    def line(self, line: bytes) -> bytes:
        """The same line, or another Host."""
        if self._in_host and line[:1] in (b" ", b"\t"):
            return b"" if self._host else line
        found = _HOST.match(line)
        self._in_host = found is not None
        if found is None:
            return line
        self.seen = self.seen or line[found.end() :].strip()
        if not self._host:
            return line
        return found[1] + b": " + self._host + (b"\r\n" if line.endswith(b"\r\n") else b"\n")

    def passed(self) -> None:
        """A line that was too long is no Host."""
        self._in_host = False
