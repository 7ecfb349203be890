"""Where a message ends: at a line that is a dot, and nowhere else (RFC 5321 section 4.1.1.4). Nothing is kept."""

from __future__ import annotations

from typing import Protocol

_END = b"\r\n.\r\n"


class Content(Protocol):
    """What follows a command, under way.

    Attributes:
        done: its last byte has been seen.
    """

    done: bool

    def feed(self, data: bytes, pos: int) -> int:
        """Scan from `pos`; returns where it ends, or the end of `data`."""
        ...


class Dotted:
    """The content behind DATA; lines that begin with a dot carry a second one."""

    __slots__ = ("_tail", "done")

    def __init__(self) -> None:
        self._tail = b"\r\n"
        self.done = False

    def feed(self, data: bytes, pos: int) -> int:
        """See `Content`."""
        keep = len(_END) - 1
        border = self._tail + data[pos : pos + keep]
        at = border.find(_END)
        end = pos + at + len(_END) - len(self._tail) if at >= 0 else -1
        if end < 0:
            at = data.find(_END, pos)
            end = at + len(_END) if at >= 0 else -1
        if end >= 0:
            self.done = True
            return end
        self._tail = (data[max(pos, len(data) - keep) :] if len(data) - pos >= keep else self._tail + data[pos:])[
            -keep:
        ]
        return len(data)


class Chunk:
    """The octets of a BDAT (RFC 3030 section 2)."""

    __slots__ = ("_left", "done")

    def __init__(self, size: int) -> None:
        self._left = size
        self.done = not size

    def feed(self, data: bytes, pos: int) -> int:
        """See `Content`."""
        step = min(self._left, len(data) - pos)
        self._left -= step
        self.done = not self._left
        return pos + step
