"""One answer of RESP2 or RESP3, however deep (redis.io, "RESP protocol specification"): scanned, never kept.

Attributes stand before what they belong to and don't count; nor does a push inside an aggregate, which is how a
server answers a transaction that publishes to its own client.
"""

from __future__ import annotations

import re

DEPTH_MAX = 1024
"""Aggregates within each other; clients give up long before."""
HEAD_MAX = 64
"""Bytes of a line that are remembered."""
_LINES = frozenset(b"+-:_,#(")
_BULKS = frozenset(b"$=!")
_AGGREGATES = frozenset(b"*~>%|")
_PAIRS = frozenset(b"%|")
_ATTRIBUTE = 0x7C
_PUSH = 0x3E
_LENGTH = re.compile(rb"-1|[0-9]{1,19}")


class Reply:
    """Scans one answer.

    Attributes:
        kind: its first byte, once that has come (of what attributes stand before, not theirs).
        head: the beginning of its first line, without the kind.
        first: the first member of an aggregate, where it is a short string; None: not known yet; empty: it isn't one.
        number: the last whole number among the members of an aggregate.
        done: its last byte has been seen.
        broken: "" or why its end can't be known.
    """

    __slots__ = (
        "_besides", "_head_done", "_line", "_long", "_skip", "_stack", "_taking", "broken", "done", "first", "head",
        "kind", "number",
    )  # fmt: skip

    def __init__(self) -> None:
        self.kind = b""
        self.head = b""
        self.first: bytes | None = None
        self.number = 0
        self.done = False
        self.broken = ""
        self._head_done = False
        self._line = bytearray()
        self._long = False
        self._skip = 0
        self._taking: bytearray | None = None
        self._stack: list[int] = []
        self._besides: list[int] = []

    @property
    def line_known(self) -> bool:
        """Whether `head` is all that will be known of the first line."""
        return self._head_done or len(self.head) >= HEAD_MAX - 1

    def feed(self, data: bytes, pos: int) -> int:
        """Scan from `pos`; returns where the answer ends (or breaks), or the end of `data`."""
        end = len(data)
        while pos < end and not self.done and not self.broken:
            if self._skip:
                step = min(self._skip, end - pos)
                if self._taking is not None:
                    self._taking += data[pos : pos + step]
                self._skip -= step
                pos += step
                if not self._skip:
                    self._bulk_end()
                continue
            newline = data.find(b"\n", pos)
            stop = newline + 1 if newline >= 0 else end
            if not self._long:
                self._line += data[pos : min(stop, pos + HEAD_MAX)]
                self._long = len(self._line) > HEAD_MAX or stop - pos > HEAD_MAX
                self._look(ended=newline >= 0)
            pos = stop
            if newline >= 0 and not self.broken:
                self._line_end()
        return pos

    def _look(self, *, ended: bool) -> None:
        """What can be told of a line under way."""
        kind = self._line[0]
        if kind not in _LINES and kind not in _BULKS and kind not in _AGGREGATES:
            self.broken = "an answer that is not Redis"
        elif self._long and kind not in _LINES:
            self.broken = "a length that is none"
        if not self._stack and not self._head_done and kind != _ATTRIBUTE:
            self.kind = bytes(self._line[:1])
            self.head = bytes(self._line[1:HEAD_MAX]).rstrip(b"\r\n")
            self._head_done = ended

    def _line_end(self) -> None:
        line, kind = bytes(self._line).rstrip(b"\r\n"), self._line[0]
        self._line.clear()
        self._long = False
        if kind in _LINES:
            if len(self._stack) == 1 and not self._besides:
                if kind == 58 and line[1:].lstrip(b"-").isdigit():
                    self.number = int(line[1:])
                self.first = b"" if self.first is None else self.first
            self._member_end()
            return
        if not _LENGTH.fullmatch(line, 1):
            self.broken = "a length that is none"
            return
        length = int(line[1:])
        if kind in _BULKS:
            if length < 0:
                self._bulk_end()
                return
            self._skip = length + 2
            if self.first is None and len(self._stack) == 1 and not self._besides and length <= HEAD_MAX:
                self._taking = bytearray()
            return
        if self._stack and len(self._stack) == 1 and not self._besides:
            self.first = b"" if self.first is None else self.first
        besides = kind == _ATTRIBUTE or (kind == _PUSH and bool(self._stack))
        if besides and length > 0:
            self._besides.append(len(self._stack))
        if length > 0:
            self._stack.append(length * 2 if kind in _PAIRS else length)
            if len(self._stack) > DEPTH_MAX:
                self.broken = "an answer nested beyond all bounds"
        elif not besides:
            self._member_end()

    def _bulk_end(self) -> None:
        if len(self._stack) == 1 and not self._besides and self.first is None:
            self.first = bytes(self._taking[:-2]) if self._taking is not None else b""
        self._taking = None
        self._member_end()

    def _member_end(self) -> None:
        """A value is complete, and perhaps what it was the last member of."""
        stack = self._stack
        while stack:
            stack[-1] -= 1
            if stack[-1]:
                return
            stack.pop()
            if self._besides and self._besides[-1] == len(stack):
                self._besides.pop()
                return
        self.done = True
