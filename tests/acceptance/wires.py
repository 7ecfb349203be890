"""A backend that keeps what it was sent and how each connection ended, and a client that says bytes and reads them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

PATIENCE_S = 10.0
ROOT = Path(__file__).parents[2]
PYTHON = sys.executable


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours without what another run left in it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("VAURIEN_") or k == "VAURIEN_PORT"}
    return {**kept, "PYTHONPATH": str(ROOT), **(extra or {})}


@dataclass
class Seen:
    """One connection as the backend saw it; `end` is fin, rst or "" while it is open."""

    data: bytearray = field(default_factory=bytearray)
    requests: list[tuple[str, float]] = field(default_factory=list)
    end: str = ""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer as the client got it; `names` are the header names as sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    raw_head: bytes


def told(method: str, path: str, body: bytes) -> bytes:
    """What the backend answers a request with."""
    return f"{method} {path} {len(body)} {hashlib.sha1(body).hexdigest()}\n".encode()


class _Reader:
    """Reads from a socket up to a mark or a length."""

    def __init__(self, sock: socket.socket, keep: bytearray | None = None) -> None:
        self.sock, self.buffer, self.keep = sock, bytearray(), keep

    def more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        if self.keep is not None:
            self.keep += data
        self.buffer += data

    def until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            self.more()
        return self._take(self.buffer.index(mark) + len(mark))

    def exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self.more()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    def chunked(self) -> bytes:
        body = b""
        while size := int(self.until(b"\r\n").split(b";")[0], 16):
            body += self.exactly(size)
            self.until(b"\r\n")
        while self.until(b"\r\n") != b"\r\n":
            pass
        return body


def headers_of(head: bytes) -> dict[str, str]:
    """Names in small letters."""
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}


class Backend:
    """An HTTP/1.1 server of threads: `/big/N` is answered with N bytes, `/slow` after 0.4 s, else what was sent."""

    def __init__(self) -> None:
        self.connections: list[Seen] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = int(self._listener.getsockname()[1])
        self._socks: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def paths(self) -> list[str]:
        """`METHOD /path` of every complete request, over all connections."""
        return [request for seen in list(self.connections) for request, _ in seen.requests]

    def having(self, path: str) -> Seen:
        """The connection that got bytes naming this path."""
        for seen in list(self.connections):
            if path.encode() in seen.data:
                return seen
        raise AssertionError(f"no backend connection saw {path}")

    def clear(self) -> None:
        """Forget what was seen."""
        self.connections.clear()

    def close(self) -> None:
        """Close everything."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._socks:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(2)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            seen = Seen()
            self.connections.append(seen)
            self._socks.append(sock)
            threading.Thread(target=self._serve, args=(sock, seen), daemon=True).start()

    def _serve(self, sock: socket.socket, seen: Seen) -> None:
        reader = _Reader(sock, seen.data)
        try:
            while self._one(sock, reader, seen):
                pass
            sock.shutdown(socket.SHUT_WR)
            while True:
                reader.more()
        except (EOFError, ValueError):
            seen.end = seen.end or "fin"
        except OSError:
            seen.end = seen.end or "rst"
        finally:
            sock.close()

    def _one(self, sock: socket.socket, reader: _Reader, seen: Seen) -> bool:
        head = reader.until(b"\r\n\r\n")
        method, path, version = head.split(b"\r\n")[0].decode().split(" ")
        headers = headers_of(head)
        if headers.get("expect"):
            sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = b""
        if "chunked" in headers.get("transfer-encoding", ""):
            body = reader.chunked()
        elif "content-length" in headers:
            body = reader.exactly(int(headers["content-length"]))
        seen.requests.append((f"{method} {path}", time.monotonic()))
        if path.startswith("/slow"):
            time.sleep(0.4)
        said = b"z" * int(path.split("/")[2]) if path.startswith("/big/") else told(method, path, body)
        close = version == "HTTP/1.0" or headers.get("connection", "").lower() == "close"
        extra = b"Connection: close\r\n" if close else b""
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n" % (len(said), extra))
        sock.sendall(b"" if method == "HEAD" else said)
        return not close


@contextmanager
def backend() -> Iterator[Backend]:
    """A backend for a while."""
    server = Backend()
    try:
        yield server
    finally:
        server.close()


class Wire:
    """One raw client connection."""

    def __init__(self, port: int, timeout_s: float = PATIENCE_S, receive_buffer: int = 0) -> None:
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout_s)
        try:
            self.sock.connect(("127.0.0.1", port))
        except OSError:
            self.sock.close()
            raise
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = _Reader(self.sock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.sock.close()

    def say(self, data: bytes) -> None:
        """Send all of it."""
        self.sock.sendall(data)

    def answer(self, method: str = "GET") -> Answer:
        """The next final answer; interim ones are skipped."""
        while True:
            head = self._reader.until(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            if status >= 200:
                break
        headers = headers_of(head)
        body = b"" if method == "HEAD" else self._reader.exactly(int(headers["content-length"]))
        return Answer(status, headers, body, head)

    def interim(self) -> int:
        """The status of the next answer's head, interim or not."""
        return int(self._reader.until(b"\r\n\r\n").split(b" ", 2)[1])

    def end(self, within_s: float = PATIENCE_S) -> str:
        """How the connection ends: fin, rst, data (something else came) or open (nothing came in time)."""
        if self._reader.buffer:
            return "data"
        self.sock.settimeout(within_s)
        try:
            return "data" if self.sock.recv(65536) else "fin"
        except ConnectionResetError:
            return "rst"
        except TimeoutError:
            return "open"

    def silent(self, for_s: float) -> bool:
        """Whether nothing comes, not even an end."""
        if self._reader.buffer:
            return False
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(for_s * 1000)

    def reset(self) -> None:
        """RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Vaurien:
    """A headless run in a process of its own; `ports` by proxy name, `control` where its API listens."""

    def __init__(self, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
        self.process = subprocess.Popen(
            [PYTHON, "-m", "vaurien_core.cli.main", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(env), cwd=cwd,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline().rstrip("\n")
        self.ports = {name: int(port) for name, port in re.findall(r"(\S+)=\S+?:(\d+)(?:\s|$)", self.ready)}

    @property
    def rss_mb(self) -> float:
        """Resident memory now."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) / 1024

    def end(self, number: int = 15) -> tuple[int, str]:
        """Signal, wait; exit status and stderr."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


@contextmanager
def vaurien(*arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Iterator[Vaurien]:
    """A run that is ready; it must say nothing of a traceback."""
    run = Vaurien(*arguments, env=env, cwd=cwd)
    try:
        assert run.ready.startswith("ready"), run.end()
        yield run
    except BaseException:
        run.process.kill()
        run.process.communicate()
        raise
    _, errors = run.end()
    assert "Traceback" not in errors, errors


def call(url: str, method: str = "GET", body: object = None, **headers: str) -> tuple[int, Any]:
    """One request to a control server: status, and the JSON or text of the answer."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(
        url, data, method=method, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read().decode()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


def soon(condition: object, within_s: float = 5.0) -> bool:
    """Whether a condition comes true in time."""
    assert callable(condition)
    until = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
