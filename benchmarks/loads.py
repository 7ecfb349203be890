"""Backends and loads: an echo, a round trip, a bulk download, HTTP over kept connections. Sizes are arguments."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

HTTP_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, world!"


@asynccontextmanager
async def server(kind: str) -> AsyncIterator[int]:
    """A backend in a thread of its own: `echo`, `http`, or `source` (sends for as long as it is read)."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    thread = threading.Thread(target=_accept, args=(listener, kind), daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def _accept(listener: socket.socket, kind: str) -> None:
    with suppress(OSError):
        while True:
            sock, _ = listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_serve, args=(sock, kind), daemon=True).start()


def _serve(sock: socket.socket, kind: str) -> None:
    with suppress(OSError), sock:
        if kind == "source":
            block = bytes(1 << 18)
            while True:
                sock.sendall(block)
        while data := sock.recv(65536):
            sock.sendall(HTTP_ANSWER * data.count(b"\r\n\r\n") if kind == "http" else data)


def round_trips(port: int, count: int, pause_s: float = 0.0) -> list[float]:
    """Seconds of `count` 64-byte round trips on one connection."""
    times = []
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            start = time.perf_counter()
            sock.sendall(bytes(64))
            left = 64
            while left:
                left -= len(sock.recv(left))
            times.append(time.perf_counter() - start)
            if pause_s:
                time.sleep(pause_s)
    return times


def download(port: int, megabytes: int) -> float:
    """MB/s of one connection."""
    left, buffer = megabytes * 1_000_000, bytearray(1 << 18)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        start = time.perf_counter()
        while left > 0:
            left -= sock.recv_into(buffer)
        return megabytes / (time.perf_counter() - start)


def requests(port: int, count: int) -> float:
    """HTTP requests a second on one kept connection, one after the other."""
    request = b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start = time.perf_counter()
        for _ in range(count):
            sock.sendall(request)
            left = len(HTTP_ANSWER)
            while left:
                left -= len(sock.recv(left))
        return count / (time.perf_counter() - start)
