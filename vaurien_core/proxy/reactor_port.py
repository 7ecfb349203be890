"""Ports on non-blocking sockets that the loop watches: `add_reader`, `add_writer`, nothing in between.

Runs on stock asyncio, uvloop and qasync. What is sent goes straight to the kernel; only what it doesn't take is queued.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections import deque
from collections.abc import Sequence

from vaurien_core.addresses import Address
from vaurien_core.proxy import sockets
from vaurien_core.proxy.counters import Tally
from vaurien_core.proxy.port import Accepted, Port, PortEvents

READ_SMALL = 64 * 1024
READ_LARGE = 256 * 1024
ACCEPTS_PER_TURN = 64
BACK_OFF_S = 0.1
_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_LAST_WORDS = 4
"""Reads of what a peer sent before it broke the connection."""


class ReactorPort:
    """One socket. See `port.Port`."""

    __slots__ = (
        "_backlog", "_ending", "_error", "_events", "_fd", "_loop", "_once", "_queue", "_read_size", "_reading",
        "_saw_end", "_sock", "_tally", "_writing", "peer",
    )  # fmt: skip

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, tally: Tally) -> None:
        self._loop, self._sock, self._tally = loop, sock, tally
        self._fd = sock.fileno()
        self._events: PortEvents | None = None
        self._queue: deque[memoryview] = deque()
        self._backlog = 0
        self._read_size = READ_SMALL
        self._reading = self._writing = self._saw_end = self._ending = False
        self._error: OSError | None = None
        self._once = type(loop).__module__.startswith("uvloop")
        """libuv tells of a socket with an error once: what isn't read then would never be told."""
        self.peer = sockets.peer_name(sock)

    @property
    def backlog(self) -> int:
        """Bytes that the kernel did not take yet."""
        return self._backlog

    def start(self, events: PortEvents) -> None:
        """Begin to read."""
        self._events = events
        self.resume()

    def pause(self) -> None:
        """Stop reading."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._fd)

    def resume(self) -> None:
        """Read again."""
        if not self._reading and self._fd >= 0 and not self._saw_end and self._events is not None:
            self._reading = True
            self._loop.add_reader(self._fd, self._readable)

    def send(self, data: bytes) -> int:
        """Send directly; the rest is queued."""
        if self._fd < 0 or self._error is not None:
            return 0
        if self._backlog:
            self._queue.append(memoryview(data))
            self._backlog += len(data)
            return self._backlog
        try:
            sent = self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            self._broke(error)
            return 0
        self._tally.written += sent
        if sent < len(data):
            self._queue.append(memoryview(data)[sent:])
            self._backlog = len(data) - sent
            self._writing = True
            self._loop.add_writer(self._fd, self._writable)
        return self._backlog

    def shutdown_write(self) -> None:
        """FIN after the backlog."""
        self._ending = True
        if not self._backlog and self._fd >= 0:
            try:
                self._sock.shutdown(socket.SHUT_WR)
            except OSError:
                return

    def close(self) -> None:
        """Discard what is readable and close."""
        if self._fd >= 0:
            if not self._saw_end:
                sockets.discard(self._sock)
            self._release()

    def abort(self, *, rst: bool) -> None:
        """Close at once."""
        if self._fd >= 0:
            if rst:
                sockets.reset_on_close(self._sock)
            self._release()

    def keep_alive(self) -> None:
        """TCP keepalive."""
        sockets.keep_alive(self._sock)

    def gone(self) -> bool:
        """Whether the peer has closed."""
        return self._fd < 0 or sockets.gone(self._sock)

    def _readable(self) -> None:
        try:
            data = self._sock.recv(self._read_size)
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
        self._tally.read += size
        if size == self._read_size:
            self._read_size = READ_LARGE
        self._events.received(data)
        if self._once and self._reading and sockets.broken(self._sock):
            self._loop.call_soon(self._again)

    def _again(self) -> None:
        """Read what stands behind the bytes of a broken connection."""
        if self._reading:
            self._readable()

    def _writable(self) -> None:
        queue = self._queue
        try:
            while queue:
                sent = self._sock.send(queue[0])
                self._tally.written += sent
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
        self._writing = False
        self._loop.remove_writer(self._fd)
        if self._ending:
            self.shutdown_write()
        if self._events is not None:
            self._events.drained()

    def _broke(self, error: OSError) -> None:
        """Sending failed: what the peer said before is still read, then the loss is told; not from within `send`."""
        self._error = error
        self._queue.clear()
        self._backlog = 0
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._fd)
        self._loop.call_soon(self._last_words)

    def _last_words(self) -> None:
        for _ in range(_LAST_WORDS):
            if self._fd < 0 or not self._reading or self._saw_end:
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
        self.pause()
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._fd)
        self._queue.clear()
        self._backlog = 0
        self._fd = -1
        self._events = None
        self._sock.close()


class ReactorListening:
    """Listening sockets; accepts without waiting for anything, and goes on after running out of descriptors."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        socks: list[socket.socket],
        bound: Address,
        tally: Tally,
        accepted: Accepted,
    ) -> None:
        self.bound = bound
        self._loop, self._socks, self._tally, self._accepted = loop, socks, tally, accepted
        self._rests: dict[int, asyncio.TimerHandle] = {}
        for sock in socks:
            loop.add_reader(sock.fileno(), self._acceptable, sock)

    def close(self) -> None:
        """Accept no more."""
        socks, self._socks = self._socks, []
        for rest in self._rests.values():
            rest.cancel()
        for sock in socks:
            self._loop.remove_reader(sock.fileno())
            sock.close()
        if socks:
            sockets.unlink(self.bound)

    def _acceptable(self, sock: socket.socket) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                client, _name = sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in _OUT_OF_RESOURCES and sock in self._socks:
                    self._loop.remove_reader(sock.fileno())
                    self._rests[sock.fileno()] = self._loop.call_later(BACK_OFF_S, self._again, sock)
                return
            try:
                sockets.tune(client)
            except OSError:
                client.close()
                continue
            self._accepted(ReactorPort(self._loop, client, self._tally))
            if sock not in self._socks:
                return

    def _again(self, sock: socket.socket) -> None:
        self._rests.pop(sock.fileno(), None)
        if sock in self._socks:
            self._loop.add_reader(sock.fileno(), self._acceptable, sock)


class ReactorNetwork:
    """See `port.Network`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    async def listen(self, address: Address, backlog: int, tally: Tally, accepted: Accepted) -> ReactorListening:
        """Bind and accept."""
        socks, bound = await sockets.bind(self._loop, address, backlog)
        return ReactorListening(self._loop, socks, bound, tally, accepted)

    async def resolve(self, address: Address) -> Sequence[Address]:
        """The numeric addresses of a host."""
        return await sockets.resolve(self._loop, address)

    async def connect(self, address: Address, tally: Tally) -> Port:
        """Connect without blocking; the socket is watched until it is writable."""
        sock, target = sockets.client_socket(address)
        try:
            code = sock.connect_ex(target)
            if code == errno.EINPROGRESS or (code == errno.EWOULDBLOCK and not address.is_unix):
                await self._writable(sock)
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
        except BaseException:
            sock.close()
            raise
        return ReactorPort(self._loop, sock, tally)

    async def _writable(self, sock: socket.socket) -> None:
        future: asyncio.Future[None] = self._loop.create_future()

        def ready() -> None:
            if not future.done():
                future.set_result(None)

        self._loop.add_writer(sock.fileno(), ready)
        try:
            await future
        finally:
            self._loop.remove_writer(sock.fileno())
