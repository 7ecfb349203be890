"""`overwrite_host_header`: another value for the Host header, on the way."""

from __future__ import annotations

import re

LINE_MAX = 8192
"""Bytes of an incomplete header line that are held back; longer lines pass as they are."""
_HOST = re.compile(rb"(host)[ \t]*:", re.IGNORECASE)


class HostRewriter:
    """Rewrites one request's header section as it passes."""

    __slots__ = ("_held", "_host", "_in_host", "_long")

    def __init__(self, host: bytes) -> None:
        """Begin behind the start line; `host` is the value to write."""
        self._host = host
        self._held = b""
        self._long = False
        self._in_host = False

    def feed(self, data: bytes) -> bytes:
        """A part of the section; returns what goes on in its place."""
        lines = (self._held + data).split(b"\n")
        out = [self._line(line + b"\n") for line in lines[:-1]]
        self._held = lines[-1]
        if len(self._held) > LINE_MAX:
            out.append(self._held)
            self._held = b""
            self._long = True
        return b"".join(out)

    def release(self) -> bytes:
        """What is held back."""
        held, self._held = self._held, b""
        return held

    def _line(self, line: bytes) -> bytes:
        if self._long:
            self._long = self._in_host = False
            return line
        if self._in_host and line[:1] in (b" ", b"\t"):
            return b""
        found = _HOST.match(line)
        self._in_host = found is not None
        if found is None:
            return line
        return found[1] + b": " + self._host + (b"\r\n" if line.endswith(b"\r\n") else b"\n")
