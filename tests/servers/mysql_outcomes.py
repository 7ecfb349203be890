"""What a client experiences of an error, so that ours can be compared with a server's."""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from mysql_server import PASSWORD, Server, pymysql

GONE = (2006, 2013)
"""The client's own errors for a lost connection; which of the two depends on whether a FIN or a RST came first."""
LATER = (
    "SELECT @@in_transaction",
    "SELECT id, status FROM orders ORDER BY id",
    "UPDATE orders SET status = 'next' WHERE id = 3",
)
OPEN_FOR_S = 0.25
"""A connection that says nothing for so long is open; a closed one tells it at once."""


@dataclass(frozen=True)
class Outcome:
    """What became of one statement, or of a login."""

    raised: tuple[str, object]
    """The exception's class and arguments; a lost connection is `gone`."""
    packet: bytes
    """The ERR packet as it came."""
    closed: bool
    later: tuple[object, ...] = ()
    kept: object = None
    """What another session sees in the end."""


class Ear:
    """A client's file that remembers what was read."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.heard = b""

    def read(self, size: int) -> bytes:
        data: bytes = self._inner.read(size)
        self.heard += data
        return data

    def close(self) -> None:
        self._inner.close()


class Socket:
    """A client's socket with such a file; it remembers whether the server had closed when the client did."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self._inner = socket.create_connection(("127.0.0.1", port), 15, (source, 0))
        self.ear: Ear | None = None
        self.ended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def makefile(self, mode: str) -> Ear:
        self.ear = Ear(self._inner.makefile("rb"))
        return self.ear

    def close(self) -> None:
        if self._inner.fileno() >= 0:
            self.ended = ended(self._inner)
            self._inner.close()


def ended(sock: socket.socket | None) -> bool:
    """Whether the other side has closed."""
    if sock is None:
        return True
    sock.settimeout(OPEN_FOR_S)
    try:
        return sock.recv(1, socket.MSG_PEEK) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    finally:
        sock.settimeout(15)


def packets(heard: bytes) -> list[bytes]:
    """Whole packets with their headers."""
    found = []
    while len(heard) >= 4 and len(heard) >= (size := int.from_bytes(heard[:3], "little") + 4):
        found.append(heard[:size])
        heard = heard[size:]
    return found


def refusal(heard: bytes) -> bytes:
    """The last packet if it is an ERR."""
    said = packets(heard)
    return said[-1] if said and said[-1][4:5] == b"\xff" else b""


def told(error: Exception) -> tuple[str, object]:
    return type(error).__name__, "gone" if error.args[0] in GONE else error.args


def say(connection: pymysql.Connection, sql: str) -> object:
    """Rows, or what is raised."""
    try:
        with connection.cursor() as cursor:
            count = cursor.execute(sql)
            return cursor.fetchall() or count
    except pymysql.err.Error as error:
        return told(error)


def experience(
    connection: pymysql.Connection, server: Server, sql: str, during: AbstractContextManager[None] | None = None
) -> Outcome:
    """Say the statement while something holds, then three more, then commit and leave."""
    ear = connection._rfile = Ear(connection._rfile)
    with during or nullcontext():
        raised = say(connection, sql)
    packet = refusal(ear.heard)
    closed = ended(connection._sock)
    later = tuple(say(connection, other) for other in LATER)
    say(connection, "COMMIT")
    if connection.open:
        connection.close()
    assert isinstance(raised, tuple)
    return Outcome(raised, packet, closed, later, rows(server))


def log_in(port: int, source: str = "127.0.0.1", **options: object) -> Outcome:
    """Log in and be refused."""
    given = {"user": "two", "password": PASSWORD, "read_timeout": 15, "ssl_disabled": True, **options}
    connection = pymysql.connect(defer_connect=True, **given)
    sock = Socket(port, source)
    try:
        connection.connect(sock)
        connection.close()
        raise AssertionError("the login succeeded")
    except pymysql.err.Error as error:
        assert sock.ear is not None
        return Outcome(told(error), refusal(sock.ear.heard), sock.ended)
    finally:
        sock.close()


def rows(server: Server) -> object:
    with server.root() as root:
        return say(root, "SELECT id, status FROM orders ORDER BY id")


def fresh(server: Server) -> None:
    """Three rows, all new."""
    with server.root() as root:
        for sql in ("DELETE FROM orders", "INSERT INTO orders (id, status) VALUES (1, 'new'), (2, 'new'), (3, 'new')"):
            say(root, sql)
