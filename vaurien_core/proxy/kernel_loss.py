"""Real loss: a filter on a TCP socket that drops a share of the segments that arrive, before TCP sees them.

So the peer's kernel retransmits them, as over a network that loses packets. The filter is a program of the classic BPF
(socket(7), SO_ATTACH_FILTER), which the kernel runs on each segment from its TCP header on (tcp_filter in
net/ipv4/tcp_ipv4.c); chance is the kernel's. Linux only; many kernels ask for CAP_NET_ADMIN. Ports use it for toxics.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from array import array
from functools import cache

SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_MEMINFO = 26, 27, 55
"""asm-generic/socket.h."""
MEMINFO_DROPS = 8
"""Which of the 32-bit numbers of SO_MEMINFO counts the segments that were dropped (linux/sock_diag.h)."""
LOAD_BYTE, LOAD_WORD, JUMP_IF_SET, JUMP_IF_AT_LEAST, RETURN = 0x30, 0x20, 0x45, 0x35, 0x06
"""Instructions, linux/bpf_common.h: BPF_LD|BPF_B|BPF_ABS, BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JSET, BPF_JMP|BPF_JGE."""
FLAGS_AT, RST = 13, 0x04
"""Where the flags of a TCP header stand, and the one of a reset (RFC 9293, 3.1)."""
RANDOM = 0xFFFFF000 + 56
"""Loads 32 random bits: SKF_AD_OFF + SKF_AD_RANDOM, linux/filter.h."""
KEEP, DROP = 0xFFFFFFFF, 0
"""How many bytes of a segment are kept."""


def program(share: float) -> bytes:
    """Instructions that drop this share, more than 0 and up to 1, of the segments.

    Resets pass: nothing repeats one, so a connection would outlive its peer for ever.
    """
    least = round(share * 2**32)
    chance = ((LOAD_WORD, 0, 0, RANDOM), (JUMP_IF_AT_LEAST, 0, 1, least)) if least < 2**32 else ()
    steps = (
        (LOAD_BYTE, 0, 0, FLAGS_AT),
        (JUMP_IF_SET, 2 if chance else 0, 0 if chance else 1, RST),
        *chance,
        (RETURN, 0, 0, KEEP),
        (RETURN, 0, 0, DROP),
    )
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def drop(sock: socket.SocketType, share: float) -> None:
    """Drop this share, 0..1, of the segments that arrive from now on, in the place of what was dropped before.

    Raises:
        OSError: the kernel doesn't permit it, or the socket has no segments.
    """
    if sys.platform != "linux" or sock.family not in (socket.AF_INET, socket.AF_INET6):
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
    if share <= 0:
        sock.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
        return
    code = array("B", program(share))
    address, size = code.buffer_info()
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", size // 8, address))


def dropped(sock: socket.SocketType) -> int:
    """How many segments that arrived here the kernel has dropped, the filter or TCP itself; 0 where it can't say."""
    try:
        return int(struct.unpack_from("=9I", sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))[MEMINFO_DROPS])
    except (OSError, struct.error):
        return 0


@cache
def why_not() -> str:
    """Why this process can't drop segments, as the end of a sentence; "" if it can. Tried once, on sockets of its own.

    Takes well under a millisecond, of loopback.
    """
    if sys.platform != "linux":
        return "only Linux has filters for sockets"
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            socket.create_connection(listener.getsockname(), 1.0) as sender,
            listener.accept()[0] as receiver,
        ):
            drop(receiver, 1.0)
            sender.send(b"?")
            receiver.setblocking(False)
            try:
                receiver.recv(1)
            except BlockingIOError:
                drop(receiver, 0.0)
                return ""
            return "the kernel takes the filter and doesn't apply it"
    except PermissionError:
        return "the kernel lets only processes with CAP_NET_ADMIN filter what a TCP socket receives"
    except OSError as error:
        return f"the kernel refuses a filter on a TCP socket ({error.strerror or error})"


def why_not_between(*, upstream: bool, downstream: bool, client_unix: bool, backend_unix: bool) -> str:
    """As `why_not`, for these streams of a proxy of which a side may be a Unix socket."""
    if (upstream and client_unix) or (downstream and backend_unix):
        return "a Unix socket has no packets"
    return why_not()
