"""The head of a real answer as a value: read once it is complete, and written with other lines."""

from __future__ import annotations

import re

from vaurien_core.frozen import dataclass
from vaurien_core.protocols.http.body import Body
from vaurien_core.protocols.http.framing import body_of
from vaurien_core.protocols.http.head import HeadScanner
from vaurien_core.protocols.http.lines import read_status_line

_END = re.compile(rb"\n\r?\n")
_LINE = re.compile(rb"[^\n]*\n")
BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """Start line and header lines, each with its line end; folded lines belong to the one before (RFC 9112 5.2)."""

    start: bytes
    lines: tuple[bytes, ...]
    end: bytes
    """The empty line."""
    status: int
    version: str

    @property
    def data(self) -> bytes:
        """As on the wire."""
        return self.start + b"".join(self.lines) + self.end

    def body(self) -> Body:
        """The body that follows.

        Raises:
            UnknownFramingError: see `framing.body_of`.
        """
        scanner = HeadScanner()
        scanner.feed(b"".join(self.lines) + self.end, 0)
        return body_of(scanner, self.version, answer=True)

    def value(self, name: bytes) -> bytes:
        """The first value of a header (name in small letters), or b""."""
        return next((v for n, v in map(_field, self.lines) if n == name), b"")

    def without(self, name: bytes) -> AnswerHead:
        """The same, but for a header."""
        kept = tuple(line for line in self.lines if _field(line)[0] != name)
        return AnswerHead(self.start, kept, self.end, self.status, self.version)

    def with_line(self, line: bytes) -> AnswerHead:
        """The same with one more header line at its end, given without a line end."""
        end = b"\r\n" if self.start.endswith(b"\r\n") else b"\n"
        return AnswerHead(self.start, (*self.lines, line + end), self.end, self.status, self.version)


def read_head(data: bytes | bytearray) -> tuple[AnswerHead | None, int]:
    """The head that `data` begins with, and where it ends: None and 0 while it isn't complete, or if it is none."""
    found = _END.search(data)
    if found is None:
        return None, 0
    lines: list[bytes] = []
    for line in _LINE.findall(bytes(data[: found.end()])):
        if lines and line[:1] in (b" ", b"\t"):
            lines[-1] += line
        elif lines or line.strip():
            lines.append(line)
    if len(lines) < 2:
        return None, 0
    start = read_status_line(lines[0].rstrip(b"\r\n"))
    if start is None:
        return None, 0
    return AnswerHead(lines[0], tuple(lines[1:-1]), lines[-1], start[1], start[0]), found.end()


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip()
