"""The catalogue: bytes, where each entry is legal, and what the backend gets."""

from __future__ import annotations

import pytest
from mysql_bytes import ALL, BASE, COMPRESS, MYSQL, command, err, frame, greeting, login, ok, packet, query, result

from tests.talks import DOWN, UP, Talk, joined
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.mysql import Mysql

MARIA = "5.5.5-10.11.19-MariaDB"
UPDATE = query("UPDATE orders SET a = 1")


def talk(version: str = "8.0.36", caps: int = BASE | MYSQL, protocol: Mysql | None = None) -> tuple[Mysql, Talk]:
    protocol = protocol or Mysql(Mysql.Options())
    offered = ALL & ~MYSQL if version == MARIA else ALL
    return protocol, Talk(protocol.framer()).play(
        [(DOWN, greeting(version, offered)), (UP, login(caps)), (DOWN, ok(2))]
    )


def answer(name: str, request: bytes, version: str = "8.0.36", caps: int = BASE | MYSQL) -> bytes | None:
    protocol, heard = talk(version, caps)
    heard.say(UP, request)
    return protocol.error(name, heard.exchanges[-1], close=False, wall=0.0, extra={})


@pytest.mark.parametrize("entry", Mysql.errors, ids=lambda e: e.name)
def test_every_entry_says_where_it_comes_from_and_when_it_is_legal(entry):
    assert entry.source
    assert entry.wire
    assert entry.title
    assert entry.closes or entry.phases == ("before",)
    assert not entry.random or (entry.at == "request" and not entry.closes)
    if entry.at == "request":
        assert answer(entry.name, query("INSERT INTO t VALUES (1)")) is not None
        assert answer(entry.name, command(1)) is None
        assert answer(entry.name, command(0x19, bytes(4))) is None
    else:
        assert answer(entry.name, UPDATE) is None


@pytest.mark.parametrize(
    ("name", "mysql", "mariadb"),
    [
        ("deadlock", err(1, 1213, "Deadlock found when trying to get lock; try restarting transaction", "40001"), None),
        ("lock-timeout", err(1, 1205, "Lock wait timeout exceeded; try restarting transaction"), None),
        (
            "read-only",
            err(1, 1290, "The MySQL server is running with the --read-only option so it cannot execute this statement"),
            err(
                1, 1290, "The MariaDB server is running with the --read-only option so it cannot execute this statement"
            ),
        ),
        (
            "query-timeout",
            err(1, 3024, "Query execution was interrupted, maximum statement execution time exceeded"),
            err(1, 1969, "Query execution was interrupted (max_statement_time exceeded)", "70100"),
        ),
        (
            "read-only-transaction",
            err(1, 1792, "Cannot execute statement in a READ ONLY transaction.", "25006"),
            err(1, 1792, "Cannot execute statement in a READ ONLY transaction", "25006"),
        ),
        ("read-only-mode", err(1, 1836, "Running in read-only mode"), None),
        ("table-full", err(1, 1114, "The table 'orders' is full"), None),
        ("shutdown", err(1, 1053, "Server shutdown in progress", "08S01"), None),
        ("lost-before", b"", None),
        ("lost-mid-packet", b"\x07\0", None),
    ],
)
def test_bytes_follow_the_server_that_greeted(name, mysql, mariadb):
    assert answer(name, UPDATE) == mysql
    assert answer(name, UPDATE, MARIA) == (mysql if mariadb is None else mariadb)


def test_a_farewell_has_number_0_and_is_not_mariadbs():
    said = answer("idle-timeout", UPDATE)
    assert said[3:7] == b"\0\xff\xbf\x0f"
    assert answer("idle-timeout", UPDATE, MARIA) is None


def test_reads_pass_a_read_only_server():
    assert answer("read-only", query("SELECT 1")) is None
    assert answer("deadlock", query("SELECT 1 FROM t FOR UPDATE")) is not None
    for untouched in ("ROLLBACK", "SET NAMES utf8", "BEGIN"):
        assert answer("deadlock", query(untouched)) is None
    assert answer("deadlock", command(14)) is None
    assert answer("shutdown", command(14)) is not None
    assert answer("shutdown", command(9)) is None


def test_a_prepared_statement_is_known_by_its_text():
    protocol, heard = talk()
    heard.play([(UP, command(0x16, b"UPDATE t SET a = ?")), (DOWN, packet(1, b"\0\x05\0\0\0" + bytes(7)))])
    assert protocol.error("deadlock", heard.exchanges[-1], close=False, wall=0, extra={}) is None
    heard.say(UP, command(0x17, b"\x05\0\0\0\0\x01\0\0\0"))
    assert protocol.error("deadlock", heard.exchanges[-1], close=False, wall=0, extra={}) is not None


def test_before_the_greeting_there_is_no_sql_state():
    protocol, _ = talk(MARIA)
    fresh = Talk(protocol.framer())
    too_many = {"close": True, "wall": 0.0, "extra": {}}
    assert protocol.error("too-many-connections", Exchange(0), **too_many) == packet(
        0, b"\xff\x10\x04Too many connections"
    )
    fresh.say(DOWN, greeting())
    login_exchange = fresh.exchanges[0]
    assert protocol.error("too-many-connections", login_exchange, **too_many) is None
    assert protocol.error("host-blocked", login_exchange, **too_many) is None
    fresh.say(UP, login())
    assert protocol.error("too-many-connections", login_exchange, **too_many) == err(
        2, 1040, "Too many connections", "08004"
    )
    assert b"#42000User app already has more than" in protocol.error(
        "too-many-user-connections", login_exchange, **too_many
    )


def test_a_proxy_remembers_what_its_server_is():
    protocol, _ = talk(MARIA)
    before = Talk(protocol.framer())
    before.machine.downstream(b"")
    blocked = protocol.error("host-blocked", before.machine._talk.latest, close=True, wall=0, extra={})
    assert blocked.endswith(b"unblock with 'mariadb-admin flush-hosts'")
    assert blocked[3:7] == b"\0\xff\x69\x04"


def test_compressed_connections_get_their_errors_in_frames():
    protocol, heard = talk(caps=BASE | MYSQL | COMPRESS)
    heard.say(UP, frame(0, UPDATE))
    exchange = heard.exchanges[-1]
    said = protocol.error("deadlock", exchange, close=False, wall=0, extra={})
    assert said == frame(1, answer("deadlock", UPDATE), stored=True)
    assert protocol.remedy("deadlock", exchange) == frame(0, query("ROLLBACK"), stored=True)


@pytest.mark.parametrize("pipelined", [False, True])
def test_a_deadlock_sends_rollback_and_its_answer_is_the_exchanges(pipelined):
    protocol, heard = talk()
    heard.say(UP, query("BEGIN") + UPDATE if pipelined else UPDATE)
    exchange = heard.exchanges[-1]
    assert protocol.remedy("deadlock", exchange) == query("ROLLBACK")
    assert protocol.remedy("lock-timeout", exchange) == b""
    heard.machine.substituted(exchange, query("ROLLBACK"))
    heard.down.clear()
    if pipelined:
        heard.say(DOWN, ok(1, 3))
    heard.say(DOWN, ok(1, 2))
    assert (heard.down[-1].exchange, heard.down[-1].last) == (exchange, True)
    heard.machine.answered(exchange)
    heard.say(UP, query("SELECT 1"))
    heard.say(DOWN, result(b"\x011"))
    assert heard.exchanges[-1].status == "OK"
    assert heard.exchanges[-1].facts["in_transaction"] is False


def test_the_transaction_is_known_by_the_servers_flags():
    _, heard = talk()
    heard.play(
        [(UP, query("BEGIN")), (DOWN, ok(1, 3)), (UP, UPDATE), (DOWN, ok(1, 3)), (UP, query("COMMIT")), (DOWN, ok())]
    )
    heard.say(UP, command(14))
    assert [e.facts.get("in_transaction") for e in heard.exchanges[1:]] == [False, True, True, False]


def test_a_dropped_request_gets_no_answer():
    _, heard = talk()
    heard.say(UP, UPDATE + command(14))
    heard.machine.dropped(heard.exchanges[1])
    heard.machine.answered(heard.exchanges[1])
    heard.say(DOWN, ok())
    assert [(e.status, e.answer_done) for e in heard.exchanges[1:]] == [("", True), ("OK", True)]
    assert joined(heard.up).endswith(UPDATE + command(14))


@pytest.mark.parametrize(
    ("sql", "name", "open_", "sent"),
    [
        ("ALTER TABLE t ADD a INT", "lock-timeout", True, "COMMIT"),
        ("ALTER TABLE t ADD a INT", "deadlock", True, "COMMIT"),
        ("ALTER TABLE t ADD a INT", "deadlock", False, ""),
        ("ALTER TABLE t ADD a INT", "read-only", True, ""),
        ("CREATE TEMPORARY TABLE t (a INT)", "lock-timeout", True, ""),
        ("CREATE OR REPLACE TEMPORARY TABLE t (a INT)", "table-full", True, ""),
        ("DROP TABLE t", "query-killed", True, "COMMIT"),
        ("UPDATE t SET a = 1", "lock-timeout", True, ""),
        ("UPDATE t SET a = 1", "deadlock", False, "ROLLBACK"),
    ],
)
def test_what_the_backend_gets_so_that_the_error_is_true(sql, name, open_, sent):
    protocol, heard = talk()
    heard.play([(UP, query("BEGIN")), (DOWN, ok(1, 3 if open_ else 2)), (UP, query(sql))])
    assert protocol.error(name, heard.exchanges[-1], close=False, wall=0, extra={}) is not None
    assert protocol.remedy(name, heard.exchanges[-1]) == (query(sent) if sent else b"")


def test_temporary_tables_can_be_made_on_a_read_only_server():
    assert answer("read-only", query("CREATE TEMPORARY TABLE t (a INT)")) is None
    assert answer("read-only", query("CREATE TABLE temporary (a INT)")) is not None


def test_a_transaction_of_xa_is_not_rolled_back_on_the_clients_behalf():
    def legal(protocol: Mysql, heard: Talk) -> bool:
        heard.say(UP, UPDATE)
        said = protocol.error("deadlock", heard.exchanges[-1], close=False, wall=0, extra={})
        heard.say(DOWN, ok(1, 3))
        return said is not None

    protocol, heard = talk()
    heard.play([(UP, query("XA START 'a'")), (DOWN, ok(1, 3))])
    assert not legal(protocol, heard)
    heard.play([(UP, query("XA END 'a'")), (DOWN, ok(1, 3)), (UP, query("XA COMMIT 'a' ONE PHASE")), (DOWN, ok(1, 2))])
    heard.play([(UP, query("BEGIN")), (DOWN, ok(1, 3))])
    assert legal(protocol, heard)


def test_a_refused_login_names_the_user_and_whether_a_password_was_used():
    protocol, _ = talk(MARIA)
    fresh = Talk(protocol.framer())
    fresh.play([(DOWN, greeting()), (UP, login())])
    said = protocol.error("access-denied", fresh.exchanges[0], close=True, wall=0, extra={})
    assert said == err(2, 1045, "Access denied for user 'app'@'127.0.0.1' (using password: YES)", "28000")


def test_before_the_greeting_it_is_known_from_earlier_connections_who_greets():
    protocol, _ = talk(MARIA)
    said = protocol.error("host-blocked", Exchange(0, "connect"), close=True, wall=0, extra={})
    assert said.endswith(b"unblock with 'mariadb-admin flush-hosts'")
