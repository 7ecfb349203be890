"""Listening and connecting on non-blocking sockets that are watched; the ports are `reactor_port.ReactorPort`."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Sequence

from vaurien_core.addresses import Address
from vaurien_core.proxy import sockets
from vaurien_core.proxy.counters import Tally
from vaurien_core.proxy.mute import Mute
from vaurien_core.proxy.port import Accepted, Early, Port
from vaurien_core.proxy.reactor_port import ReactorPort
from vaurien_core.proxy.watch import READ, Watch, watch_for
from vaurien_core.proxy.window import narrow

ACCEPTS_PER_TURN = 64
BACK_OFF_S = 0.1
_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class ReactorListening:
    """Listening sockets; accepts without waiting for anything, and goes on after running out of descriptors."""

    def __init__(
        self,
        watch: Watch,
        socks: list[socket.socket],
        backlog: int,
        bound: Address,
        tally: Tally,
        accepted: Accepted,
        early: Early | None,
    ) -> None:
        self.bound, self.accepted = bound, accepted
        self.early = early if watch.tells_news and not bound.is_unix else None
        self._gates = [Gate(self, watch, sock, backlog, tally) for sock in socks]
        for gate in self._gates:
            gate.open()

    def narrow(self, window: int) -> None:
        """The receive window of connections to come."""
        for gate in self._gates:
            gate.narrow(window)

    async def mute(self, on: bool) -> None:
        """Let connects time out, or accept again."""
        for gate in self._gates:
            gate.mute(on)

    def close(self) -> None:
        """Accept no more."""
        gates, self._gates = self._gates, []
        for gate in gates:
            gate.close()
        if gates:
            sockets.unlink(self.bound)


class Gate:
    """One listening socket; owned by its `ReactorListening`."""

    __slots__ = ("_backlog", "_fillers", "_kind", "_listening", "_mute", "_rest", "_sock", "_tally", "_watch",
                 "_watching")  # fmt: skip

    def __init__(
        self,
        listening: ReactorListening,
        watch: Watch,
        sock: socket.socket,
        backlog: int,
        tally: Tally,
    ) -> None:
        self._listening, self._watch, self._sock, self._tally = listening, watch, sock, tally
        self._kind = sockets.kind_of(sock)
        self._backlog = backlog
        self._mute: Mute | None = None
        self._fillers: set[tuple[str, int]] = set()
        """Peers that are no clients: what filled the queue while it was mute and was not accepted yet."""
        self._rest: asyncio.TimerHandle | None = None
        self._watching = 0

    def open(self) -> None:
        """Accept from now on."""
        self._rest = None
        self._turn(READ)

    def narrow(self, window: int) -> None:
        """The receive window of connections to come."""
        narrow(self._sock, window)

    def mute(self, on: bool) -> None:
        """Let connects time out, or accept again."""
        if on == (self._mute is not None):
            return
        if on:
            self._mute = Mute(self._sock)  # first: where no descriptor is left, it goes on accepting
            if self._rest is not None:
                self._rest.cancel()
            self._turn(0)
        elif self._mute is not None:
            self._fillers = self._mute.end(self._backlog)
            self._mute = None
            self.open()

    def close(self) -> None:
        """Accept no more."""
        if self._mute is not None:
            self._mute.close()
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
        sock, kind, watch, early = self._sock, self._kind, self._watch, self._listening.early
        for _ in range(ACCEPTS_PER_TURN):
            try:
                client, name = sockets.accept(sock, kind)
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in _OUT_OF_RESOURCES and self._watching:
                    self._turn(0)
                    self._rest = watch.loop.call_later(BACK_OFF_S, self.open)
                return
            if self._fillers and isinstance(name, tuple) and name[:2] in self._fillers:
                self._fillers.discard(name[:2])
                client.close()
                continue
            if early is None or not early(watch, client, name):
                self._listening.accepted(ReactorPort(watch, client, self._tally, sockets.name_of(name)))
            if not self._watching:
                return


class ReactorNetwork:
    """See `port.Network`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watch = watch_for(loop)
        self._named: tuple[Address | None, str] = None, ""
        """Where it connected to last, as its ports share the text."""

    async def listen(
        self, address: Address, backlog: int, tally: Tally, accepted: Accepted, early: Early | None = None
    ) -> ReactorListening:
        """Bind and accept."""
        socks, bound = await sockets.bind(self._loop, address, backlog)
        return ReactorListening(self._watch, socks, backlog, bound, tally, accepted, early)

    async def resolve(self, address: Address) -> Sequence[Address]:
        """The numeric addresses of a host."""
        return await sockets.resolve(self._loop, address)

    def connect_at_once(self, address: Address, tally: Tally) -> Port | None:
        """Connect to a numeric address of this machine, where that takes no time; None: it does, or it fails."""
        near = sockets.nearby(address)
        sock = sockets.connected_at_once(near) if near is not None else None
        if sock is None:
            return None
        sockets.send_at_once(sock)
        if address is not self._named[0]:
            self._named = address, str(address)
        return ReactorPort(self._watch, sock, tally, self._named[1])

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
        return ReactorPort(self._watch, sock, tally)

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
