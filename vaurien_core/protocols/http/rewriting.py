"""A header section changed line by line as it passes: base of what `http` does to requests and to answers.

Bytes of the section come in as they were read; the same bytes go out, less what a subclass puts in a line's place.
"""

from __future__ import annotations

LINE_MAX = 8192
"""Bytes of an incomplete header line that are held back; longer lines pass as they are."""


class HeadRewriter:
    """One section, from behind its start line to its empty line."""

    __slots__ = ("_held", "_long")

    def __init__(self) -> None:
        self._held = b""
        self._long = False

    def feed(self, data: bytes) -> bytes:
        """A part of the section; returns what goes on in its place."""
        lines = (self._held + data).split(b"\n")
        out = [self._complete(line + b"\n") for line in lines[:-1]]
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

    def line(self, line: bytes) -> bytes:
        """What goes out for a complete line; its line end belongs to it."""
        raise NotImplementedError

    def passed(self) -> None:
        """A line beyond all bounds went by as it was."""

    def _complete(self, line: bytes) -> bytes:
        if not self._long:
            return self.line(line)
        self._long = False
        self.passed()
        return line
