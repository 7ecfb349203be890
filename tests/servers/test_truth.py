"""After an injected error the backend's session is where the client believes it to be: real clients, real servers."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.proxy.lab import Lab, lab, named
from tests.servers.memcache_server import memcached, needs_memcached
from tests.servers.redis_server import needs_redis, redis_server
from vaurien_core.behaviors.error import Error
from vaurien_core.behaviors.transient import Transient
from vaurien_core.options import OptionValue
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.protocols.memcache import Memcache
from vaurien_core.protocols.mysql import Mysql
from vaurien_core.protocols.redis import Redis
from vaurien_core.protocols.redis.errors import EXECABORT
from vaurien_core.protocols.smtp import Smtp
from vaurien_core.proxy.draw import predict

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
SEED = 7


async def through(
    protocol: type[ProtocolType],
    backend: int,
    work: Callable[[int], Any],
    mix: str = "100:error",
    **options: OptionValue,
) -> tuple[Any, Lab]:
    """What `work(port)` gives in a thread, with a proxy in front; and the lab, ended."""
    kind = mix.rpartition(":")[2]
    async with lab(
        Error, Transient, mix=mix, behaviors=(named(kind, **options),), handler=None, everything=True, seed=SEED,
        protocols=(protocol,), protocol=protocol.name, backend=f"127.0.0.1:{backend}",
    ) as it:  # fmt: skip
        assert it.server.bound is not None
        result = await asyncio.to_thread(work, it.server.bound.port)
        await it.until(lambda: it.server.connections == 0)
        return result, it


def exchanges(it: Lab) -> list[Any]:
    return [e for e in it.journal.entries if e.kind == "exchange"]


# -- MySQL


@pytest.mark.parametrize(("name", "code", "kept"), [("deadlock", 1213, "new"), ("lock-timeout", 1205, "first")])
async def test_a_deadlock_rolls_back_and_a_lock_timeout_does_not(name: str, code: int, kept: str) -> None:
    mysql = pytest.importorskip("tests.servers.mysql_server")

    def work(port: int) -> list[object]:
        said: list[object] = []
        with server.connect(port) as db, db.cursor() as cursor:
            db.begin()
            said.append(cursor.execute("INSERT INTO orders (id, status) VALUES (2, 'first')"))
            with pytest.raises(mysql.pymysql.err.OperationalError) as error:
                cursor.execute("UPDATE orders SET status = 'mine' WHERE id = 1")
            said.append(error.value.args[0])
            said.extend(cursor.execute(f"SELECT {n}") and cursor.fetchone() for n in range(3))
            db.commit()
        return said

    with mysql.running() as server:
        with server.root() as root, root.cursor() as cursor:
            cursor.execute("INSERT INTO orders (id, status) VALUES (1, 'new')")
        first = ["SET NAMES", "SET AUTOCOMMIT", "BEGIN", "INSERT"]
        said, it = await through(Mysql, server.port, work, "100:transient", error=name, warmup=len(first))
        assert said == [1, code, (0,), (1,), (2,)]
        with server.root() as root, root.cursor() as cursor:
            cursor.execute("SELECT id, status FROM orders ORDER BY id")
            rows = cursor.fetchall()
    assert rows == (((1, "new"),) if name == "deadlock" else ((1, "new"), (2, kept)))
    assert [e.outcome for e in exchanges(it)].count(f"{name} injected") == 1


async def test_a_server_without_room_says_so_in_the_greetings_place() -> None:
    mysql = pytest.importorskip("tests.servers.mysql_server")

    def work(port: int) -> tuple[object, ...]:
        with pytest.raises(mysql.pymysql.err.OperationalError) as error:
            mysql.pymysql.connect(host="127.0.0.1", port=port, user="app", password=mysql.PASSWORD)
        return error.value.args

    with socket.create_server(("127.0.0.1", 0)) as nobody:
        args, it = await through(Mysql, nobody.getsockname()[1], work, error="too-many-connections")
    assert args == (1040, "Too many connections")
    assert [(e.ex, e.outcome) for e in exchanges(it)] == [(0, "too-many-connections injected")]
    assert (it.server.counters.exchanges, it.server.counters.injected) == (1, 1)


# -- Redis


@needs_redis
async def test_exec_behind_an_injected_error_is_aborted_and_runs_nothing() -> None:
    redis = pytest.importorskip("redis")

    def work(port: int) -> list[object]:
        with redis.Redis(port=port, socket_timeout=10, single_connection_client=True) as db:
            db.execute_command("MULTI")
            with pytest.raises(redis.exceptions.OutOfMemoryError):
                db.execute_command("SET", "a", "1")
            db.execute_command("SET", "b", "2")
            with pytest.raises(redis.exceptions.ExecAbortError):
                db.execute_command("EXEC")
            said = [db.get("a"), db.get("b"), db.set("a", 3), db.get("a")]
            return said + db.pipeline(transaction=True).set("b", 4).get("b").execute()

    with redis_server() as server:
        said, it = await through(Redis, server.port, work, "100:transient", error="OOM", agitate=1)
    assert said == [None, None, True, b"3", True, b"4"]
    owed = [e for e in exchanges(it) if e.outcome == "owed to the session"]
    assert [(e.label, e.rule, e.down) for e in owed] == [("EXEC", "transient", len(EXECABORT))]
    assert it.server.counters.injected == 1


@needs_redis
async def test_a_redis_without_room_says_so_at_once() -> None:
    def work(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            return sock.recv(100) + sock.recv(100)

    with redis_server() as server:
        said, _ = await through(Redis, server.port, work, error="MAXCLIENTS")
    assert said == b"-ERR max number of clients reached\r\n"


# -- Memcached


@needs_memcached
async def test_a_refused_set_leaves_the_connection_in_step_and_no_old_value() -> None:
    def work(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock, sock.makefile("rb") as heard:
            sock.sendall(b"set k 0 0 3\r\nold\r\n")
            first = heard.readline()
            sock.sendall(b"set k 0 0 5\r\nEND\r\n\r\nget k\r\nset j 0 0 1\r\n1\r\nget j\r\n")
            return first + b"".join(heard.readline() for _ in range(6))

    with memcached() as server:
        said, _ = await through(Memcache, server.port, work, "100:transient", error="too-large", agitate=1, warmup=1)
    assert said == b"STORED\r\nSERVER_ERROR object too large for cache\r\nEND\r\nSTORED\r\nVALUE j 0 1\r\n1\r\nEND\r\n"


# -- SMTP


async def test_one_refused_recipient_does_not_stop_the_others() -> None:
    smtp_lab = pytest.importorskip("tests.servers.smtp_server")

    def work(port: int) -> object:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="me.example", timeout=10) as client:
            return client.sendmail(
                "a@b.example", ["one@b.example", "two@b.example"], b"Subject: hello\r\n\r\nhello\r\n"
            )

    with smtp_lab.smtp_server() as (port, mailbox):
        said, _ = await through(Smtp, port, work, "100:transient", error="rcpt-451", agitate=1)
        assert [to for _, to, _ in mailbox.mails] == [["two@b.example"]]
    assert list(said) == ["one@b.example"]
    assert said["one@b.example"][0] == 451


async def test_a_refusing_greeting_takes_the_real_ones_place_and_the_session_stays_refused() -> None:
    smtp_lab = pytest.importorskip("tests.servers.smtp_server")

    def work(port: int) -> list[bytes]:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock, sock.makefile("rb") as heard:
            said = [heard.readline()]
            for line in (b"NOOP\r\n", b"QUIT\r\n"):
                sock.sendall(line)
                said.append(heard.readline())
            return [line[:3] for line in said]

    with smtp_lab.smtp_server() as (port, _):
        said, it = await through(Smtp, port, work, error="greeting-554")
    assert said == [b"554", b"503", b"221"]
    assert it.server.counters.injected == 1


# -- replay


def ask_all(port: int, requests: list[bytes], greeting: bool) -> None:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as sock, sock.makefile("rb") as heard:
        if greeting:
            heard.readline()
        for request in requests:
            sock.sendall(request)
            assert heard.readline()


def keys_of(protocol: type[ProtocolType], requests: list[bytes]) -> list[bytes]:
    machine = protocol(protocol.Options.build({})).framer()
    pieces = [piece for request in requests for piece in machine.upstream(request)]
    return [p.exchange.key for p in pieces if p.last and p.exchange is not None and p.exchange.key is not None]


async def injected_as_predicted(
    protocol: type[ProtocolType], backend: int, error: str, requests: list[bytes], *, greeting: bool = False
) -> None:
    """Each request is one exchange; the error is legal for all of them."""
    _, it = await through(
        protocol, backend, lambda port: ask_all(port, requests, greeting), "30:error", error=error
    )  # fmt: skip
    predicted = predict(it.server.spec, SEED, keys_of(protocol, requests))
    assert len(predicted) == 500
    wanted = [n for n, p in enumerate(predicted, 1) if p.rule == "error"]
    assert [e.ex for e in exchanges(it) if e.outcome == f"{error} injected"] == wanted
    assert 100 < len(wanted) < 200


@needs_redis
async def test_500_exchanges_of_redis_are_injected_as_predicted() -> None:
    with redis_server() as server:
        await injected_as_predicted(
            Redis, server.port, "READONLY", [f"SET k{n % 90} x\r\n".encode() for n in range(500)]
        )


@needs_memcached
async def test_500_exchanges_of_memcached_are_injected_as_predicted() -> None:
    requests = [f"set k{n % 90} 0 0 1\r\nx\r\n".encode() for n in range(500)]
    with memcached() as server:
        await injected_as_predicted(Memcache, server.port, "out-of-memory", requests)


async def test_500_exchanges_of_smtp_are_injected_as_predicted() -> None:
    smtp_lab = pytest.importorskip("tests.servers.smtp_server")
    requests = [f"HELO me{n % 90}.example\r\n".encode() for n in range(500)]
    with smtp_lab.smtp_server() as (port, _):
        await injected_as_predicted(Smtp, port, "ehlo-504", requests, greeting=True)


async def test_500_exchanges_of_mysql_are_injected_as_predicted() -> None:
    mysql = pytest.importorskip("tests.servers.mysql_server")
    statements = ["SET AUTOCOMMIT = 1", *(f"SELECT {n % 90}" for n in range(499))]

    def work(port: int) -> None:
        with server.connect(port, autocommit=True) as db, db.cursor() as cursor:
            for statement in statements[1:]:
                try:
                    cursor.execute(statement)
                except mysql.pymysql.err.OperationalError as error:
                    assert error.args[0] == 1205

    with mysql.running() as server:
        _, it = await through(Mysql, server.port, work, "30:error", error="lock-timeout")
    done = [e for e in exchanges(it) if e.label.startswith("SELECT")]
    keys = [b"\x03" + s.encode() for s in statements[1:]]
    wanted = [p.rule == "error" for p in predict(it.server.spec, SEED, keys)]
    assert [e.outcome == "lock-timeout injected" for e in done] == wanted
    assert 100 < sum(wanted) < 200
