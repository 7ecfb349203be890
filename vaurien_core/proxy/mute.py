"""A listener that says nothing: connects to it time out, and its port stays ours (the state `syn_blackhole`).

Linux drops a SYN while the queue of connections that wait to be accepted is full (tcp_conn_request in
net/ipv4/tcp_input.c), and a queue of length 0 is full with one in it (sk_acceptq_is_full). So nobody accepts, the queue
is shortened, and a connection of our own fills it. No privilege is needed. Other systems answer or refuse.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress

from vaurien_core.proxy.sockets import established

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where our own connection goes instead
FILL = 2
"""Connections of our own: one fills the queue, the other is a SYN that is dropped, should a client leave it."""


class Mute:
    """One listening socket that says nothing, until `end`. Its owner accepts nothing meanwhile."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._fillers = [socket.socket(sock.family, socket.SOCK_STREAM) for _ in range(FILL)]
        sock.listen(0)
        host, port, *rest = sock.getsockname()
        for filler in self._fillers:
            filler.setblocking(False)
            with suppress(OSError):
                filler.connect_ex((_ANY.get(host, host), port, *rest))

    def end(self, backlog: int) -> set[tuple[str, int]]:
        """Let the queue be as long as before, `backlog`; the peers in it that are ours: (host, port).

        The owner closes each of them as it accepts it, and forgets it then: a client may get the same port later.
        """
        ours = {_name(filler) for filler in self._fillers if established(filler)}
        self.close()
        self._sock.listen(backlog)
        return ours

    def close(self) -> None:
        """Take our own connections back; idempotent."""
        for filler in self._fillers:
            filler.close()


def why_not(*, unix: bool) -> str:
    """Why a listener can't be mute here, as the end of a sentence; "" if it can. `unix`: it is a Unix socket."""
    if sys.platform != "linux":
        return "only Linux drops the SYN of a full queue"
    return "a Unix socket has no SYN" if unix else ""


def _name(sock: socket.socket) -> tuple[str, int]:
    host, port, *_ = sock.getsockname()
    return host, port
