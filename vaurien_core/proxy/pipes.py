"""Pipes through which bulk passes inside the kernel (splice(2)); kept for the next who needs one.

Borrowed by a `Way` for as long as bytes are in it, given back empty. At most so many at once: whoever gets none copies.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

if sys.platform != "win32":
    import fcntl

SIZE, SMALLER = 1 << 20, 256 * 1024
"""Bytes that are asked for; the kernel gives 64 KiB where it doesn't allow that (pipe(7), pipe-user-pages-soft)."""
LARGE, MOST = 16, 64
"""So many are large, so that those of 64 connections leave more than half of what a user's pipes may hold (64 MiB)."""
_SET_SIZE = 1031
"""F_SETPIPE_SZ (fcntl(2)); Python 3.11's fcntl module has no name for it on every build."""
Pipe = tuple[int, int]


class Pipes:
    """Owned by the network of a loop; `trim` closes what nobody uses."""

    __slots__ = ("_free", "_lent")

    def __init__(self) -> None:
        self._free: list[Pipe] = []
        self._lent = 0

    def borrow(self) -> Pipe | None:
        """An empty pipe; None: there is none to be had."""
        if self._free:
            self._lent += 1
            return self._free.pop()
        if self._lent >= MOST:
            return None
        try:
            pipe = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with suppress(OSError):  # it has its usual size then
            fcntl.fcntl(pipe[1], _SET_SIZE, SIZE if self._lent < LARGE else SMALLER)
        self._lent += 1
        return pipe

    def give(self, pipe: Pipe) -> None:
        """It is empty again."""
        self._lent -= 1
        self._free.append(pipe)

    def trim(self) -> None:
        """Close those that nobody uses."""
        while self._free:
            for fd in self._free.pop():
                os.close(fd)
