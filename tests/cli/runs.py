"""Real runs of `vaurien` in a process of their own, and a real backend for them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from vaurien_core.cli.main import main

PYTHON = sys.executable
MODULE = (PYTHON, "-m", "vaurien_core.cli.main")
ROOT = Path(__file__).parents[2]
GETS = """
import os, socket, sys
place = (os.environ['VAURIEN_DEFAULT_HOST'], int(os.environ['VAURIEN_DEFAULT_PORT']))
for n in range(int(sys.argv[1])):
    with socket.create_connection(place, 20) as s:
        s.sendall(b'GET /%d HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' % n)
        got = b''
        while b'\\r\\n\\r\\n' not in got: got += s.recv(65536)
        head, _, body = got.partition(b'\\r\\n\\r\\n')
        length = int(head.lower().partition(b'content-length:')[2].partition(b'\\r')[0])
        while len(body) < length: body += s.recv(65536)
"""


def gets(count: int) -> list[str]:
    """A command that sends requests to the proxy `default`, one connection each."""
    return [PYTHON, "-S", "-c", GETS, str(count)]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("VAURIEN_") or k == "VAURIEN_PORT"}
    return {**kept, "PYTHONPATH": str(ROOT), **(extra or {})}


def vaurien(
    *words: object, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """One run from start to exit."""
    return subprocess.run(
        [*MODULE, *map(str, words)], capture_output=True, text=True, timeout=30, env=environment(env), cwd=cwd
    )


def here(capsys: pytest.CaptureFixture[str], *words: object) -> subprocess.CompletedProcess[str]:
    """One run in this process, which is quicker."""
    status = main(list(map(str, words)))
    out, err = capsys.readouterr()
    return subprocess.CompletedProcess([], status, out, err)


class Running:
    """A run that goes on; `ready` is its line, `place` where `default` listens."""

    def __init__(self, words: Sequence[object], env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [*MODULE, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(env),
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline().rstrip("\n")

    @property
    def place(self) -> tuple[str, int]:
        match = re.search(r" default=(\S+):(\d+)", self.ready)
        assert match is not None, self.ready or self.end()
        return match[1].strip("[]"), int(match[2])

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal and wait; status and stderr."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err

    def get(self, path: str = "/", timeout: float = 20.0) -> bytes:
        return get(self.place, path, timeout)


@contextmanager
def running(*words: object, env: Mapping[str, str] | None = None) -> Iterator[Running]:
    run = Running(words, env)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
        run.process.communicate()


def get(place: tuple[str, int], path: str = "/", timeout: float = 20.0) -> bytes:
    """The answer to one GET, until the connection ends."""
    with socket.create_connection(place, timeout) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        parts = []
        while part := sock.recv(65536):
            parts.append(part)
        return b"".join(parts)


class _Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"the real answer"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def backend() -> Iterator[str]:
    """A real HTTP server on a free port; yields its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def echo(greeting: bytes = b"") -> Iterator[str]:
    """A real TCP server that says its greeting and then what it hears; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(sock: socket.socket) -> None:
        with sock:
            sock.sendall(greeting)
            while data := sock.recv(65536):
                sock.sendall(data)

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@contextmanager
def taken() -> Iterator[str]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield f"127.0.0.1:{sock.getsockname()[1]}"


def free_port() -> int:
    """A port of this machine that nobody has now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] != "Z"
