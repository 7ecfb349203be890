"""Ports on asyncio transports: portable. `VAURIEN_PORT=transport` selects them anywhere.

A transport gets whole `bytes` objects only: uvloop keeps a memoryview and reads it later. Its write limit is 0, so that
a backlog is told at once.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast

from vaurien_core.addresses import Address
from vaurien_core.proxy import kernel_loss, sockets
from vaurien_core.proxy.counters import Tally
from vaurien_core.proxy.mute import Mute
from vaurien_core.proxy.port import Accepted, Early, Port, PortEvents
from vaurien_core.proxy.window import narrow


class TransportPort(asyncio.Protocol):
    """One transport. See `port.Port`."""

    def __init__(self, tally: Tally, made: Callable[[TransportPort], None]) -> None:
        self._tally, self._made = tally, made
        self._transport: asyncio.Transport | None = None
        self._events: PortEvents | None = None
        self._paused = True
        self._early: list[bytes] = []
        self._saw_end = self._told_end = self._ending = self._closed = False
        self._resuming = False
        self._unwritten = 0
        self.peer = ""

    # -- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is there; nothing is read yet (uvloop may deliver nevertheless)."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)
        self._transport.pause_reading()
        name = transport.get_extra_info("peername")
        self.peer = str(Address(name[0], name[1])) if isinstance(name, tuple) and len(name) >= 2 else "unix"
        with self._socket() as sock, suppress(OSError):
            sockets.tune(sock)
        self._made(self)

    def data_received(self, data: bytes) -> None:
        """Bytes were read."""
        self._tally.read += len(data)
        if self._paused or self._events is None:
            self._early.append(bytes(data))
        else:
            self._events.received(bytes(data))

    def eof_received(self) -> bool:
        """FIN was read; the transport stays."""
        self._saw_end = True
        self._tell_end()
        return True

    def pause_writing(self) -> None:
        """The kernel did not take all of it; `backlog` tells."""

    def resume_writing(self) -> None:
        """The backlog is empty."""
        self._count_written()
        if self._events is not None:
            self._resuming = True
            try:
                self._events.drained()
            finally:
                self._resuming = False

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is closed, by us or by a break."""
        events, self._events = self._events, None
        if not self._closed:
            self._closed = True
            if events is not None:
                events.lost(exc if isinstance(exc, OSError) else None)

    # -- Port

    @property
    def backlog(self) -> int:
        """Bytes in the transport's buffer."""
        return 0 if self._closed or self._transport is None else self._transport.get_write_buffer_size()

    def start(self, events: PortEvents) -> None:
        """Begin to read."""
        self._events = events
        self.resume()

    def pause(self) -> None:
        """Stop reading."""
        if not self._paused:
            self._paused = True
            if not self._closed and not self._saw_end and self._transport is not None:
                self._transport.pause_reading()

    def resume(self) -> None:
        """Read again; what came although reading was paused is told first, from the loop."""
        if self._closed or not self._paused or self._events is None or self._transport is None:
            return
        self._paused = False
        if self._early or self._saw_end:
            asyncio.get_running_loop().call_soon(self._tell_early)
        if not self._saw_end:
            self._transport.resume_reading()

    def send(self, data: bytes) -> int:
        """Hand it to the transport."""
        if self._closed or self._transport is None or self._transport.is_closing():
            return 0
        self._unwritten += len(data)
        self._transport.write(data)
        return self._count_written()

    def shutdown_write(self) -> None:
        """FIN after the backlog."""
        if not self._closed and not self._ending and self._transport is not None:
            self._ending = True
            self._then(self._write_eof)

    def close(self) -> None:
        """Discard what is readable and close."""
        if not self._closed and self._transport is not None:
            self._count_written()
            self._closed = True
            self._events = None
            self._early.clear()
            with self._socket() as sock:
                sockets.discard(sock)
            self._then(self._transport.abort if self._transport.get_write_buffer_size() else self._transport.close)

    def abort(self, *, rst: bool) -> None:
        """Close at once."""
        if not self._closed and self._transport is not None:
            self._count_written()
            self._closed = True
            self._events = None
            self._early.clear()
            if rst:
                with self._socket() as sock:
                    sockets.reset_on_close(sock)
            self._then(self._transport.abort)

    def keep_alive(self) -> None:
        """TCP keepalive."""
        with self._socket() as sock:
            sockets.keep_alive(sock)

    def gone(self) -> bool:
        """Whether the peer has closed."""
        if self._closed:
            return True
        with self._socket() as sock:
            return sockets.gone(sock)

    def drop(self, share: float) -> None:
        """Lose what the peer sends."""
        if not self._closed:
            with self._socket() as sock:
                kernel_loss.drop(sock, share)

    def dropped(self) -> int:
        """How much of it was lost."""
        if self._closed:
            return 0
        with self._socket() as sock:
            return kernel_loss.dropped(sock)

    def _then(self, call: Callable[[], None]) -> None:
        """Call, but not from within `resume_writing`: the stock loop would close twice what is closed there."""
        if self._resuming:
            asyncio.get_running_loop().call_soon(call)
        else:
            call()

    def _write_eof(self) -> None:
        assert self._transport is not None
        with suppress(OSError, RuntimeError):
            self._transport.write_eof()

    def _socket(self) -> socket.socket:
        """A second handle of the transport's socket; closing it leaves the transport's alone."""
        assert self._transport is not None
        own = self._transport.get_extra_info("socket")
        if sys.platform == "win32":
            return cast("socket.socket", own.dup())
        return socket.socket(own.family, own.type, own.proto, fileno=os.dup(own.fileno()))

    def _count_written(self) -> int:
        backlog = self.backlog
        self._tally.written += self._unwritten - backlog
        self._unwritten = backlog
        return backlog

    def _tell_early(self) -> None:
        while self._early and not self._paused and self._events is not None:
            self._events.received(self._early.pop(0))
        self._tell_end()

    def _tell_end(self) -> None:
        if self._saw_end and not self._told_end and not self._early and not self._paused and self._events is not None:
            self._told_end = True
            self._events.ended()


_ACCEPT_TURNS = 4
"""Turns of the stock loop from accepting a socket to `connection_made`, with one to spare."""


class TransportListening:
    """asyncio's servers on our listening sockets."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        socks: list[socket.socket],
        backlog: int,
        bound: Address,
        tally: Tally,
        accepted: Accepted,
    ) -> None:
        self._loop, self._socks, self._backlog, self.bound = loop, socks, backlog, bound
        self._tally, self._accepted = tally, accepted
        self._servers: list[asyncio.Server] = []
        self._mutes: list[Mute] = []
        self._fillers: set[str] = set()
        """Peers that are no clients: what filled the queue while it was mute and was not accepted yet."""
        self._closed = False

    async def serve(self) -> None:
        """Accept."""
        make = self._loop.create_unix_server if self.bound.is_unix else self._loop.create_server
        for sock in self._socks:
            self._servers.append(await make(self._port, sock=sock, backlog=self._backlog))

    def narrow(self, window: int) -> None:
        """The receive window of connections to come."""
        for sock in self._socks if not self._closed else ():
            narrow(sock, window)

    async def mute(self, on: bool) -> None:
        """Let connects time out, or accept again: a server can't pause, so it gives its socket to the next one."""
        if on == bool(self._mutes) or self._closed:
            return
        if on:
            if not type(self._loop).__module__.startswith("uvloop"):  # which accepts in one go
                for sock in self._socks:
                    self._loop.remove_reader(sock.fileno())
                for _ in range(_ACCEPT_TURNS):  # one that is being accepted needs its server to be open
                    await asyncio.sleep(0)
            self._socks = [sock.dup() for sock in self._socks]
            self._close_servers()
            await asyncio.sleep(0)
            try:
                self._mutes = [Mute(sock) for sock in self._socks]
            except OSError:
                await self.serve()
                raise
            return
        mutes, self._mutes = self._mutes, []
        self._fillers = {str(Address(*name)) for mute in mutes for name in mute.end(self._backlog)}
        await self.serve()

    def close(self) -> None:
        """Accept no more."""
        if self._closed:
            return
        self._closed = True
        self._close_servers()
        if self._mutes:
            for mute in self._mutes:
                mute.close()
            for sock in self._socks:
                sock.close()
        sockets.unlink(self.bound)

    def _close_servers(self) -> None:
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()

    def _port(self) -> TransportPort:
        return TransportPort(self._tally, self._made)

    def _made(self, port: TransportPort) -> None:
        """The stock loop accepts in a task of its own, which may come to its end after `close`."""
        ours = port.peer in self._fillers
        self._fillers.discard(port.peer)
        if self._closed or ours:
            port.abort(rst=False)
        else:
            self._accepted(port)


class TransportNetwork:
    """See `port.Network`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    async def listen(
        self, address: Address, backlog: int, tally: Tally, accepted: Accepted, early: Early | None = None
    ) -> TransportListening:
        """Bind and accept."""
        socks, bound = await sockets.bind(self._loop, address, backlog)
        listening = TransportListening(self._loop, socks, backlog, bound, tally, accepted)
        await listening.serve()
        return listening

    async def resolve(self, address: Address) -> Sequence[Address]:
        """The numeric addresses of a host."""
        return await sockets.resolve(self._loop, address)

    def connect_at_once(self, address: Address, tally: Tally) -> None:
        """A transport is never there at once."""

    async def connect(self, address: Address, tally: Tally) -> Port:
        """Connect a plain socket, then make a transport of it."""
        sock, target = sockets.client_socket(address)
        try:
            await self._loop.sock_connect(sock, target)
            if address.is_unix:
                _, port = await self._loop.create_unix_connection(lambda: TransportPort(tally, _nobody), sock=sock)
            else:
                _, port = await self._loop.create_connection(lambda: TransportPort(tally, _nobody), sock=sock)
        except BaseException:
            sock.close()
            raise
        return port


def _nobody(port: TransportPort) -> None:
    """Whoever connected has the port."""
