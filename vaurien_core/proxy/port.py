"""What the data plane sees of a socket, and of the network: the only border to sockets and loop.

A `Port` is one connected side of a connection. Two implementations pass the same tests: `reactor_port` (readiness
callbacks on non-blocking sockets) and `transport_port` (asyncio transports; portable). `network_for` selects.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from socket import SocketType
from typing import Protocol

from vaurien_core.addresses import Address
from vaurien_core.errors import UsageError
from vaurien_core.proxy.counters import Tally
from vaurien_core.proxy.watch import Watch

PORTS = ("reactor", "transport")
"""What `VAURIEN_PORT` may name; unset: what fits the system."""


class PortEvents(Protocol):
    """Who is told what happens on a port. Called on the loop, never from within a call to the port."""

    def received(self, data: bytes) -> None:
        """Bytes were read."""
        ...

    def ended(self) -> None:
        """The peer sends no more (FIN)."""
        ...

    def drained(self) -> None:
        """The backlog is empty again."""
        ...

    def lost(self, error: OSError | None) -> None:
        """The connection broke (reset, timeout); the port is closed. Not called after `close` or `abort`."""
        ...


class Port(Protocol):
    """One side of a connection, on the loop that made it. Whoever got it closes it: `close` or `abort`."""

    peer: str
    """The other end's address, for people."""

    @property
    def backlog(self) -> int:
        """Bytes that were sent but that the kernel did not take yet."""
        ...

    def start(self, events: PortEvents) -> None:
        """Begin to read and to tell `events`; called again, it hands the port to somebody else."""
        ...

    def pause(self) -> None:
        """Stop reading; idempotent."""
        ...

    def resume(self) -> None:
        """Read again; idempotent."""
        ...

    def send(self, data: bytes) -> int:
        """Send, and queue what the kernel doesn't take; the backlog then. Never raises: a break is told by `lost`."""
        ...

    def shutdown_write(self) -> None:
        """Send FIN after the backlog; reading goes on."""
        ...

    def close(self) -> None:
        """Discard what is readable, then close: the peer sees FIN, the backlog is given up. Idempotent."""
        ...

    def abort(self, *, rst: bool) -> None:
        """Close at once; with `rst` the peer sees a reset. Idempotent."""
        ...

    def keep_alive(self) -> None:
        """Switch TCP keepalive on, where there is TCP."""
        ...

    def gone(self) -> bool:
        """Whether the peer has closed although nothing is being read; False where the platform can't say."""
        ...

    def drop(self, share: float) -> None:
        """Let the kernel drop this share, 0..1, of the segments that the peer sends; see `kernel_loss`.

        Raises:
            OSError: the kernel refuses.
        """
        ...

    def dropped(self) -> int:
        """How many segments the kernel has dropped; 0 where the platform can't say."""
        ...


Accepted = Callable[[Port], None]
Early = Callable[[Watch, SocketType, object], bool]
"""May take the bare socket of a client before a port is made of it: what watches it, the socket, the peer's name."""


class Listening(Protocol):
    """Bound listeners of one address."""

    bound: Address

    def narrow(self, window: int) -> None:
        """Give connections that are accepted from now on a receive window of so many bytes; 0: as the system does."""
        ...

    async def mute(self, on: bool) -> None:
        """Let connects time out, or accept again; idempotent. Only where `mute.why_not` has nothing against it.

        Raises:
            OSError: no descriptor is left; it accepts as before.
        """
        ...

    def close(self) -> None:
        """Accept no more; idempotent. Accepted ports live on."""
        ...


class Network(Protocol):
    """How listeners and ports are made on one loop."""

    async def listen(
        self, address: Address, backlog: int, tally: Tally, accepted: Accepted, early: Early | None = None
    ) -> Listening:
        """Bind and accept; every accepted port is handed on unstarted.

        `early` is asked first, if it is there, where sockets are watched with nothing in between.

        Raises:
            ListenError: in use, not permitted, or not an address of this machine.
        """
        ...

    async def resolve(self, address: Address) -> Sequence[Address]:
        """The numeric addresses of a host, in the order in which they are to be tried.

        Raises:
            OSError: there is none.
        """
        ...

    def connect_at_once(self, address: Address, tally: Tally) -> Port | None:
        """Connect to a numeric address of this machine where that takes no time; None: use `connect`.

        A connection that was begun and not finished was not seen by whoever listens there.
        """
        ...

    async def connect(self, address: Address, tally: Tally) -> Port:
        """Connect to a numeric address or a Unix socket; cancelling closes.

        Raises:
            OSError: as the kernel says.
        """
        ...


def network_for(loop: asyncio.AbstractEventLoop) -> Network:
    """The network of a loop: readiness callbacks, or transports on Windows and with `VAURIEN_PORT=transport`.

    Raises:
        UsageError: `VAURIEN_PORT` names neither.
    """
    wanted = os.environ.get("VAURIEN_PORT", "")
    if wanted and wanted not in PORTS:
        raise UsageError(f'VAURIEN_PORT: expected {" or ".join(PORTS)}, got "{wanted}".')
    if sys.platform == "win32" or wanted == "transport":
        from vaurien_core.proxy.transport_port import TransportNetwork

        return TransportNetwork(loop)
    from vaurien_core.proxy.reactor_network import ReactorNetwork

    return ReactorNetwork(loop)
