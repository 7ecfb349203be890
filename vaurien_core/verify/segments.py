"""What the kernel does for a fault: loss of real packets, which senders retransmit."""

from __future__ import annotations

import math
import socket
import struct

from vaurien_core.behaviors.loss import KERNEL, LossOptions
from vaurien_core.verify import times
from vaurien_core.verify.backend import Heard, pattern
from vaurien_core.verify.stand import Stand, Way
from vaurien_core.verify.times import LONGEST_S, streams, where
from vaurien_core.verify.values import Measured, NotHereError, Problem

SEGMENT, SEGMENTS = 1024, 16
"""Bytes of a segment, and how many are under way at once: fewer than any buffer takes."""
EXPECTED = 16
"""So many are to be lost on each stream, as a busy machine makes kernels send one or two again that were not lost."""
LEAST, MOST = 0.1, 40.0
"""Rates in percent that can be told from none, and that a connection lives with."""
_RETRANSMITTED_AT = 100
"""Where `tcpi_total_retrans` stands in a `tcp_info` (linux/tcp.h)."""


def loss(stand: Stand) -> Measured:
    """What the seed says, or what the kernel counts."""
    options = stand.options
    assert isinstance(options, LossOptions)
    if options.how != KERNEL:
        return times.loss(stand)
    if not LEAST <= options.rate <= MOST:
        raise NotHereError(f"rates within {LEAST:g}..{MOST:g} % are measured with how = {KERNEL}")
    rounds = math.ceil(EXPECTED / SEGMENTS / (options.rate / 100)) + 1
    control, faulted = _through(stand.control, rounds), _through(stand.faulted, rounds)
    problems = [] if faulted[0] == control[0] == "identical" else [Problem("what passed is not what was sent")]
    for upstream in streams(stand):
        again, usual = (found[1] if upstream else found[2] for found in (faulted, control))
        if again <= usual:
            sender = "client" if upstream else "backend"
            problems.append(Problem(f"the {sender} retransmitted {again} segments, {usual} without the fault"))
    claimed = f"{options.rate:g} % of the packets are lost {where(stand)}: senders retransmit, every byte arrives"
    figures = {"client": float(faulted[1]), "backend": float(faulted[2]), "control": float(control[1] + control[2])}
    return Measured(claimed, _said(faulted), _said(control), tuple(problems), figures)


def _through(way: Way, rounds: int) -> tuple[str, int, int]:
    """Whether the bytes of so many rounds were the same both ways, and what client and backend sent again."""
    size = SEGMENT * SEGMENTS

    def serve(heard: Heard) -> None:
        heard.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            rest = size
            while rest:
                data = heard.read(rest)
                if not data:
                    return
                rest -= len(data)
            for start in range(0, size, SEGMENT):
                if not heard.say(pattern(SEGMENT, start)):
                    return

    way.serve(serve)
    with way.connect() as client:
        for number in range(rounds):
            for start in range(0, size, SEGMENT):
                client.say(pattern(SEGMENT, number * size + start))
            if client.read(size, 2 * LONGEST_S) != pattern(size):
                return f"not identical after {number} rounds", 0, 0
        heard = way.backend.heard[-1]
        same = bytes(heard.data) == pattern(rounds * size)[: Heard.KEEP]
        return "identical" if same else "not identical", _again(client.sock), _again(heard.sock)


def _again(sock: socket.socket) -> int:
    """Segments that this end has sent again."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RETRANSMITTED_AT + 4)
    return int(struct.unpack_from("=I", info, _RETRANSMITTED_AT)[0])


def _said(found: tuple[str, int, int]) -> str:
    return f"{found[0]}; sent again: client {found[1]}, backend {found[2]}"
