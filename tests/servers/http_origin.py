"""A small HTTP server that breaks in the ways a real one does, each at a path; deterministic, a thread per connection.

`/hello` and `/chunked` are whole answers; the names of Vaurien's entries are paths that break as the entry says.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HELLO = b"hello"
DRIP_S = 0.005
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
WITH_LENGTH = HEAD + b"Content-Length: %d\r\n\r\n" % len(HELLO)
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%s\r\n" % (len(HELLO), HELLO)
WHOLE = {"hello": WITH_LENGTH + HELLO, "no-continue": WITH_LENGTH + HELLO, "chunked": CHUNKED + CHUNK + b"0\r\n\r\n"}
THEN_CLOSED = {
    "short-body": HEAD + b"Content-Length: %d\r\n\r\n" % (2 * len(HELLO)) + HELLO,
    "no-last-chunk": CHUNKED + CHUNK,
    "bad-chunk-size": CHUNKED + b"xyz\r\n",
    "two-lengths": HEAD + b"Content-Length: %d\r\nContent-Length: %d\r\n\r\n" % (len(HELLO), len(HELLO) + 7) + HELLO,
    "no-answer": b"",
    "408": b"HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n"
    b"Connection: close\r\n\r\n408\n",
}


def _head(sock: socket.socket, buffer: bytearray) -> bytes:
    while b"\r\n\r\n" not in buffer:
        data = sock.recv(65536)
        if not data:
            raise EOFError
        buffer += data
    end = buffer.index(b"\r\n\r\n") + 4
    head = bytes(buffer[:end])
    del buffer[:end]
    return head


def _swallow(sock: socket.socket, buffer: bytearray, head: bytes) -> None:
    """Read the body, which has a length if there is one."""
    left = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            left = int(line.partition(b":")[2])
    while len(buffer) < left:
        data = sock.recv(65536)
        if not data:
            raise EOFError
        buffer += data
    del buffer[:left]


def _serve(sock: socket.socket) -> None:
    buffer = bytearray()
    count = 0
    with sock, suppress(OSError, EOFError):
        while True:
            head = _head(sock, buffer)
            count += 1
            name = head.split(b" ", 2)[1].decode().rpartition("/")[2]
            if b"100-continue" in head.lower() and name != "no-continue":
                sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            _swallow(sock, buffer, head)
            if name in THEN_CLOSED or (name == "stale-connection" and count > 1):
                sock.sendall(THEN_CLOSED.get(name, b""))
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(65536):
                    pass
                return
            if name in ("header-drip", "body-drip"):
                slow, fast = (WITH_LENGTH, HELLO) if name == "header-drip" else (HELLO, b"")
                if name == "body-drip":
                    sock.sendall(WITH_LENGTH)
                for byte in slow:
                    time.sleep(DRIP_S)
                    sock.sendall(bytes((byte,)))
                sock.sendall(fast)
            elif name == "stalled-body":
                sock.sendall(WITH_LENGTH)
                while sock.recv(65536):
                    pass
                return
            elif name == "silent":
                while sock.recv(65536):
                    pass
                return
            else:
                sock.sendall(WHOLE.get(name, WHOLE["hello"]))


@contextmanager
def origin() -> Iterator[int]:
    """Yields its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    open_socks: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                open_socks.append(sock)
                threads.append(threading.Thread(target=_serve, args=(sock,), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for sock in open_socks:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in (accepting, *threads):
            thread.join(5)
