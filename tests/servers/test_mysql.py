"""MariaDB and PyMySQL: what they say is framed as it is meant, and our errors are like theirs."""

from __future__ import annotations

import random
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from mysql_relay import relay
from mysql_server import PASSWORD, Server, mysql_server, program, pymysql, running

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.mysql import Mysql

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
__all__ = ["mysql_server"]
Errors = (pymysql.err.Error,)


def raised(connection: pymysql.Connection, sql: str) -> tuple[str, tuple[object, ...]]:
    """The exception's class and arguments."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
    except Errors as error:
        return type(error).__name__, error.args
    return "", ()


def empty(server: Server) -> None:
    with server.root() as root, root.cursor() as cursor:
        cursor.execute("DELETE FROM orders")
        cursor.execute("INSERT INTO orders (id, status) VALUES (1, 'new'), (2, 'new')")


def talk(connection: pymysql.Connection, rounds: int) -> list[object]:
    """A seeded mixture of operations; what came of each."""
    draw, said = random.Random(3), []
    with connection.cursor() as cursor:
        for n in range(rounds):
            kind = draw.randrange(9)
            blob = draw.randbytes(draw.choice([0, 1, 10, 70_000]))
            try:
                if kind == 0:
                    connection.ping(reconnect=False)
                elif kind == 1:
                    cursor.execute("REPLACE INTO orders VALUES (%s, %s, _binary %s)", (draw.randrange(50), "x", blob))
                elif kind == 2:
                    cursor.execute(
                        "SELECT id, status, LENGTH(body), body FROM orders WHERE id < %s", (draw.randrange(9),)
                    )
                elif kind == 3:
                    cursor.execute("SELECT 1; SELECT 2, 3; DO 0")
                    said.append(cursor.fetchall())
                    while cursor.nextset():
                        said.append(cursor.fetchall())
                elif kind == 4:
                    cursor.execute("SELECT nothing FROM nowhere")
                elif kind == 5:
                    connection.select_db("shop")
                elif kind == 6:
                    connection.begin()
                    cursor.execute("UPDATE orders SET status = %s WHERE id = %s", (str(n), draw.randrange(50)))
                    connection.rollback() if n % 2 else connection.commit()
                elif kind == 7:
                    cursor.execute("PREPARE p FROM 'SELECT ? + 1'; SET @a = 5; EXECUTE p USING @a")
                else:
                    cursor.execute("SELECT seq, REPEAT('x', seq) FROM seq_1_to_300")
                said.append((kind, cursor.rowcount, cursor.fetchall()))
            except Errors as error:
                said.append((kind, error.args))
    return said


def test_what_a_client_hears_through_the_framer_is_what_it_hears_directly(mysql_server: Server) -> None:
    multi = {"client_flag": pymysql.constants.CLIENT.MULTI_STATEMENTS, "autocommit": True}
    empty(mysql_server)
    with mysql_server.connect(**multi) as direct:
        expected = talk(direct, 300)
    empty(mysql_server)
    with relay(mysql_server.port) as between, mysql_server.connect(between.port, **multi) as through:
        assert talk(through, 300) == expected
    assert between.opaque == [""]
    assert between.broken == []
    labels = Counter(e.label for e in between.exchanges)
    assert labels["login"] == 1
    assert labels["REPLACE INTO orders VALUES (?, ?, _binary ?)"] > 10
    assert labels["SELECT nothing FROM nowhere"] > 10
    assert labels["UPDATE orders SET status = ? WHERE id = ?"] > 10
    assert all(e.answer_done for e in between.exchanges if e.answer_expected)
    assert {e.status for e in between.exchanges if e.label == "SELECT nothing FROM nowhere"} == {"ERR 1146"}


def test_packets_over_16_mb_pass(mysql_server: Server) -> None:
    body = random.Random(1).randbytes(1 << 20) * 18
    with (
        relay(mysql_server.port) as between,
        mysql_server.connect(between.port, max_allowed_packet=1 << 26) as through,
        through.cursor() as cursor,
    ):
        cursor.execute("REPLACE INTO orders VALUES (9, 'big', _binary %s)", (body,))
        cursor.execute("SELECT body FROM orders WHERE id = 9")
        assert cursor.fetchone() == (body,)
        cursor.execute("SELECT 1")
    assert between.opaque == [""]
    assert [e.status for e in between.exchanges[-4:]] == ["OK", "OK", "OK", ""]


def test_a_file_of_the_client_belongs_to_its_statement(mysql_server: Server, tmp_path) -> None:
    rows = tmp_path / "rows"
    rows.write_text("".join(f"{n}\tx\n" for n in range(100, 9000)))
    with relay(mysql_server.port) as between, mysql_server.connect(between.port, local_infile=True) as through:
        with through.cursor() as cursor:
            cursor.execute(f"LOAD DATA LOCAL INFILE '{rows}' REPLACE INTO TABLE orders (id, status)")
            assert cursor.rowcount == 8900
            cursor.execute("SELECT 1")
        through.rollback()
    assert between.opaque == [""]
    assert [e.label for e in between.exchanges if e.label.startswith("LOAD")] == [
        "LOAD DATA LOCAL INFILE ? REPLACE INTO TABLE orders (id, status)"
    ]


def test_the_login_with_ed25519_is_one_exchange(mysql_server: Server) -> None:
    pytest.importorskip("nacl", reason="pip install PyNaCl")
    with mysql_server.root() as root, root.cursor() as cursor:
        cursor.execute("INSTALL SONAME 'auth_ed25519'")
        cursor.execute(f"CREATE OR REPLACE USER ed@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}')")
    with relay(mysql_server.port) as between:
        with mysql_server.connect(between.port, user="ed", database=None):
            pass
        with pytest.raises(Errors):
            mysql_server.connect(between.port, user="ed", database=None, password="wrong")
    logins = [e for e in between.exchanges if e.ordinal == 0]
    assert [e.status for e in logins] == ["OK", "ERR 1045"]


# -- our errors and theirs


def injected(server: Server, name: str, sql: str, **options: object) -> tuple[str, tuple[object, ...]]:
    """What the client raises when we answer this statement with an error."""
    with (
        relay(server.port, lambda e: name if e.label.startswith(sql[:12]) else "") as between,
        server.connect(between.port, **options) as through,
    ):
        got = raised(through, sql)
        if name not in ("shutdown", "lost-before", "lost-mid-packet"):
            assert raised(through, "SELECT 1") == ("", ())
    return got


def test_lock_wait_timeout(mysql_server: Server) -> None:
    empty(mysql_server)
    with mysql_server.connect() as one, mysql_server.connect() as two:
        raised(one, "UPDATE orders SET status = 'a' WHERE id = 1")
        raised(two, "SET innodb_lock_wait_timeout = 1")
        raised(two, "UPDATE orders SET status = 'b' WHERE id = 2")
        real = raised(two, "UPDATE orders SET status = 'b' WHERE id = 1")
        one.rollback()
        two.commit()
    assert injected(mysql_server, "lock-timeout", "UPDATE orders SET status = 'b' WHERE id = 1") == real
    assert real[1][0] == 1205


def deadlock(server: Server) -> tuple[str, tuple[object, ...]]:
    """A real one; the victim's earlier change is gone."""
    with server.connect() as one, server.connect() as two:
        for _ in range(20):  # the heavier transaction survives
            raised(one, "UPDATE orders SET status = CONCAT(status, 'x') WHERE id = 1")
        raised(two, "UPDATE orders SET status = 'lost' WHERE id = 2")
        waits = threading.Thread(target=raised, args=(one, "UPDATE orders SET status = 'a' WHERE id = 2"))
        waits.start()
        time.sleep(0.3)
        real = raised(two, "UPDATE orders SET status = 'b' WHERE id = 1")
        waits.join(10)
        one.rollback()
        two.commit()
    return real


def status_of(server: Server, number: int) -> object:
    with server.root() as root, root.cursor() as cursor:
        cursor.execute("SELECT status FROM orders WHERE id = %s", (number,))
        return cursor.fetchone()[0]


def test_a_deadlock_leaves_the_transaction_rolled_back(mysql_server: Server) -> None:
    empty(mysql_server)
    real = deadlock(mysql_server)
    assert (real[1][0], status_of(mysql_server, 2)) == (1213, "new")
    with (
        relay(mysql_server.port, lambda e: "deadlock" if "id = ? AND" in e.label else "") as between,
        mysql_server.connect(between.port) as through,
    ):
        raised(through, "UPDATE orders SET status = 'lost' WHERE id = 2")
        assert raised(through, "UPDATE orders SET status = 'b' WHERE id = 1 AND 1") == real
        through.commit()
        assert status_of(mysql_server, 2) == "new"
        raised(through, "UPDATE orders SET status = 'again' WHERE id = 2")
        through.commit()
    assert status_of(mysql_server, 2) == "again"
    assert between.opaque == [""]


def test_a_lock_wait_timeout_leaves_the_transaction_open(mysql_server: Server) -> None:
    empty(mysql_server)
    with (
        relay(mysql_server.port, lambda e: "lock-timeout" if "id = ? AND" in e.label else "") as between,
        mysql_server.connect(between.port) as through,
    ):
        raised(through, "UPDATE orders SET status = 'kept' WHERE id = 2")
        assert raised(through, "UPDATE orders SET status = 'b' WHERE id = 1 AND 1")[1][0] == 1205
        through.commit()
    assert [status_of(mysql_server, n) for n in (1, 2)] == ["new", "kept"]


def test_read_only(mysql_server: Server) -> None:
    sql = "UPDATE orders SET status = 'x' WHERE id = 1"
    with mysql_server.root() as root, root.cursor() as cursor:
        cursor.execute("SET GLOBAL read_only = 1")
        try:
            with mysql_server.connect() as direct:
                real = raised(direct, sql)
        finally:
            cursor.execute("SET GLOBAL read_only = 0")
    assert injected(mysql_server, "read-only", sql) == real
    assert real[1][0] == 1290


def test_read_only_transaction_query_timeout_and_full_table(mysql_server: Server) -> None:
    sql = "UPDATE orders SET status = 'x' WHERE id = 1"
    slow = "SELECT COUNT(*) FROM seq_1_to_100000 a, seq_1_to_100000 b"
    fill = "INSERT INTO small SELECT REPEAT('x', 250) FROM seq_1_to_500"
    with mysql_server.connect() as direct:
        raised(direct, "START TRANSACTION READ ONLY")
        assert injected(mysql_server, "read-only-transaction", sql) == raised(direct, sql)
        direct.rollback()
        raised(direct, "SET max_statement_time = 0.1")
        assert injected(mysql_server, "query-timeout", slow) == raised(direct, slow)
        raised(direct, "SET max_statement_time = 0, max_heap_table_size = 16384")
        raised(direct, "CREATE TEMPORARY TABLE small (a CHAR(250)) ENGINE=MEMORY")
        assert injected(mysql_server, "table-full", fill) == raised(direct, fill)


def refusal(port: int) -> bytes:
    """What a server says first, until it closes."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.settimeout(5)
        said = b""
        while part := sock.recv(4096):
            said += part
    return said


def test_too_many_connections(mysql_server: Server) -> None:
    taken: list[Any] = []

    def fill(connect: Callable[[], Any]) -> Any:
        with pytest.raises(Errors) as refused:
            while True:
                taken.append(connect())
        return refused

    try:
        for _ in range(20):  # connections of earlier tests may still be on their way out
            fill(mysql_server.connect)
            fill(mysql_server.root)  # the one place more that is kept for an administrator
            time.sleep(0.05)
        full = fill(mysql_server.connect)
        real = refusal(mysql_server.port)
    finally:
        for connection in taken:
            connection.close()
    protocol = Mysql(Mysql.Options())
    ours = protocol.error("too-many-connections", Exchange(0), close=True, wall=0, extra={})
    assert ours == real == b"\x17\0\0\0\xff\x10\x04Too many connections"
    refuse = relay(mysql_server.port, lambda e: "" if e.ordinal else "too-many-connections")
    with refuse as between, pytest.raises(Errors) as late:
        mysql_server.connect(between.port)
    assert late.value.args == full.value.args == (1040, "Too many connections")


def test_too_many_connections_of_a_user() -> None:
    with running("--max-user-connections=1") as server, server.connect(user="two", database=None):
        with pytest.raises(Errors) as real:
            server.connect(user="two", database=None)
        with (
            relay(server.port, lambda e: "too-many-user-connections" if e.ordinal == 0 else "") as between,
            pytest.raises(Errors) as ours,
        ):
            server.connect(between.port, user="two", database=None)
    assert (type(ours.value), ours.value.args) == (type(real.value), real.value.args)
    assert real.value.args[0] == 1203


def test_a_compressing_client_of_mariadb_is_understood(mysql_server: Server) -> None:
    sql = "SELECT REPEAT('x', seq) FROM seq_1_to_2000;\nUPDATE orders SET status = 'c' WHERE id = 1;\nSELECT 5;\n"

    def ask(port: int) -> subprocess.CompletedProcess[bytes]:
        line = [program("mariadb"), "--no-defaults", "-h127.0.0.1", f"-P{port}", "-uapp", f"-p{PASSWORD}", "--compress"]
        return subprocess.run([*line, "--force", "shop"], input=sql.encode(), capture_output=True, timeout=20)

    direct = ask(mysql_server.port)
    with relay(mysql_server.port) as between:
        through = ask(between.port)
    assert (through.stdout, through.returncode) == (direct.stdout, 0)
    assert between.opaque == [""]
    updates = [e for e in between.exchanges if e.label.startswith("UPDATE")]
    assert [(e.label, e.status, "frame" in e.facts) for e in updates] == [
        ("UPDATE orders SET status = ? WHERE id = ?", "OK", True)
    ]
    with relay(mysql_server.port, lambda e: "deadlock" if e.label.startswith("UPDATE") else "") as between:
        failing = ask(between.port)
    assert b"ERROR 1213 (40001) at line 2: Deadlock found" in failing.stderr
    assert failing.stdout == direct.stdout


@pytest.mark.parametrize(("name", "code"), [("shutdown", 1053), ("lost-before", 2013), ("lost-mid-packet", 2013)])
def test_the_connection_is_gone(mysql_server: Server, name: str, code: int) -> None:
    got = injected(mysql_server, name, "SELECT status FROM orders")
    assert (got[0], got[1][0]) == ("OperationalError", code)
