"""PyMySQL and MariaDB with the real data plane between them."""

from __future__ import annotations

import asyncio

import pytest
from mysql_server import Server, mysql_server, pymysql
from test_mysql import empty, raised, status_of, talk

from tests.proxy.lab import lab, named
from vaurien_core.behaviors.error import Error
from vaurien_core.protocols.mysql import Mysql
from vaurien_core.protocols.mysql.glance import MysqlGlance

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
__all__ = ["mysql_server"]
MULTI = {"client_flag": pymysql.constants.CLIENT.MULTI_STATEMENTS, "autocommit": True}


async def through(server: Server, work, mix: str = "", *, everything: bool = True, **options: object):
    """What `work(port)` says in a thread, with a proxy in front; and the journal (of every exchange, unless told)."""
    behaviors = (named("error", **options),) if options else ()
    async with lab(
        Error, mix=mix, behaviors=behaviors, handler=None, everything=everything, protocols=(Mysql,), protocol="mysql",
        backend=f"127.0.0.1:{server.port}",
    ) as it:  # fmt: skip
        assert it.server.bound is not None
        result = await asyncio.to_thread(work, it.server.bound.port)
        await it.until(lambda: it.server.connections == 0)
        return result, it.journal.entries, it.server.counters


async def test_at_weight_0_nothing_differs(mysql_server: Server) -> None:
    def work(port: int) -> list[object]:
        empty(mysql_server)
        with mysql_server.connect(port, **MULTI) as connection:
            return talk(connection, 400)

    expected = await asyncio.to_thread(work, mysql_server.port)
    heard, entries, counters = await through(mysql_server, work)
    assert heard == expected
    assert counters.injected == 0
    exchanges = [e for e in entries if e.kind == "exchange"]
    assert len(exchanges) > 400
    assert not [e for e in entries if e.kind == "connection" and "opaque" in e.text]


async def test_plain_statements_take_the_shortcut(mysql_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = [0]
    known = MysqlGlance.answer

    def counting(glance: MysqlGlance, data: bytes) -> bool:
        taken[0] += (plain := known(glance, data))
        return plain

    def work(port: int) -> list[object]:
        empty(mysql_server)
        said: list[object] = []
        with mysql_server.connect(port, **MULTI) as connection:
            for _ in range(5):
                said += talk(connection, 8)
                with connection.cursor() as cursor:
                    for number in range(80):
                        said.append(cursor.execute("REPLACE INTO orders VALUES (%s, 'new', NULL)", (number % 9,)))
                        cursor.execute("SELECT id, status FROM orders WHERE id <= %s", (number % 9,))
                        said.append(cursor.fetchall())
                    connection.begin()
                    for number in range(20):
                        said.append(cursor.execute("UPDATE orders SET status = %s", (str(number),)))
                    connection.rollback()
        return said

    monkeypatch.setattr(MysqlGlance, "answer", counting)
    expected, _, framed = await through(mysql_server, work)
    assert taken == [0]
    heard, entries, counters = await through(mysql_server, work, everything=False)
    assert heard == expected
    assert (counters.exchanges, counters.errors_backend) == (framed.exchanges, framed.errors_backend)
    assert sum(counters.latency.counts) == sum(framed.latency.counts)
    assert taken[0] > counters.exchanges // 2
    assert not [e for e in entries if e.kind == "connection" and "opaque" in e.text]


async def test_lock_wait_timeouts_leave_the_session_usable(mysql_server: Server) -> None:
    def work(port: int) -> list[object]:
        empty(mysql_server)
        with mysql_server.connect(port) as connection:
            return [raised(connection, "UPDATE orders SET status = 'x' WHERE id = 1") for _ in range(3)] + [
                raised(connection, "SET @a = 1")
            ]

    heard, entries, _ = await through(mysql_server, work, "100:error", error="lock-timeout")
    assert [args[0] if args else 0 for _, args in heard] == [1205, 1205, 1205, 0]
    assert status_of(mysql_server, 1) == "new"
    assert [e.outcome for e in entries].count("lock-timeout injected") == 3


@pytest.mark.parametrize(
    ("error", "phase", "executed"),
    [
        ("shutdown", "before", False),
        ("shutdown", "after", True),
        ("lost-before", "before", False),
        ("lost-mid-packet", "before", False),
        ("lost-mid-packet", "after", True),
    ],
)
async def test_a_lost_commit_has_happened_or_not(mysql_server: Server, error: str, phase: str, executed: bool) -> None:
    def work(port: int) -> tuple[str, tuple[object, ...]]:
        empty(mysql_server)
        connection = mysql_server.connect(port, autocommit=True)  # says SET NAMES first
        try:
            return raised(connection, "UPDATE orders SET status = 'done' WHERE id = 1")
        finally:
            connection._force_close()

    (kind, args), entries, _ = await through(mysql_server, work, "100:error", error=error, phase=phase, warmup=1)
    assert (kind, args[0]) == ("OperationalError", 1053 if error == "shutdown" else 2013)
    assert [e.outcome for e in entries].count(f"{error} injected") == 1
    assert (status_of(mysql_server, 1) == "done") is executed
