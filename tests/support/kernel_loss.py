"""What tests of real loss share: whether it can be had here, and what the kernel counted at a peer's socket."""

from __future__ import annotations

import ctypes
import socket
import struct

import pytest

from vaurien_core.proxy import kernel_loss

permitted = pytest.mark.skipif(bool(kernel_loss.why_not()), reason=kernel_loss.why_not())
LAST_ACK, CLOSED = 9, 7
_CAPABILITIES_3, _CAP_NET_ADMIN = 0x20080522, 12


def retransmitted(sock: socket.socket) -> int:
    """How many segments this end has sent again (tcpi_total_retrans, linux/tcp.h)."""
    return int(struct.unpack_from("=I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)[0])


def state(sock: socket.socket) -> int:
    """Of the connection, as the kernel numbers them."""
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


def give_up_net_admin() -> None:
    """Take CAP_NET_ADMIN from this process (capset(2)), for good: call it in one that was made for it."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("=Ii", _CAPABILITIES_3, 0)
    held = ctypes.create_string_buffer(24)
    assert libc.capget(header, held) == 0
    low = struct.unpack("=6I", held.raw)
    kept = [bits & ~(1 << _CAP_NET_ADMIN) if at < 3 else bits for at, bits in enumerate(low)]
    assert libc.capset(header, struct.pack("=6I", *kept)) == 0
