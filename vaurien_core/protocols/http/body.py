"""Message bodies (RFC 9112 sections 6 and 7): where they end. Bytes are scanned, never kept."""

from __future__ import annotations

from typing import Protocol

from vaurien_core.protocols.http.head import HeadScanner

SIZE_MAX = 2**63 - 1
"""The largest length that a peer can mean."""
_HEX = {**{d: d - 48 for d in b"0123456789"}, **{d: d - 55 for d in b"ABCDEF"}, **{d: d - 87 for d in b"abcdef"}}


class Body(Protocol):
    """A body under way.

    Attributes:
        done: its last byte has been seen.
        broken: "" or why its end can't be known from here on.
        size: bytes of content so far.
    """

    done: bool
    broken: str
    size: int

    def feed(self, data: bytes, pos: int) -> int:
        """Scan from `pos`; returns where the body ends (or breaks), or the end of `data`."""
        ...


class LengthBody:
    """A body of `Content-Length` bytes; `left` of them are still to come."""

    __slots__ = ("broken", "done", "left", "size")

    def __init__(self, length: int) -> None:
        self.left = length
        self.done = not length
        self.broken = ""
        self.size = 0

    def feed(self, data: bytes, pos: int) -> int:
        """See `Body`."""
        step = min(self.left, len(data) - pos)
        self.left -= step
        self.size += step
        self.done = not self.left
        return pos + step


class UntilClose:
    """A body that runs until its sender closes."""

    __slots__ = ("broken", "done", "size")

    def __init__(self) -> None:
        self.done = False
        self.broken = ""
        self.size = 0

    def feed(self, data: bytes, pos: int) -> int:
        """See `Body`."""
        self.size += len(data) - pos
        return len(data)


class ChunkedBody:
    """A chunked body with its trailers. Bare LF and spaces behind the size are taken as lenient peers take them.

    Attributes:
        content_end: where the last byte of content ends in what was fed last; -1: there was none.
    """

    __slots__ = (
        "_behind_size",
        "_digits",
        "_left",
        "_return",
        "_stage",
        "_trailers",
        "broken",
        "content_end",
        "done",
        "size",
    )

    def __init__(self) -> None:
        self.done = False
        self.broken = ""
        self.size = 0
        self.content_end = -1
        self._stage = self._size_line
        self._left = 0
        self._digits = False
        self._behind_size = False
        self._return = False
        self._trailers = HeadScanner()

    def feed(self, data: bytes, pos: int) -> int:
        """See `Body`."""
        end = len(data)
        self.content_end = -1
        while pos < end and not self.done and not self.broken:
            pos = self._stage(data, pos)
        return pos

    def _size_line(self, data: bytes, pos: int) -> int:
        if not self._behind_size:
            while pos < len(data) and (digit := _HEX.get(data[pos])) is not None:
                self._left = self._left * 16 + digit
                self._digits = True
                if self._left > SIZE_MAX:
                    self.broken = "a chunk size beyond all bounds"
                    return pos
                pos += 1
            if pos == len(data):
                return pos
            if not self._digits or data[pos] not in b" \t;\r\n":
                self.broken = "a chunk size that is none"
                return pos
            self._behind_size = True
        newline = data.find(b"\n", pos)
        if newline < 0:
            return len(data)
        self._digits = self._behind_size = False
        self._stage = self._content if self._left else self._trailer
        return newline + 1

    def _content(self, data: bytes, pos: int) -> int:
        step = min(self._left, len(data) - pos)
        self._left -= step
        self.size += step
        self.content_end = pos + step
        if not self._left:
            self._stage = self._behind_content
        return self.content_end

    def _behind_content(self, data: bytes, pos: int) -> int:
        byte = data[pos]
        if byte == 13 and not self._return:
            self._return = True
        elif byte == 10:
            self._return = False
            self._stage = self._size_line
        else:
            self.broken = "a chunk longer than its size"
            return pos
        return pos + 1

    def _trailer(self, data: bytes, pos: int) -> int:
        pos = self._trailers.feed(data, pos)
        self.done = self._trailers.done
        return pos
