"""One line at a time, held back until its end is there."""

from __future__ import annotations

HELD_MAX = 65536
"""Bytes of a line that are held back."""


class LineHold:
    """Collects lines.

    Attributes:
        over: what was collected is longer than any line may be; the caller takes it with `release`.
    """

    __slots__ = ("_held", "over")

    def __init__(self) -> None:
        self._held = bytearray()
        self.over = False

    @property
    def empty(self) -> bool:
        """Nothing is held back."""
        return not self._held

    def feed(self, data: bytes, pos: int) -> tuple[bytes | None, int]:
        """Collect from `pos`; returns the line with its end once it is complete, and where what was taken ends."""
        newline = data.find(b"\n", pos)
        end = newline + 1 if newline >= 0 else len(data)
        room = HELD_MAX - len(self._held)
        if end - pos > room:
            self._held += data[pos : pos + room]
            self.over = True
            return None, pos + room
        if newline < 0:
            self._held += data[pos:]
            return None, end
        if not self._held:
            return data[pos:end], end
        self._held += data[pos:end]
        return self.release(), end

    def release(self) -> bytes:
        """What was collected, and begin anew."""
        held = bytes(self._held)
        self._held.clear()
        self.over = False
        return held
