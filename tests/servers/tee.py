"""A wire with ears between a proxy and its backend: what passes in each direction, byte by byte, by connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.serving import served


@dataclass
class Wire:
    """One connection."""

    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)


@dataclass
class Tee:
    """Listens on `port`."""

    port: int
    wires: list[Wire] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


def _copy(source: socket.socket, target: socket.socket, heard: bytearray) -> None:
    with suppress(OSError):
        while data := source.recv(262_144):
            heard += data
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def tee(backend: int) -> Iterator[Tee]:
    """Listen until the end of the block; then all has been heard."""
    listener = socket.create_server(("127.0.0.1", 0))
    it = Tee(listener.getsockname()[1])

    def serve(client: socket.socket) -> None:
        wire = Wire()
        it.wires.append(wire)
        with client, socket.create_connection(("127.0.0.1", backend)) as server:
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=_copy, args=(server, client, wire.down))
            back.start()
            _copy(client, server, wire.up)
            back.join()

    with served(listener, serve):
        yield it
