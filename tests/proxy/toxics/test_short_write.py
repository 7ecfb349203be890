"""short_write: what a real sender meets, and what is left when it has gone."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket

from tests.proxy.lab import Lab, Place, everywhere
from tests.proxy.toxics.bench import poisoned, toxic, use

MESSAGE = os.urandom(450_000)
"""It fits into a sender's buffer of 512 KiB while the receiver reads as usual."""


class Sink:
    """A backend that keeps what it gets."""

    def __init__(self) -> None:
        self.digests: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hashed = hashlib.sha256()
        while data := await reader.read(65536):
            hashed.update(data)
        self.digests.append(hashed.hexdigest())
        writer.close()


def _once(sock: socket.socket) -> int:
    """The slide's first snippet: what `send` returns is not looked at."""
    return sock.send(MESSAGE)


def _loop(sock: socket.socket) -> int:
    """The slide's loop."""
    sent = 0
    while sent < len(MESSAGE):
        sent += sock.send(MESSAGE[sent:])
    return sent


def _all(sock: socket.socket) -> int:
    sock.sendall(MESSAGE)
    return len(MESSAGE)


def _send(port: int, how: object) -> int:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 262_144)
        sock.settimeout(30)
        sock.connect(("127.0.0.1", port))
        assert callable(how)
        sent = how(sock)
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""
    return int(sent)


def _port(it: Lab) -> int:
    assert it.server.bound is not None
    return it.server.bound.port


@everywhere
def test_one_send_loses_data_and_the_loop_and_sendall_deliver_it(place: Place) -> None:
    async def main() -> None:
        sink = Sink()
        whole = hashlib.sha256(MESSAGE).hexdigest()
        async with poisoned(handler=sink) as it:
            assert await asyncio.to_thread(_send, _port(it), _once) == len(MESSAGE)
            use(it, toxic("short_write", "upstream", rate=1000))
            taken = await asyncio.to_thread(_send, _port(it), _once)
            assert 0 < taken < len(MESSAGE)
            for how in (_loop, _all):
                await asyncio.to_thread(_send, _port(it), how)
            use(it)
            assert await asyncio.to_thread(_send, _port(it), _once) == len(MESSAGE)
            assert [digest == whole for digest in sink.digests] == [True, False, True, True, True]
            assert dict(it.server.sample().toxics) == {"short_write": 3}

    place.run(main)


@everywhere
def test_all_normal_gives_the_window_back(place: Place) -> None:
    async def main() -> None:
        sink = Sink()
        async with poisoned(toxic("short_write", "upstream"), handler=sink) as it:
            it.server.set_normal(True)
            assert await asyncio.to_thread(_send, _port(it), _once) == len(MESSAGE)
            it.server.set_normal(False)
            assert await asyncio.to_thread(_send, _port(it), _once) < len(MESSAGE)

    place.run(main)
