"""Ports on non-blocking sockets that are watched (`watch.Watch`), with nothing in between.

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
from vaurien_core.proxy.watch import READ, WRITE, Watch, watch_for

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
        "_backlog", "_ending", "_error", "_events", "_fd", "_lent", "_loop", "_mask", "_queue", "_read_size",
        "_saw_end", "peer", "sock", "tally", "watch",
    )  # fmt: skip

    def __init__(
        self, loop: asyncio.AbstractEventLoop, watch: Watch, sock: socket.socket, tally: Tally, peer: str | None = None
    ) -> None:
        self._loop, self.watch, self.sock, self.tally = loop, watch, sock, tally
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
            self._loop.call_soon(self._again)

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
        self._loop.call_soon(self._last_words)

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
        self._watch(0)
        self._queue = None
        self._backlog = 0
        self._fd = -1
        self._events = None
        self.sock.close()


class ReactorListening:
    """Listening sockets; accepts without waiting for anything, and goes on after running out of descriptors."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        watch: Watch,
        socks: list[socket.socket],
        bound: Address,
        tally: Tally,
        accepted: Accepted,
    ) -> None:
        self.bound = bound
        self._loop, self._accepted = loop, accepted
        self._gates = [Gate(self, loop, watch, sock, tally) for sock in socks]
        for gate in self._gates:
            gate.open()

    def accepted(self, port: Port) -> None:
        """A client has come."""
        self._accepted(port)

    def close(self) -> None:
        """Accept no more."""
        gates, self._gates = self._gates, []
        for gate in gates:
            gate.close()
        if gates:
            sockets.unlink(self.bound)


class Gate:
    """One listening socket; owned by its `ReactorListening`."""

    __slots__ = ("_listening", "_loop", "_rest", "_sock", "_tally", "_watch", "_watching")

    def __init__(
        self,
        listening: ReactorListening,
        loop: asyncio.AbstractEventLoop,
        watch: Watch,
        sock: socket.socket,
        tally: Tally,
    ) -> None:
        self._listening, self._loop, self._watch, self._sock, self._tally = listening, loop, watch, sock, tally
        self._rest: asyncio.TimerHandle | None = None
        self._watching = 0

    def open(self) -> None:
        """Accept from now on."""
        self._rest = None
        self._turn(READ)

    def close(self) -> None:
        """Accept no more."""
        if self._rest is not None:
            self._rest.cancel()
        self._turn(0)
        self._sock.close()

    def _turn(self, mask: int) -> None:
        before, self._watching = self._watching, mask
        if before != mask:
            self._watch.change(self._sock.fileno(), self, before, mask)

    def ready(self, mask: int) -> None:
        """Clients wait."""
        sock = self._sock
        for _ in range(ACCEPTS_PER_TURN):
            try:
                client, name = sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in _OUT_OF_RESOURCES and self._watching:
                    self._turn(0)
                    self._rest = self._loop.call_later(BACK_OFF_S, self.open)
                return
            try:
                sockets.tune(client)
            except OSError:
                client.close()
                continue
            self._listening.accepted(ReactorPort(self._loop, self._watch, client, self._tally, sockets.name_of(name)))
            if not self._watching:
                return


class ReactorNetwork:
    """See `port.Network`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watch = watch_for(loop)

    async def listen(self, address: Address, backlog: int, tally: Tally, accepted: Accepted) -> ReactorListening:
        """Bind and accept."""
        socks, bound = await sockets.bind(self._loop, address, backlog)
        return ReactorListening(self._loop, self._watch, socks, bound, tally, accepted)

    async def resolve(self, address: Address) -> Sequence[Address]:
        """The numeric addresses of a host."""
        return await sockets.resolve(self._loop, address)

    def connect_at_once(self, address: Address, tally: Tally) -> Port | None:
        """Connect to a numeric address of this machine, where that takes no time; None: it does, or it fails."""
        if address.is_unix or not address.is_loopback:
            return None
        try:
            sock, target = sockets.client_socket(address)
        except OSError:
            return None
        try:
            code = sock.connect_ex(target)
            if code == errno.EINPROGRESS:
                code = sock.connect_ex(target)
        except OSError:
            code = errno.EIO
        if code not in (0, errno.EISCONN):
            sock.close()
            return None
        return ReactorPort(self._loop, self._watch, sock, tally, str(address))

    async def connect(self, address: Address, tally: Tally) -> Port:
        """Connect without blocking; the socket is watched until it is writable."""
        sock, target = sockets.client_socket(address)
        try:
            code = sock.connect_ex(target)
            if code == errno.EINPROGRESS and not address.is_unix:
                code = sock.connect_ex(target)  # on the same machine it stands by now
                code = 0 if code == errno.EISCONN else errno.EINPROGRESS if code == errno.EALREADY else code
            if code == errno.EINPROGRESS or (code == errno.EWOULDBLOCK and not address.is_unix):
                await self._writable(sock)
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
        except BaseException:
            sock.close()
            raise
        return ReactorPort(self._loop, self._watch, sock, tally)

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
