"""What the journal shows of statements: names, not values; and what identifies them for the draw."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mysql_bytes import BASE, MYSQL, command, greeting, login, ok, packet, query

from tests.talks import DOWN, UP, Talk
from vaurien_core.protocols.mysql.framer import MysqlFramer
from vaurien_core.protocols.mysql.statement import LABEL_MAX, label_of, read_statement


@pytest.mark.parametrize(
    ("sql", "label"),
    [
        ("UPDATE orders SET status = 'paid'", "UPDATE orders SET status = ?"),
        ("  SELECT *\n FROM `t 1`  WHERE a=1.5e3 AND b IN (1, 2,3);", "SELECT * FROM `t 1` WHERE a=? AND b IN (?)"),
        ("INSERT INTO t2 (a, b) VALUES (1, 'x'), (2, 'y'),(3,'z')", "INSERT INTO t2 (a, b) VALUES (?, ?)"),
        ("SELECT 'it''s', \"a\\\"b\", x'ff', 0xFF, -5, N'n' -- c\n, t1.c2 # d", "SELECT ?, ?, ?, ?, -?, ? , t1.c2"),
        ("/* hint */ select /*+ x */ a1 from db.t1 where id=@id", "select a1 from db.t1 where id=@id"),
        ("CREATE USER u IDENTIFIED BY 'secret", "CREATE USER u IDENTIFIED BY ?"),
        ("SELECT 'a\\", "SELECT ?"),
        ("", ""),
        ("SELECT \x00\x07", "SELECT ??"),
    ],
)
def test_labels(sql, label):
    assert label_of(sql.encode()) == label


def test_labels_are_short_and_quickly_made():
    assert len(label_of(b"SELECT " + b"a, " * 500)) == LABEL_MAX
    began = time.perf_counter()
    label_of(b"SELECT 1, 'x', `y`" * 200)
    usual = time.perf_counter() - began
    for hard in (b"'\\" * 2000, b"((((" * 1000, b"/*" * 2000, b"1" * 4000, b"1." * 2000, b"(?),(" * 800, b"''" * 2000):
        began = time.perf_counter()
        read_statement(hard)
        assert time.perf_counter() - began < 0.1 + 50 * usual


@given(st.binary(max_size=300))
def test_any_statement_has_a_label(sql):
    assert label_of(sql).isprintable()


@given(st.text("abc'\"\\`0-9\n\x00é", max_size=30))
def test_no_text_of_a_literal_is_shown(value):
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    assert (
        label_of(f"SELECT * FROM t WHERE a = '{escaped}' AND b = 1".encode()) == "SELECT * FROM t WHERE a = ? AND b = ?"
    )


@pytest.mark.parametrize(
    ("sql", "verb", "table"),
    [
        ("INSERT INTO shop.orders VALUES (1)", "INSERT", "orders"),
        ("/* c */ (select 1 from `a b`)", "SELECT", "a b"),
        ("update low_priority t set a=1", "UPDATE", "t"),
        ("LOAD DATA INFILE 'x' INTO TABLE t3", "LOAD", "t3"),
        ("ALTER TABLE t4 ADD c INT", "ALTER", "t4"),
        ("-- c\nDELETE FROM t5", "DELETE", "t5"),
        ("COMMIT", "COMMIT", ""),
    ],
)
def test_verbs_and_tables(sql, verb, table):
    known = read_statement(sql.encode())
    assert (known.verb, known.table) == (verb, table)


def exchanges(*requests: bytes, prepared_as: int = 5) -> list:
    heard = Talk(MysqlFramer())
    heard.play([(DOWN, greeting()), (UP, login(BASE | MYSQL)), (DOWN, ok(2))])
    for request in requests:
        heard.say(UP, request)
        prepares = request[4:5] == b"\x16"
        name = prepared_as.to_bytes(4, "little")
        heard.say(DOWN, packet(1, b"\0" + name + bytes(7)) if prepares else ok())
    return heard.exchanges[1:]


def test_keys_are_the_request_as_sent():
    first, second, third = exchanges(query("SELECT 1"), query("SELECT 2"), query("SELECT 1"))
    assert first.key == third.key == b"\x03SELECT 1"
    assert first.key != second.key


def test_the_key_of_an_execution_does_not_depend_on_the_number_of_its_statement():
    def run(sql: bytes, number: int, value: bytes) -> bytes:
        execute = command(0x17, number.to_bytes(4, "little") + b"\0\x01\0\0\0\0\x01\x08\0" + value)
        return exchanges(command(0x16, sql), execute, prepared_as=number)[1].key

    assert run(b"DO ?", 5, b"1" * 8) == run(b"DO ?", 77, b"1" * 8)
    assert run(b"DO ?", 5, b"1" * 8) != run(b"DO ?", 5, b"2" * 8)
    assert run(b"DO ?", 5, b"1" * 8) != run(b"DO ? + 1", 5, b"1" * 8)
