"""Faults that a sender meets: short_write."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from contextlib import suppress

from vaurien_core.verify.backend import Heard, pattern
from vaurien_core.verify.judging import expect
from vaurien_core.verify.stand import Stand, Way, until
from vaurien_core.verify.values import Measured, Problem

SIZE = 450_000
"""Bytes of the message: they fit into the sender's buffer while a usual receiver reads, but not where the receiver's
window is tiny (measured on Linux 6: 379 kB are taken then)."""
BUFFER = 262_144
"""SO_SNDBUF of the sender, which the kernel doubles."""
PATIENCE_S = 2.0
WHOLE_S = 60.0
Send = Callable[[socket.socket, bytes], int]


def once(sock: socket.socket, message: bytes) -> int:
    """One `send()`, what it returns ignored: loses what didn't fit."""
    return sock.send(message)


def loop(sock: socket.socket, message: bytes) -> int:
    """`send()` until all has gone."""
    sent = 0
    while sent < len(message):
        sent += sock.send(message[sent:])
    return sent


def all_of_it(sock: socket.socket, message: bytes) -> int:
    """`sendall()`."""
    sock.sendall(message)
    return len(message)


def sink(heard: Heard) -> None:
    """A backend that reads to the end."""
    while heard.read():
        pass


def deliver(way: Way, send: Send) -> tuple[int, bytes]:
    """What `send` says that it sent, through a socket with a timeout, and what the backend has in the end."""
    way.serve(sink)
    before = len(way.backend.heard)
    with way.connect() as client:
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        client.sock.settimeout(PATIENCE_S if send is once else WHOLE_S)
        sent = 0
        with suppress(OSError):
            sent = send(client.sock, pattern(SIZE))
        with suppress(OSError):
            client.sock.shutdown(socket.SHUT_WR)
        heard = way.backend.heard
        until(lambda: len(heard) > before and heard[-1].ended, WHOLE_S)
    return sent, bytes(heard[-1].data) if len(heard) > before else b""


def short_write(stand: Stand) -> Measured:
    """One `send()` returns less than asked, and the backend's hash shows it; the loop and `sendall` deliver."""
    wanted = hashlib.sha256(pattern(SIZE)).digest()
    control, whole = deliver(stand.control, once)
    sent, got = deliver(stand.faulted, once)
    problems = expect("the control's send()", (control, len(whole)), (SIZE, SIZE))
    if sent >= SIZE or sent == 0:
        problems.append(Problem(f"send() of {SIZE} B returned {sent}"))
    if hashlib.sha256(got).digest() == wanted:
        problems.append(Problem("the backend's hash is right though send() was used once"))
    for send, name in ((loop, "the loop"), (all_of_it, "sendall")):
        if hashlib.sha256(deliver(stand.faulted, send)[1]).digest() != wanted:
            problems.append(Problem(f"{name} did not deliver the message"))
    return Measured(
        "send() on a socket with a timeout returns less than asked; the loop and sendall deliver",
        f"send() of {SIZE} B returned {sent}; backend: {len(got)} B",
        f"send() returned {control}",
        tuple(problems),
        {"sent": sent},
    )
