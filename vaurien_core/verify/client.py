"""The client of a measurement: a plain blocking socket that says how long things took and how they ended."""

from __future__ import annotations

import socket
import time
from types import TracebackType
from typing import Self

from vaurien_core.verify.backend import PIECE, name_of, pattern

PATIENCE_S = 5.0
"""How long a client waits for what should come."""


class Client:
    """One connection; made by `Way.connect`, a context manager.

    Args:
        port: on 127.0.0.1.
        patience_s: for the connect and for each read.

    Attributes:
        ended: "" while open, then `FIN` or the name of the error (`ECONNRESET`, `timed out`).
        arrivals: when bytes came and how many, of the last `read`.
    """

    def __init__(self, port: int, patience_s: float = PATIENCE_S) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), patience_s)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ended = ""
        self.ended_at = 0.0
        self.arrivals: list[tuple[float, int]] = []

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        """Close it."""
        self.sock.close()

    def say(self, data: bytes) -> None:
        """Send all of it, unless the connection has ended."""
        try:
            self.sock.sendall(data)
        except OSError as error:
            self._end(name_of(error))

    def pour(self, size: int) -> None:
        """Send so many bytes of the pattern, piece by piece."""
        for start in range(0, size, PIECE):
            self.say(pattern(min(PIECE, size - start), start))

    def read(self, size: int, patience_s: float = PATIENCE_S) -> bytes:
        """So many bytes, or fewer if the connection ends or nothing more comes for so long (then it is not `ended`)."""
        got = bytearray()
        self.arrivals = []
        self.sock.settimeout(patience_s)
        while len(got) < size and not self.ended:
            try:
                data = self.sock.recv(min(PIECE * 4, size - len(got)))
            except TimeoutError as error:
                if error.errno is None:
                    break
                self._end(name_of(error))
            except OSError as error:
                self._end(name_of(error))
            else:
                if not data:
                    self._end("FIN")
                    break
                self.arrivals.append((time.monotonic(), len(data)))
                got += data
        return bytes(got)

    def read_like(self, usual: bytes, patience_s: float) -> bytes:
        """Read the usual bytes, or up to the first piece that differs from them."""
        got = b""
        while len(got) < len(usual) and usual.startswith(got) and not self.ended:
            piece = self.read(1, patience_s)
            if not piece:
                break
            got += piece
        return got

    def count(self, size: int, patience_s: float) -> list[tuple[float, int]]:
        """Read so many bytes and keep none: when they came, and how many each time."""
        into, rest = bytearray(PIECE * 4), size
        self.arrivals = []
        self.sock.settimeout(patience_s)
        while rest > 0:
            try:
                read = self.sock.recv_into(into, min(rest, len(into)))
            except OSError as error:
                self._end(name_of(error))
                break
            if not read:
                self._end("FIN")
                break
            self.arrivals.append((time.monotonic(), read))
            rest -= read
        return self.arrivals

    def ask(self, request: bytes, size: int, patience_s: float = PATIENCE_S) -> tuple[float, bytes]:
        """Send a request and read the answer; the seconds until it was complete, and the answer."""
        began = time.monotonic()
        self.say(request)
        answer = self.read(size, patience_s)
        return time.monotonic() - began, answer

    def ending(self, within_s: float = PATIENCE_S) -> str:
        """How it ends: `FIN`, an error's name, `bytes` if some come instead, or `open` after so long."""
        if not self.ended and self.read(1, within_s):
            return "bytes"
        return self.ended or "open"

    def _end(self, how: str) -> None:
        self.ended, self.ended_at = how, time.monotonic()
