"""Ports on non-blocking sockets that are watched (`watch.Watch`), with nothing in between.

Runs on stock asyncio, uvloop and qasync. What is sent goes straight to the kernel; only what it doesn't take is queued.
"""

from __future__ import annotations

import socket
from collections import deque
from socket import SocketType

from vaurien_core.proxy import kernel_loss, sockets
from vaurien_core.proxy.counters import Tally
from vaurien_core.proxy.port import PortEvents
from vaurien_core.proxy.watch import READ, WRITE, Watch

READ_SMALL = 64 * 1024
READ_LARGE = 256 * 1024
_LAST_WORDS = 4
"""Reads of what a peer sent before it broke the connection."""


class ReactorPort:
    """One socket. See `port.Port`."""

    __slots__ = (
        "_backlog", "_ending", "_error", "_events", "_fd", "_lent", "_mask", "_queue", "_read_size", "_saw_end",
        "peer", "sock", "tally", "watch",
    )  # fmt: skip

    def __init__(self, watch: Watch, sock: SocketType, tally: Tally, peer: str | None = None) -> None:
        self.watch, self.sock, self.tally = watch, sock, tally
        self._fd = sock.fileno()
        self._events: PortEvents | None = None
        self._queue: deque[memoryview] | None = None
        self._backlog = 0
        self._read_size = READ_SMALL
        self._mask = 0
        self._lent = self._saw_end = self._ending = False
        self._error: OSError | None = None
        self.peer = sockets.peer_name(sock) if peer is None else peer

    @property
    def backlog(self) -> int:
        """Bytes that the kernel did not take yet."""
        return self._backlog

    @property
    def broken(self) -> bool:
        """Sending has failed, and the loss is still to be told."""
        return self._error is not None

    def start(self, events: PortEvents) -> None:
        """Begin to read."""
        self._events = events
        self.resume()

    def pause(self) -> None:
        """Stop reading."""
        if self._mask & READ:
            self._watch(self._mask & ~READ)

    def resume(self) -> None:
        """Read again."""
        if not (self._mask & READ or self._saw_end or self._lent) and self._fd >= 0 and self._events is not None:
            self._watch(self._mask | READ)

    def lend(self) -> None:
        """Somebody else reads and writes the socket, until it is given back; nothing may be queued."""
        self._lent = True
        self._watch(0)

    def take_back(self) -> None:
        """Read and write again."""
        self._lent = False
        self.resume()

    def heard_end(self) -> None:
        """Whoever had the socket before has read its end."""
        self._saw_end = True

    def lose(self, error: OSError) -> None:
        """Whoever it was lent to found it broken; it was taken back."""
        self._lose(error)

    def ready(self, mask: int) -> None:
        """The socket can be read or written, or has failed."""
        if mask & ~WRITE and self._mask & READ:
            self._readable()
        if mask & ~READ and self._mask & WRITE:
            self._writable()

    def _watch(self, mask: int) -> None:
        before = self._mask
        if mask != before:
            self._mask = mask
            self.watch.change(self._fd, self, before, mask)

    def send(self, data: bytes) -> int:
        """Send directly; the rest is queued."""
        if self._fd < 0 or self._error is not None:
            return 0
        if self._queue:
            self._queue.append(memoryview(data))
            self._backlog += len(data)
            return self._backlog
        try:
            sent = self.sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            self._broke(error)
            return 0
        self.tally.written += sent
        if sent < len(data):
            self._queue = deque((memoryview(data)[sent:],))
            self._backlog = len(data) - sent
            self._watch(self._mask | WRITE)
        return self._backlog

    def shutdown_write(self) -> None:
        """FIN after the backlog."""
        self._ending = True
        if not self._backlog and self._fd >= 0:
            try:
                self.sock.shutdown(socket.SHUT_WR)
            except OSError:
                return

    def close(self) -> None:
        """Discard what is readable and close."""
        if self._fd >= 0:
            if not self._saw_end:
                sockets.discard(self.sock)
            self._release()

    def abort(self, *, rst: bool) -> None:
        """Close at once."""
        if self._fd >= 0:
            if rst:
                sockets.reset_on_close(self.sock)
            self._release()

    def keep_alive(self) -> None:
        """TCP keepalive."""
        sockets.keep_alive(self.sock)

    def gone(self) -> bool:
        """Whether the peer has closed."""
        return self._fd < 0 or sockets.gone(self.sock)

    def drop(self, share: float) -> None:
        """Lose what the peer sends."""
        if self._fd >= 0:
            kernel_loss.drop(self.sock, share)

    def dropped(self) -> int:
        """How much of it was lost."""
        return kernel_loss.dropped(self.sock) if self._fd >= 0 else 0

    def _readable(self) -> None:
        try:
            data = self.sock.recv(self._read_size)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        assert self._events is not None
        size = len(data)
        if not size:
            self.pause()
            self._saw_end = True
            self._events.ended()
            return
        self.tally.read += size
        if size == self._read_size:
            self._read_size = READ_LARGE
        self._events.received(data)
        if self.watch.once and self._mask & READ and sockets.broken(self.sock):
            self.watch.loop.call_soon(self._again)

    def _again(self) -> None:
        """Read what stands behind the bytes of a broken connection."""
        if self._mask & READ:
            self._readable()

    def _writable(self) -> None:
        queue = self._queue
        if queue is None:
            return
        try:
            while queue:
                sent = self.sock.send(queue[0])
                self.tally.written += sent
                self._backlog -= sent
                if sent < len(queue[0]):
                    queue[0] = queue[0][sent:]
                    return
                queue.popleft()
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._broke(error)
            return
        self._queue = None
        self._watch(self._mask & ~WRITE)
        if self._ending:
            self.shutdown_write()
        if self._events is not None:
            self._events.drained()

    def _broke(self, error: OSError) -> None:
        """Sending failed: what the peer said before is still read, then the loss is told; not from within `send`."""
        self._error = error
        self._queue = None
        self._backlog = 0
        self._watch(self._mask & ~WRITE)
        self.watch.loop.call_soon(self._last_words)

    def _last_words(self) -> None:
        for _ in range(_LAST_WORDS):
            if not self._mask & READ or self._saw_end:
                break
            self._readable()
        if self._fd >= 0:
            self._lose(self._error)

    def _lose(self, error: OSError | None) -> None:
        events = self._events
        self._release()
        if events is not None:
            events.lost(error)

    def _release(self) -> None:
        before, self._mask = self._mask, 0
        self._queue = None
        self._backlog = 0
        self._fd = -1
        self._events = None
        self.watch.close(self.sock, before)
