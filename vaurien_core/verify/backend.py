"""The backend of a measurement: a thread per connection on plain blocking sockets, which records what it sees.

Owned by a `Way`. It stands outside of the engine's loop, as a real server does, so what it saw is the kernel's word.
"""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

PIECE = 65_536
_PATTERN = bytes(range(251)) * 4


def pattern(size: int, start: int = 0) -> bytes:
    """`size` bytes that show when some are missing or moved; period 251."""
    start %= 251
    return (_PATTERN * ((size + start) // len(_PATTERN) + 1))[start : start + size]


class Heard:
    """What one connection brought.

    Attributes:
        data: all bytes, the first `KEEP` of them.
        size: how many there were.
        first_at: `time.monotonic()` of the first byte, 0 before.
        ended: "" while open, then `FIN` or the name of the error.
        ended_at: when.
    """

    KEEP = 8 << 20

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.data = bytearray()
        self.size = 0
        self.times: list[tuple[float, int]] = []
        self.first_at = self.ended_at = 0.0
        self.ended = ""

    def read(self, limit: int = PIECE) -> bytes:
        """What comes next; b"" once it has ended, by a FIN or an error."""
        try:
            data = self.sock.recv(limit)
        except OSError as error:
            self.end(name_of(error))
            return b""
        now = time.monotonic()
        if not data:
            self.end("FIN")
            return b""
        self.first_at = self.first_at or now
        self.size += len(data)
        self.times.append((now, len(data)))
        if len(self.data) < self.KEEP:
            self.data += data
        return data

    def say(self, data: bytes) -> bool:
        """Send all of it; False if the connection has ended."""
        try:
            self.sock.sendall(data)
        except OSError as error:
            self.end(name_of(error))
            return False
        return True

    def end(self, how: str) -> None:
        """Note how it ended; the first one counts."""
        if not self.ended:
            self.ended, self.ended_at = how, time.monotonic()


Serve = Callable[[Heard], None]


def name_of(error: OSError) -> str:
    """`ECONNRESET`, `timed out`."""
    if isinstance(error, TimeoutError) and error.errno is None:
        return "timed out"
    return errno.errorcode.get(error.errno or 0, type(error).__name__)


def answering(up: int, down: int, *, once: bool = False, linger_s: float = 0.0) -> Serve:
    """Read `up` bytes, answer with `down` bytes of the pattern, again and again; `once`: then close.

    Args:
        up: bytes of a request.
        down: bytes of an answer.
        once: close after the first answer.
        linger_s: wait so long before closing.
    """

    def serve(heard: Heard) -> None:
        while True:
            rest = up
            while rest > 0:
                data = heard.read(min(rest, PIECE))
                if not data:
                    return
                rest -= len(data)
            for start in range(0, down, PIECE):
                if not heard.say(pattern(min(PIECE, down - start), start)):
                    return
            if once:
                time.sleep(linger_s)
                return

    return serve


class Backend:
    """Listens on a free port of 127.0.0.1.

    Args:
        serve: see below.
        window: SO_RCVBUF of its connections in bytes; 0: the system's.

    Attributes:
        serve: what is done on connections that come from now on.
        heard: one per connection, in the order of arrival.
    """

    def __init__(self, serve: Serve, *, window: int = 0) -> None:
        self.serve, self.heard = serve, list[Heard]()
        self._listener = socket.socket()
        if window:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(256)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, name="verify backend", daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """End the listener, the connections and their threads."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for heard in self.heard:
            with suppress(OSError):
                heard.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(2.0)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            heard = Heard(sock)
            self.heard.append(heard)
            thread = threading.Thread(target=self._run, args=(heard,), name="verify connection", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, heard: Heard) -> None:
        try:
            self.serve(heard)
        finally:
            heard.sock.close()
