"""The errors of the catalogue, and how a real MariaDB is brought to give each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from mysql_outcomes import say
from mysql_server import Server, pymysql

World = Callable[[Server], AbstractContextManager[None]]
Provoke = Callable[[Server, pymysql.Connection], AbstractContextManager[None]]
MINE = "UPDATE orders SET status = 'mine' WHERE id = 2"
"""Opens a transaction."""
UPDATE = "UPDATE orders SET status = 'b' WHERE id = 1"
ROWS = "SELECT id, status FROM orders ORDER BY id"
SLOW = "INSERT INTO orders (id) SELECT 10 + COUNT(*) FROM seq_1_to_100000 a, seq_1_to_100000 b"


@dataclass(frozen=True)
class Case:
    """One entry on one statement.

    `provoke` is None where MariaDB can't be brought to say it: `why` says what it takes.
    """

    name: str
    sql: str = UPDATE
    setup: tuple[str, ...] = (MINE,)
    provoke: Provoke | None = None
    world: World = lambda _server: nullcontext()
    """Around the connection."""
    why: str = ""


@contextmanager
def deadlock(server: Server, _: pymysql.Connection) -> Iterator[None]:
    with server.connect() as other:
        for _n in range(20):  # the heavier transaction survives
            say(other, "UPDATE orders SET status = CONCAT(status, 'x') WHERE id = 1")
        waits = threading.Thread(target=say, args=(other, "UPDATE orders SET status = 'a' WHERE id = 2"))
        waits.start()
        until(server, "UPDATE orders SET status = 'a'%")
        yield
        waits.join(10)
        other.rollback()


def locked(sql: str) -> Provoke:
    """Somebody has said this in a transaction that goes on."""

    @contextmanager
    def held(server: Server, _: pymysql.Connection) -> Iterator[None]:
        with server.connect() as other:
            say(other, sql)
            yield
            other.rollback()

    return held


def until(server: Server, statement: str) -> None:
    """Wait until a statement like this has run for a while."""
    with server.root() as root:
        end = time.monotonic() + 10
        while not say(root, f"SELECT 1 FROM information_schema.processlist WHERE info LIKE \"{statement}\" "
                            "AND time_ms > 100"):  # fmt: skip
            assert time.monotonic() < end, statement
            time.sleep(0.02)


def killed(how: str) -> Provoke:
    """Somebody kills the statement, or its connection, while it runs."""

    @contextmanager
    def kill(server: Server, connection: pymysql.Connection) -> Iterator[None]:
        number = connection.thread_id()

        def strike() -> None:
            until(server, "INSERT INTO orders%seq%")
            with server.root() as root:
                say(root, f"{how} {number}")

        thread = threading.Thread(target=strike)
        thread.start()
        yield
        thread.join(10)

    return kill


def setting(name: str, value: object) -> World:
    """With a global variable set, and set back."""

    @contextmanager
    def changed(server: Server) -> Iterator[None]:
        with server.root() as root, root.cursor() as cursor:
            cursor.execute(f"SELECT @@GLOBAL.{name}")
            before = cursor.fetchone()[0]
            cursor.execute(f"SET GLOBAL {name} = {value}")
            try:
                yield
            finally:
                cursor.execute(f"SET GLOBAL {name} = {before}")

    return changed


def at_once(_server: Server, _connection: pymysql.Connection) -> AbstractContextManager[None]:
    """The setup alone brings it about."""
    return nullcontext()


def read_only(server: Server, _: pymysql.Connection) -> AbstractContextManager[None]:
    return setting("read_only", 1)(server)


@contextmanager
def killed_behind(server: Server, connection: pymysql.Connection) -> Iterator[None]:
    """Somebody kills the connection once the statement is over."""
    number = connection.thread_id()
    yield
    with server.root() as root:
        say(root, f"KILL {number}")


CASES = (
    Case("deadlock", provoke=deadlock),
    Case("lock-timeout", setup=("SET innodb_lock_wait_timeout = 1", MINE), provoke=locked(MINE.replace("= 2", "= 1"))),
    Case(
        "lock-timeout", "ALTER TABLE orders COMMENT 'x'", ("SET lock_wait_timeout = 1", MINE),
        locked("SELECT * FROM orders"),
    ),
    Case("query-timeout", SLOW, ("SET max_statement_time = 0.2", MINE), at_once),
    Case("query-killed", SLOW, provoke=killed("KILL QUERY")),
    Case("read-only", provoke=read_only),
    Case("read-only", "CREATE TABLE more (a INT)", provoke=read_only),
    Case("read-only-mode", why="an InnoDB that was started read-only, which MariaDB tells as 1036"),
    Case("read-only-transaction", setup=("START TRANSACTION READ ONLY",), provoke=at_once),
    Case(
        "table-full", "INSERT INTO small SELECT REPEAT('x', 250) FROM seq_1_to_100000",
        ("CREATE TEMPORARY TABLE small (a CHAR(250)) ENGINE = InnoDB", MINE), at_once,
    ),
    Case("disk-full", why="a full disk"),
    Case(
        "packet-too-large", f"SELECT LENGTH('{'x' * 100_000}')", provoke=at_once,
        world=setting("max_allowed_packet", 16384),
    ),
    Case("shutdown", SLOW, why="MySQL; MariaDB closes running connections without a word when it shuts down"),
    Case("idle-timeout", why="MySQL; MariaDB closes idle connections without a word"),
    Case("lost-before", SLOW, provoke=killed("KILL")),
    Case("lost-mid-packet", why="a server that dies while it writes a packet's header"),
    Case("lost-in-row", ROWS, why="a server that dies while it writes a row"),
    Case("lost-after-rows", ROWS, why="a server that dies between two rows"),
    Case("lost-idle", ROWS, provoke=killed_behind),
)  # fmt: skip
