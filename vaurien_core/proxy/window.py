"""The receive window that a listener gives to the connections that it accepts.

A connection inherits the receive buffer of its listener when its handshake is done (Linux, tcp_create_openreq_child:
the child is a clone of the listening socket), so a window is set there, before anybody connects.
"""

from __future__ import annotations

import socket
from contextlib import suppress

_BUF_LOCK = 72
"""SO_BUF_LOCK of Linux 5.14 and later (asm-generic/socket.h): 0 lets the kernel tune the buffer again."""


def narrow(sock: socket.socket, window: int) -> None:
    """Set the receive buffer of connections to come, in bytes; 0: what the system gives. Unix sockets have none.

    Linux keeps at least 2,304 bytes, and doubles what it is told for its own accounts.
    """
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with suppress(OSError):
        if window:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
            return
        with socket.socket(sock.family, socket.SOCK_STREAM) as fresh:
            usual = fresh.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) != usual:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, usual // 2)
            sock.setsockopt(socket.SOL_SOCKET, _BUF_LOCK, 0)
