"""Conversations as steps: who says which bytes. Both ends are played with random cuts and compared byte for byte."""

from __future__ import annotations

import hashlib
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Step = tuple[str, bytes]
"""`c`: the client says this; `s`: the backend does; `C`, `S`: it closes its sending side."""
MB = 1_000_000


def _request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: test", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def _answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode() + body


def _length(body: bytes) -> str:
    return f"Content-Length: {len(body)}"


def _chunked(body: bytes, rng: random.Random) -> bytes:
    out, at = b"", 0
    while at < len(body):
        size = rng.randint(1, 5000)
        piece = body[at : at + size]
        out += b"%x;ext=1\r\n%s\r\n" % (len(piece), piece)
        at += size
    return out + b"0\r\nTrailer: x\r\n\r\n"


def keep_alive(count: int = 1000) -> list[Step]:
    """Many small requests on one connection."""
    steps: list[Step] = []
    for n in range(count):
        body = b"x" * (n % 97)
        steps += [("c", _request("GET", f"/{n}")), ("s", _answer("200 OK", _length(body), body=body))]
    return steps


def pipeline(depth: int = 60) -> list[Step]:
    """Requests without waiting; a body now and then."""
    bodies = [b"b" * n if n % 3 == 0 else b"" for n in range(depth)]
    asks = b"".join(_request("POST", f"/{n}", _length(b), body=b) for n, b in enumerate(bodies))
    return [("c", asks), ("s", b"".join(_answer("200 OK", _length(b), body=b) for b in bodies))]


def odd() -> list[Step]:
    """What HTTP allows, and what it doesn't but what is seen."""
    rng = random.Random(5)
    body = rng.randbytes(20_000)
    return [
        ("c", b"\r\n\r\n" + _request("HEAD", "/head")),
        ("s", _answer("200 OK", "Content-Length: 1000")),
        ("c", _request("GET", "/nothing")),
        ("s", _answer("204 No Content")),
        ("c", _request("GET", "/cached")),
        ("s", _answer("304 Not Modified", "Content-Length: 55")),
        ("c", _request("POST", "/chunked", "tRANSFER-eNCODING:   chunked", body=_chunked(body, rng))),
        ("s", _answer("200 OK", "Transfer-Encoding: chunked", body=_chunked(body, rng))),
        ("c", _request("PUT", "/wait", _length(body), "Expect: 100-continue")),
        ("s", _answer("100 Continue")),
        ("c", body),
        ("s", _answer("103 Early Hints", "Link: </x>") + _answer("201 Created", "Content-Length: 0")),
        ("c", b"GET /lf HTTP/1.1\nHost: test\nFolded: a\n  b\n\n"),
        ("s", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
        ("c", b"GET /old HTTP/1.0\r\n\r\n"),
        ("s", b"HTTP/1.0 200 OK\r\n\r\n" + body),
        ("S", b""),
        ("C", b""),
    ]


def until_close() -> list[Step]:
    """Half-close: the client ends first, the answer still comes."""
    body = random.Random(6).randbytes(300_000)
    return [("c", b"GET / HTTP/1.0\r\n\r\n"), ("C", b""), ("s", b"HTTP/1.0 200 OK\r\n\r\n" + body), ("S", b"")]


def upgrade() -> list[Step]:
    """After 101 nothing is HTTP any more."""
    rng = random.Random(7)
    return [
        ("c", _request("GET", "/chat", "Connection: Upgrade", "Upgrade: websocket")),
        ("s", _answer("101 Switching Protocols", "Upgrade: websocket") + rng.randbytes(100)),
        *(step for _ in range(20) for step in (("c", rng.randbytes(333)), ("s", rng.randbytes(777)))),
    ]


def connect() -> list[Step]:
    """A tunnel."""
    rng = random.Random(8)
    return [
        ("c", b"CONNECT db:5432 HTTP/1.1\r\nHost: db\r\n\r\n"),
        ("s", _answer("200 OK")),
        ("s", rng.randbytes(500)),
        ("c", rng.randbytes(500)),
    ]


def garbage() -> list[Step]:
    """Not HTTP at all."""
    rng = random.Random(9)
    return [("c", rng.randbytes(100_000)), ("s", rng.randbytes(50_000)), ("c", b"\x16\x03\x01" + rng.randbytes(2000))]


def long_header(size: int = 10 * MB) -> list[Step]:
    """Ten megabytes of header."""
    return [("c", b"GET / HTTP/1.1\r\nX: " + b"y" * size + b"\r\n\r\n"), ("s", _answer("200 OK", "Content-Length: 0"))]


def bulk(down: int, up: int) -> list[Step]:
    """A large download, then a large upload."""
    rng = random.Random(10)
    block = rng.randbytes(MB)
    return [
        ("c", _request("GET", "/big")),
        ("s", _answer("200 OK", f"Content-Length: {down}")),
        *((("s", block),) * (down // MB)),
        ("c", _request("PUT", "/big", f"Content-Length: {up}")),
        *((("c", block),) * (up // MB)),
        ("s", _answer("204 No Content")),
    ]


class _Side:
    """Plays one side: sends its own steps in cuts, reads as many bytes as the other side's steps hold."""

    def __init__(self, sock: socket.socket, me: str, steps: list[Step], cut: Callable[[], int]) -> None:
        self.sock, self.me, self.steps, self.cut = sock, me, steps, cut
        self.expected, self.got = hashlib.sha256(), hashlib.sha256()
        self.error = ""

    def run(self) -> None:
        try:
            for who, data in self.steps:
                if who == self.me:
                    self._say(data)
                elif who == self.me.upper():
                    self.sock.shutdown(socket.SHUT_WR)
                elif who.islower():
                    self._hear(data)
                elif self.sock.recv(1):
                    self.error = "more bytes than were sent"
        except OSError as error:
            self.error = f"{self.me}: {error!r}"

    def _say(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            size = self.cut()
            self.sock.sendall(data[at : at + size])
            at += size

    def _hear(self, data: bytes) -> None:
        self.expected.update(data)
        left = len(data)
        while left:
            piece = self.sock.recv(min(left, self.cut() + 4096))
            if not piece:
                self.error = f"{self.me}: end of stream with {left} bytes missing"
                return
            self.got.update(piece)
            left -= len(piece)


def cuts(kind: str, seed: int) -> Callable[[], int]:
    """How many bytes are sent at once: `bytes` (1 to 3), `small`, `large`."""
    rng = random.Random(seed)
    low, high = {"bytes": (1, 3), "small": (1, 3000), "large": (MB, MB)}[kind]
    return lambda: rng.randint(low, high)


@contextmanager
def backend(steps: list[Step], kind: str) -> Iterator[tuple[int, Callable[[], _Side]]]:
    """A backend that plays its side on one connection; yields its port and a call that waits for its result."""
    listener = socket.create_server(("127.0.0.1", 0))
    sides: list[_Side] = []

    def serve() -> None:
        with suppress(OSError):
            sock, _ = listener.accept()
            sock.settimeout(30)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            side = _Side(sock, "s", steps, cuts(kind, 1))
            sides.append(side)
            side.run()

    thread = threading.Thread(target=serve)
    thread.start()

    def result() -> _Side:
        thread.join(60)
        return sides[0]

    try:
        yield listener.getsockname()[1], result
    finally:
        listener.close()
        thread.join(1)
        for side in sides:
            side.sock.close()


def play(port: int, steps: list[Step], kind: str) -> _Side:
    """The client's side."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        side = _Side(sock, "c", steps, cuts(kind, 2))
        side.run()
        return side
