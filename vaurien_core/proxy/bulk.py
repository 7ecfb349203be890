"""What two sockets are told once bulk passes between them and their peers are on this machine.

Loopback has no bottleneck that one could fill: pacing (BBR) only holds the bytes up, and a receive buffer that grows to
tens of megabytes only lets them leave the processor's cache before anybody reads them. Connections to other machines
keep what their system chose.
"""

from __future__ import annotations

import socket
from functools import cache

_CONGESTION = 13
"""TCP_CONGESTION (tcp(7)); Python has no name for it on every system."""
_PACES, _USUAL = b"bbr", b"reno"
"""`reno` is part of every kernel and allowed to everybody."""
WINDOW = 1 << 20
"""Bytes of the receive buffer; Linux doubles that for its own accounts."""


def prepare(source: socket.SocketType, sink: socket.SocketType) -> None:
    """Make ready for bulk that is read from `source` and written to `sink`; it may be called again."""
    try:
        if _local(sink) and sink.getsockopt(socket.IPPROTO_TCP, _CONGESTION, 16).startswith(_PACES):
            sink.setsockopt(socket.IPPROTO_TCP, _CONGESTION, _USUAL)
        if _local(source) and source.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) < 2 * WINDOW and _granted():
            source.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)  # one that is larger may be full already
    except OSError:
        return


def _local(sock: socket.SocketType) -> bool:
    """Whether it is a TCP connection to a loopback address."""
    if sock.family == socket.AF_INET:
        return str(sock.getpeername()[0]).startswith("127.")
    return sock.family == socket.AF_INET6 and sock.getpeername()[0] in ("::1", "::ffff:127.0.0.1")


@cache
def _granted() -> bool:
    """Whether the system allows so large a buffer (net.core.rmem_max); a smaller one is slower than none of ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
        return probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= 2 * WINDOW
