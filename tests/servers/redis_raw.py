"""A Redis connection that shows bytes: one request, the bytes of its one answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import BinaryIO, Self

GONE = b"the connection was closed"


class Raw:
    """Connects when first asked, and again after the server has closed."""

    def __init__(self, port: int, *first: str) -> None:
        self._port, self._first = port, first
        self._sock: socket.socket | None = None
        self._heard: BinaryIO | None = None

    def ask(self, line: str) -> list[bytes]:
        """The answer to an inline command; behind `GONE` if the connection had been closed before."""
        gone = []
        if self._sock is not None:
            told = self._once(line)
            if told:
                return [told]
            gone.append(GONE)
            self.close()
        self._sock = socket.create_connection(("127.0.0.1", self._port), timeout=20)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard = self._sock.makefile("rb")
        for first in self._first:
            self._once(first)
        return [*gone, self._once(line) or GONE]

    def say(self, line: str) -> None:
        """Ask without waiting for the answer; only once connected."""
        assert self._sock is not None
        self._sock.sendall(line.encode() + b"\r\n")

    def hear(self) -> bytes:
        """The next answer."""
        assert self._heard is not None
        return read_reply(self._heard)

    def _once(self, line: str) -> bytes:
        try:
            self.say(line)
            return self.hear()
        except ConnectionError:
            return b""

    def close(self) -> None:
        if self._heard is not None:
            self._heard.close()
        if self._sock is not None:
            self._sock.close()
        self._sock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_reply(heard: BinaryIO) -> bytes:
    """The bytes of one answer of RESP2 or RESP3; what comes until the end if it ends early."""
    line = heard.readline()
    kind, size = line[:1], line[1:].strip()
    if kind in (b"$", b"=", b"!") and size != b"-1":
        return line + heard.read(int(size) + 2)
    if kind and kind in b"*%~>|" and size != b"-1":
        count = int(size) * (2 if kind in b"%|" else 1) + (kind == b"|")
        return line + b"".join(read_reply(heard) for _ in range(count))
    return line


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
