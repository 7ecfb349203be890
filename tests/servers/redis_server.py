"""Debian's redis-server on a free port, in a temporary folder, as an unprivileged user."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import real

PROGRAM = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(PROGRAM is None, reason="redis-server is missing: apt-get install redis-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port if port < 55_000 else free_port()  # a cluster node also listens 10,000 above


@dataclass
class RedisServer:
    """A running server."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def ask(self, *lines: str) -> bytes:
        """What is answered to inline commands on a connection of their own, up to its end."""
        with self.connect() as sock:
            sock.sendall("".join(line + "\r\n" for line in (*lines, "QUIT")).encode())
            return read_all(sock)


def read_all(sock: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    parts = []
    while data := sock.recv(65536):
        parts.append(data)
    return b"".join(parts)


@contextmanager
def redis_server(*options: str, folder: Path | None = None, wait: bool = True) -> Iterator[RedisServer]:
    """Run one.

    Args:
        options: of its command line.
        folder: of an earlier one, to load what that saved.
        wait: until it answers PING with PONG; else until it answers at all.
    """
    assert PROGRAM is not None
    made = Path(tempfile.mkdtemp(prefix="redis-")) if folder is None else folder
    if os.getuid() == 0:
        shutil.chown(made, "nobody", "nogroup")
    try:
        server = _started(made, options)
        try:
            _until_it_answers(server, b"+PONG" if wait else b"")
            real.ran("Redis")
            yield server
        finally:
            server.process.kill()
            server.process.wait(10)
    finally:
        if folder is None:
            shutil.rmtree(made, ignore_errors=True)


def _started(folder: Path, options: tuple[str, ...]) -> RedisServer:
    """One that has not ended at once: another program may take a port between its choice and its use."""
    root = os.getuid() == 0
    for _ in range(5):
        port = free_port()
        arguments = [
            str(PROGRAM), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "",
            "--daemonize", "no", "--enable-debug-command", "yes", *options,
        ]  # fmt: skip
        process = subprocess.Popen(
            arguments,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            user="nobody" if root else None,
            group="nogroup" if root else None,
            extra_groups=[] if root else None,
        )
        server = RedisServer(port, folder, process)
        if _listens(server):
            return server
        process.wait(10)
    raise AssertionError("redis-server ended at once, five times")


def _listens(server: RedisServer) -> bool:
    end = time.monotonic() + 15
    while time.monotonic() < end and server.process.poll() is None:
        with suppress(OSError), server.connect():
            return server.process.poll() is None
        time.sleep(0.01)
    return False


def _until_it_answers(server: RedisServer, wanted: bytes) -> None:
    end = time.monotonic() + 15
    while time.monotonic() < end:
        assert server.process.poll() is None, "redis-server ended at once"
        try:
            answer = server.ask("PING")
        except OSError:
            answer = b""
        if answer and (answer.startswith((wanted, b"-NOAUTH")) or b"-DENIED" in answer):
            return
        time.sleep(0.02)
    raise AssertionError("redis-server did not answer")
