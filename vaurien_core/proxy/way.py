"""One direction of an express lane: from the socket that it reads straight to the other, with one copy or none.

Reads go into one buffer that all share, and from there to the kernel; only what a socket didn't take is kept. After
four large reads in a row the bytes move by splice(2) through a pipe, after eight small moves they are read again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from vaurien_core.proxy.bulk import prepare
from vaurien_core.proxy.pipes import SIZE, Pipe
from vaurien_core.proxy.watch import READ, WRITE

if TYPE_CHECKING:
    from vaurien_core.proxy.lane import Lane
    from vaurien_core.proxy.reactor_port import ReactorPort

LARGE, LARGE_READS = 64 * 1024, 4
SMALL, SMALL_MOVES = 16 * 1024, 8
_FLAGS = 3
"""SPLICE_F_MOVE | SPLICE_F_NONBLOCK."""
_SPLICE = getattr(os, "splice", None)
_SHARED = bytearray(256 * 1024)
_VIEW = memoryview(_SHARED)


class Way:
    """See the module. Owned by its lane; watches the socket that it reads, for the other direction too."""

    __slots__ = (
        "_heard", "_lane", "_large", "_pipe", "_recv_into", "_said", "_send", "_small", "_splices",
        "blocked", "inside", "kept", "mask", "other", "sink", "source", "upstream",
    )  # fmt: skip

    def __init__(self, lane: Lane, source: ReactorPort, sink: ReactorPort, *, upstream: bool) -> None:
        self._lane, self.source, self.sink, self.upstream = lane, source, sink, upstream
        self._recv_into, self._send = source.sock.recv_into, sink.sock.send
        self._heard, self._said = source.tally, sink.tally
        self._large = self._small = 0
        self._splices = self.blocked = False
        self._pipe: Pipe | None = None
        self.inside = 0
        """Bytes in the pipe."""
        self.kept: memoryview | None = None
        """Bytes that the socket didn't take."""
        self.mask = 0
        self.other: Way = self

    def ready(self, mask: int) -> None:
        """The socket that is read here can be read, or written for the other direction, or has failed."""
        if mask & ~WRITE and self.mask & READ:
            if self._splices:
                self._move()
            else:
                self._read()
        if mask & ~READ and self.mask & WRITE:
            self.other._flush()

    def watch(self) -> None:
        """Watch for what is needed now."""
        mask = (0 if self.blocked else READ) | (WRITE if self.other.blocked else 0)
        before = self.mask
        if mask != before:
            self.mask = mask
            self.source.watch.change(self.source.sock.fileno(), self, before, mask)

    def unwatch(self) -> None:
        """Watch no more."""
        if self.mask:
            self.source.watch.change(self.source.sock.fileno(), self, self.mask, 0)
            self.mask = 0

    def rest(self) -> bytes:
        """What was read and not sent; it is not kept here any more."""
        data = bytes(self.kept) if self.kept is not None else b""
        self.kept = None
        if self._pipe is not None:
            while self.inside:
                part = os.read(self._pipe[0], self.inside)
                self.inside -= len(part)
                data += part
            self._give()
        return data

    def _read(self) -> None:
        try:
            size = self._recv_into(_SHARED)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lane.leave(broken=self.source, error=error)
            return
        if not size:
            self._lane.leave()
            return
        self._heard.read += size
        lane = self._lane
        if self.upstream:
            if lane.unheard:
                data = bytes(_VIEW[:size])
                lane.leave()
                lane.conn.client_received(data)
                return
            lane.asked(size)
        try:
            sent = self._send(_VIEW[:size])
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self.kept = memoryview(bytes(_VIEW[:size]))
            lane.leave()  # the port meets the same error, and tells it
            return
        self._said.written += sent
        if not self.upstream:
            lane.answered(size)
        if sent < size:
            self.kept = memoryview(bytes(_VIEW[sent:size]))
            self._block()
        if size < LARGE:
            self._large = 0
        else:
            self._large += 1
            if self._large >= LARGE_READS and _SPLICE is not None:
                self._splices, self._large, self._small = True, 0, 0
                prepare(self.source.sock, self.sink.sock)

    def _move(self) -> None:
        if self._pipe is None:
            self._pipe = self._lane.pipes.borrow()
        pipe, lane = self._pipe, self._lane
        assert _SPLICE is not None
        if pipe is None:
            self._splices = False
            self._read()
            return
        try:
            size = _SPLICE(self.source.sock.fileno(), pipe[1], SIZE, flags=_FLAGS)
        except (BlockingIOError, InterruptedError):
            self._give()
            return
        except OSError as error:
            lane.leave(broken=self.source, error=error)
            return
        if not size:
            lane.leave()
            return
        self._heard.read += size
        if self.upstream:
            lane.asked(size)
        self.inside = size
        try:
            sent = _SPLICE(pipe[0], self.sink.sock.fileno(), size, flags=_FLAGS)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            lane.leave()
            return
        self.inside -= sent
        self._said.written += sent
        if not self.upstream:
            lane.answered(size)
        if self.inside:
            self._block()
            return
        self._give()
        if size >= SMALL:
            self._small = 0
        else:
            self._small += 1
            if self._small >= SMALL_MOVES:
                self._splices = False

    def _flush(self) -> None:
        """The other socket can take more."""
        try:
            if self.kept is not None:
                sent = self._send(self.kept)
                self.kept = self.kept[sent:] if sent < len(self.kept) else None
            else:
                assert _SPLICE is not None and self._pipe is not None
                sent = _SPLICE(self._pipe[0], self.sink.sock.fileno(), self.inside, flags=_FLAGS)
                self.inside -= sent
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._lane.leave()
            return
        self._said.written += sent
        if self.kept is None and not self.inside:
            self._give()
            self.blocked = False
            self.watch()
            self.other.watch()

    def _block(self) -> None:
        self.blocked = True
        self.watch()
        self.other.watch()

    def _give(self) -> None:
        if self._pipe is not None:
            self._lane.pipes.give(self._pipe)
            self._pipe = None
