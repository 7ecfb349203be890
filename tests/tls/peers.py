"""Blocking peers that speak TLS over plain sockets and can half-close, which Python's own SSLSocket can't."""

from __future__ import annotations

import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

T = TypeVar("T")


class Peer:
    """One end of a connection; plain where there is no context."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None, *, server: bool, name: str = "") -> None:
        sock.settimeout(30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._lock = threading.Lock()
        self._clear: list[bytes] = []
        self._tls: ssl.SSLObject | None = None
        if context is not None:
            self._tls = context.wrap_bio(self._in, self._out, server_side=server, server_hostname=name or None)
            self._until(self._tls.do_handshake)

    def send(self, data: bytes) -> None:
        if self._tls is None:
            self.sock.sendall(data)
            return
        view = memoryview(data)
        while view:
            with self._lock:
                view = view[self._tls.write(view[:65536]) :]
                out = self._out.read()
            self.sock.sendall(out)

    def recv(self, size: int = 65536) -> bytes:
        if self._tls is None:
            return self.sock.recv(size)
        tls = self._tls

        def read() -> bytes:
            if self._clear:
                return self._clear.pop(0)
            try:
                return tls.read(size)
            except ssl.SSLZeroReturnError:
                return b""

        return self._until(read)

    def end(self) -> None:
        """close_notify, and FIN; what was read already is kept, as OpenSSL would drop it."""
        if self._tls is not None:
            with self._lock:
                with suppress(ssl.SSLError):
                    while data := self._tls.read(65536):
                        self._clear.append(data)
                with suppress(ssl.SSLError):
                    self._tls.unwrap()
                out = self._out.read()
            self.sock.sendall(out)
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        self.sock.close()

    def all(self) -> bytes:
        """Everything until the peer's end."""
        parts = []
        while data := self.recv():
            parts.append(data)
        return b"".join(parts)

    def _until(self, call: Callable[[], T]) -> T:
        while True:
            try:
                with self._lock:
                    result = call()
                    out = self._out.read()
                if out:
                    self.sock.sendall(out)
                return result
            except ssl.SSLWantReadError:
                if out := self._out.read():
                    self.sock.sendall(out)
                data = self.sock.recv(65536)
                with self._lock:  # never between reading all and saying the end
                    if data:
                        self._in.write(data)
                    else:
                        self._in.write_eof()
            except ssl.SSLError:
                with suppress(OSError):
                    self.sock.sendall(self._out.read())  # the alert
                raise


def connect(port: int, context: ssl.SSLContext | None = None, name: str = "localhost") -> Peer:
    """A client."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=30)
    try:
        return Peer(sock, context, server=False, name=name)
    except BaseException:
        sock.close()
        raise


@contextmanager
def serving(work: Callable[[Peer], object], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A backend that does `work` with each connection in a thread; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []
    socks: list[socket.socket] = []

    def serve(sock: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError):
            work(Peer(sock, context, server=True))
        sock.close()

    def accept() -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                socks.append(sock)
                threads.append(threading.Thread(target=serve, args=(sock,), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for sock in socks:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in [accepting, *threads]:
            thread.join(5)


def echo(peer: Peer) -> None:
    """Sends back what it gets, and ends when the client does."""
    while data := peer.recv():
        peer.send(data)
    peer.end()


def block_of(size: int) -> bytes:
    return (hashlib.sha256(b"block").digest() * (size // 32 + 1))[:size]
