"""Debian's memcached on a free port, as an unprivileged user."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from tests.support import real

PROGRAM = shutil.which("memcached")
needs_memcached = pytest.mark.skipif(PROGRAM is None, reason="memcached is missing: apt-get install memcached")


@dataclass
class MemcacheServer:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def ask(self, *said: bytes) -> bytes:
        """What is answered to these bytes, up to a no-op behind each of them."""
        return ask(self.port, *said)


def ask(port: int, *said: bytes, end: bytes = b"MN\r\n") -> bytes:
    """What is answered on a connection of its own to these bytes, up to a no-op behind each of them or the end.

    Not all at once: an error in `get` makes memcached 1.6 forget the answers that it has not sent yet.
    """
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        for part in said:
            sock.sendall(part + b"mn\r\n")
            told = b""
            while not told.endswith(end) and (data := sock.recv(65536)):
                told += data
            heard += told.removesuffix(end)
    return heard


@contextmanager
def memcached(*options: str) -> Iterator[MemcacheServer]:
    """Run one with these options of its command line."""
    server = _started(options)
    try:
        real.ran("memcached")
        yield server
    finally:
        server.process.kill()
        server.process.wait(10)


def _started(options: tuple[str, ...]) -> MemcacheServer:
    """One that answers; another program may take a port between its choice and its use."""
    assert PROGRAM is not None
    root = os.getuid() == 0
    for _ in range(5):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen(
            [PROGRAM, "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "1", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user="nobody" if root else None,
            group="nogroup" if root else None,
            extra_groups=[] if root else None,
        )
        server = MemcacheServer(port, process)
        end = time.monotonic() + 10
        while process.poll() is None and time.monotonic() < end:
            with suppress(OSError):
                if server.ask(b"version\r\n").startswith(b"VERSION") and process.poll() is None:
                    return server
            time.sleep(0.01)
        process.kill()
        process.wait(10)
    raise AssertionError("memcached did not answer, five times")
