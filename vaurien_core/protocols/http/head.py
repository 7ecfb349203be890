"""Header and trailer sections, scanned line by line as they pass (RFC 9112 section 5).

Only the values that decide about framing are kept, bounded; 10 MB of other headers take no memory. Bare LF, odd
spelling and obs-fold are read as lenient peers read them.
"""

from __future__ import annotations

FRAMING = frozenset({b"content-length", b"transfer-encoding"})
WANTED = FRAMING | {b"connection", b"upgrade", b"expect"}
LINE_MAX = 8192
"""Bytes of one line that are looked at when it comes in parts."""
KEPT_MAX = 65536
"""Bytes of wanted values that are kept."""
_INITIALS = frozenset(b"cCtTuUeE \t")
_VALUE_COST = 16


class HeadScanner:
    """One section, from behind its start line to its empty line.

    Attributes:
        done: the empty line has been seen.
        broken: a value that decides about framing was too long to keep.
    """

    __slots__ = ("_kept", "_last", "_line", "_values", "broken", "done")

    def __init__(self) -> None:
        self.done = False
        self.broken = False
        self._values: dict[bytes, list[bytes]] = {}
        self._last = b""
        self._line = bytearray()
        self._kept = 0

    def feed(self, data: bytes, pos: int) -> int:
        """Scan from `pos`; returns where the section ends, or the end of `data`."""
        end = len(data)
        while pos < end:
            newline = data.find(b"\n", pos)
            if newline < 0:
                self._line += data[pos : pos + LINE_MAX - len(self._line)]
                return end
            if self._line:
                self._line += data[pos : pos + max(0, min(newline + 1 - pos, LINE_MAX - len(self._line)))]
                line = bytes(self._line)
                self._line.clear()
            else:
                line = data[pos : min(newline + 1, pos + LINE_MAX)]
            pos = newline + 1
            if line == b"\r\n" or line == b"\n":
                self.done = True
                return pos
            if line[0] in _INITIALS:
                self._field(line)
            else:
                self._last = b""
        return pos

    def _field(self, line: bytes) -> None:
        cut = len(line) >= LINE_MAX
        if line[0] in b" \t":
            if self._last:
                name, self._last = self._last, b""
                self._keep(name, self._values[name].pop() + b" " + line.strip(), cut)
            return
        self._last = b""
        name, colon, value = line.partition(b":")
        name = name.strip().lower()
        if colon and name in WANTED:
            self._keep(name, value.strip(), cut)

    def _keep(self, name: bytes, value: bytes, cut: bool) -> None:
        values = self._values.setdefault(name, [])
        self._kept += len(value) + _VALUE_COST
        if cut or self._kept > KEPT_MAX:
            self.broken = self.broken or name in FRAMING
            return
        values.append(value)
        self._last = name

    def items(self, name: bytes) -> list[bytes]:
        """The comma-separated items of a header, lower case, over all its lines (RFC 9110 section 5.6.1)."""
        lines = self._values.get(name)
        if lines is None:
            return []
        return [item for value in lines for part in value.split(b",") if (item := part.strip().lower())]


NOTHING_SAID = HeadScanner()
"""A head that is over and had nothing in it that is kept."""
NOTHING_SAID.done = True
