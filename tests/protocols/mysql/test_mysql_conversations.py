"""A table of conversations: what was said, and the exchanges that it is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from mysql_bytes import (
    ATTRIBUTES,
    BASE,
    CACHE,
    COMPRESS,
    EOF_OK,
    META,
    MYSQL,
    SSL,
    column,
    command,
    eof,
    err,
    frame,
    greeting,
    login,
    ok,
    packet,
    query,
    result,
)

from tests.talks import DOWN, UP, Talk, joined
from vaurien_core.protocols.mysql.framer import MysqlFramer

CUTS = [0, 1, 2, 3, 7, 1000]
MARIA = "5.5.5-10.11.19-MariaDB"
IN = [(DOWN, greeting()), (UP, login()), (DOWN, ok(2))]
DONE = ("login", "OK", True, True)


def entered(caps: int, more: int = 0, version: str = "8.0.36") -> list[tuple[str, bytes]]:
    offered = BASE | caps | (0 if version == MARIA else MYSQL)
    return [(DOWN, greeting(version, offered, more)), (UP, login(BASE | caps, more)), (DOWN, ok(2))]


@dataclass(frozen=True)
class Conversation:
    """`exchanges`: (label, status, request done, answer done)."""

    name: str
    script: list[tuple[str, bytes]]
    exchanges: list[tuple[str, str, bool, bool]]
    opaque: str = ""


def done(label: str, status: str = "OK") -> tuple[str, str, bool, bool]:
    return (label, status, True, True)


def silent(label: str) -> tuple[str, str, bool, bool]:
    return (label, "", True, False)


PREPARE_OK = packet(1, b"\0\x05\0\0\0\x01\0\x01\0\0\0\0")
EXECUTE = command(0x17, b"\x05\0\0\0\0\x01\0\0\0\0\x01\x08\0" + b"12345678")
ROW = b"\x0242"
TABLE = [
    Conversation("a login", IN, [DONE]),
    Conversation(
        "refused before the greeting",
        [(DOWN, packet(0, b"\xff\x10\x04Too many connections"))],
        [("login", "ERR 1040", True, True)],
    ),
    Conversation(
        "refused login",
        [(DOWN, greeting()), (UP, login()), (DOWN, err(2, 1045, "no"))],
        [("login", "ERR 1045", True, True)],
    ),
    Conversation(
        "authentication switched, and in several steps",
        [
            (DOWN, greeting()),
            (UP, login()),
            (DOWN, packet(2, b"\xfecaching_sha2_password\x0012345678901234567890\0")),
            (UP, packet(3, b"h" * 32)),
            (DOWN, packet(4, b"\x01\x04")),
            (UP, packet(5, b"\x02")),
            (DOWN, packet(6, b"\x01-----BEGIN PUBLIC KEY")),
            (UP, packet(7, b"k" * 256)),
            (DOWN, ok(8)),
            (UP, command(14)),
            (DOWN, ok()),
        ],
        [DONE, done("PING")],
    ),
    Conversation(
        "fast authentication",
        [*IN[:2], (DOWN, packet(2, b"\x01\x03") + ok(3)), (UP, command(14)), (DOWN, ok())],
        [DONE, done("PING")],
    ),
    Conversation(
        "commands",
        [
            *IN,
            (UP, command(14)),
            (DOWN, ok()),
            (UP, command(2, b"shop")),
            (DOWN, ok()),
            (UP, command(9)),
            (DOWN, packet(1, b"Uptime: 1")),
            (UP, command(0x1B, b"\0\0")),
            (DOWN, eof(1)),
            (UP, command(0x0D)),
            (DOWN, eof(1)),
            (UP, command(4, b"t\0%")),
            (DOWN, column(1) + column(2) + eof(3)),
            (UP, command(0x1F)),
            (DOWN, ok()),
            (UP, command(0x0A)),
            (DOWN, result(ROW)),
            (UP, command(1)),
        ],
        [
            DONE,
            done("PING"),
            done("INIT_DB shop"),
            done("STATISTICS"),
            done("SET_OPTION"),
            done("DEBUG"),
            done("FIELD_LIST"),
            done("RESET_CONNECTION"),
            done("PROCESS_INFO"),
            silent("QUIT"),
        ],
    ),
    Conversation(
        "statements",
        [
            *IN,
            (UP, query("UPDATE t SET a = 5")),
            (DOWN, ok()),
            (UP, query("SELECT 1")),
            (DOWN, result(ROW, ROW)),
            (UP, query("SELECT 1 WHERE 0")),
            (DOWN, result()),
            (UP, query("oops")),
            (DOWN, err(1, 1064, "syntax", "42000")),
            (UP, query("SELECT 2")),
            (DOWN, result(ROW)[:-9] + err(5, 1317, "killed")),
            (UP, query("DO 1")),
            (DOWN, ok()),
        ],
        [
            DONE,
            done("UPDATE t SET a = ?"),
            done("SELECT ?"),
            done("SELECT ? WHERE ?"),
            done("oops", "ERR 1064"),
            done("SELECT ?", "ERR 1317"),
            done("DO ?"),
        ],
    ),
    Conversation(
        "OK in EOF's place",
        [
            *entered(EOF_OK),
            (UP, query("SELECT 1")),
            (DOWN, result(ROW, b"\xfe" + b"\xff" * 20, deprecate=True)[:0]),
            (DOWN, result(ROW, deprecate=True)),
            (UP, command(14)),
            (DOWN, ok()),
        ],
        [DONE, done("SELECT ?"), done("PING")],
    ),
    Conversation(
        "several results",
        [
            *IN,
            (UP, query("CALL p()")),
            (DOWN, result(ROW, status=10) + result(status=10, start=6) + ok(10)),
            (UP, query("a; b")),
            (DOWN, ok(1, 10) + ok(2, 10) + err(3, 1064, "b", "42000")),
            (UP, command(14)),
            (DOWN, ok()),
        ],
        [DONE, done("CALL p()"), done("a; b", "ERR 1064"), done("PING")],
    ),
    Conversation(
        "several results with OK at their ends",
        [
            *entered(EOF_OK),
            (UP, query("CALL p()")),
            (DOWN, result(ROW, status=10, deprecate=True) + result(ROW, status=10, deprecate=True, start=5) + ok(9)),
            (UP, command(14)),
            (DOWN, ok()),
        ],
        [DONE, done("CALL p()"), done("PING")],
    ),
    Conversation(
        "a file from the client",
        [
            *IN,
            (UP, query("LOAD DATA LOCAL INFILE 'f' INTO TABLE t")),
            (DOWN, packet(1, b"\xfbf")),
            (UP, packet(2, b"a,b\n")),
            (UP, packet(3, b"")),
            (DOWN, ok(4)),
            (UP, command(14)),
            (DOWN, ok()),
        ],
        [DONE, done("LOAD DATA LOCAL INFILE ? INTO TABLE t"), done("PING")],
    ),
    Conversation(
        "a file whose sequence numbers start over",
        [
            *IN,
            (UP, query("LOAD DATA LOCAL INFILE 'f' INTO TABLE t")),
            (DOWN, packet(1, b"\xfbf")),
            (UP, b"".join(packet(n & 0xFF, b"x\n") for n in range(2, 300)) + packet(300 & 0xFF, b"")),
            (DOWN, ok(45)),
            (UP, command(14)),
            (DOWN, ok()),
        ],
        [DONE, done("LOAD DATA LOCAL INFILE ? INTO TABLE t"), done("PING")],
    ),
    Conversation(
        "prepared",
        [
            *IN,
            (UP, command(0x16, b"SELECT a FROM t WHERE id = ?")),
            (DOWN, PREPARE_OK + column(2) + eof(3) + column(4) + eof(5)),
            (UP, EXECUTE),
            (DOWN, result(b"\0\0\x01\0\0\0")),
            (UP, command(0x18, b"\x05\0\0\0\0\0data") + EXECUTE),
            (DOWN, ok()),
            (UP, command(0x1A, b"\x05\0\0\0")),
            (DOWN, ok()),
            (UP, command(0x19, b"\x05\0\0\0") + command(14)),
            (DOWN, ok()),
            (UP, command(0x16, b"oops")),
            (DOWN, err(1, 1064, "x", "42000")),
            (UP, EXECUTE),
            (DOWN, err(1, 1243, "Unknown prepared statement handler (5) given to EXECUTE")),
        ],
        [
            DONE,
            done("PREPARE SELECT a FROM t WHERE id = ?"),
            done("SELECT a FROM t WHERE id = ?"),
            silent("SEND_LONG_DATA SELECT a FROM t WHERE id = ?"),
            done("SELECT a FROM t WHERE id = ?"),
            done("RESET SELECT a FROM t WHERE id = ?"),
            silent("CLOSE SELECT a FROM t WHERE id = ?"),
            done("PING"),
            done("PREPARE oops", "ERR 1064"),
            done("unknown statement", "ERR 1243"),
        ],
    ),
    Conversation(
        "prepared without EOF packets, without columns",
        [
            *entered(EOF_OK),
            (UP, command(0x16, b"SELECT ?")),
            (DOWN, PREPARE_OK + column(2) + column(3)),
            (UP, command(0x16, b"DO 1")),
            (DOWN, packet(1, b"\0\x06\0\0\0\0\0\0\0\0\0\0")),
            (UP, command(14)),
            (DOWN, ok()),
        ],
        [DONE, done("PREPARE SELECT ?"), done("PREPARE DO ?"), done("PING")],
    ),
    Conversation(
        "a cursor",
        [
            *IN,
            (UP, command(0x16, b"SELECT a FROM t")),
            (DOWN, packet(1, b"\0\x05\0\0\0\x01\0\0\0\0\0\0") + column(2) + eof(3)),
            (UP, EXECUTE),
            (DOWN, packet(1, b"\x01") + column(2) + eof(3, 0x42)),
            (UP, command(0x1C, b"\x05\0\0\0\x02\0\0\0")),
            (DOWN, packet(1, b"\0\0\x01") + packet(2, b"\0\0\x02") + eof(3, 0x42)),
            (UP, command(0x1C, b"\x05\0\0\0\x02\0\0\0")),
            (DOWN, eof(1, 0x82)),
        ],
        [
            DONE,
            done("PREPARE SELECT a FROM t"),
            done("SELECT a FROM t"),
            done("FETCH SELECT a FROM t"),
            done("FETCH SELECT a FROM t"),
        ],
    ),
    Conversation(
        "another user",
        [
            *IN,
            (UP, command(0x11, b"other\0\0\0")),
            (DOWN, packet(1, b"\xfemysql_native_password\0" + b"s" * 20 + b"\0")),
            (UP, packet(2, b"r" * 20)),
            (DOWN, ok(3)),
            (UP, command(14)),
            (DOWN, ok()),
        ],
        [DONE, done("CHANGE_USER"), done("PING")],
    ),
    Conversation(
        "progress reports",
        [
            *IN,
            (UP, query("ALTER TABLE t ENGINE=InnoDB")),
            (DOWN, packet(1, b"\xff\xff\xff\x01\x01\x02\0\0\0\x04copy")),
            (DOWN, packet(2, b"\xff\xff\xff\x01\x02\x02\0\0\0\x04copy") + ok(3)),
            (UP, command(14)),
            (DOWN, ok()),
        ],
        [DONE, done("ALTER TABLE t ENGINE=InnoDB"), done("PING")],
    ),
    Conversation(
        "MariaDB leaves metadata out that it sent before",
        [
            *entered(0, CACHE, MARIA),
            (UP, EXECUTE),
            (DOWN, packet(1, b"\x01\0") + eof(2) + packet(3, b"\0\0\x05") + eof(4)),
            (UP, command(0xFA, b"\xff\xff\xff\xff\x80\0")),
            (DOWN, ok()),
        ],
        [DONE, done("unknown statement"), done("unknown statement")],
    ),
    Conversation(
        "MySQL leaves metadata out when told so",
        [
            *entered(META | EOF_OK),
            (UP, query("SELECT 1")),
            (DOWN, packet(1, b"\0\x01") + packet(2, ROW) + ok(3, header=0xFE)),
            (UP, query("SELECT 1")),
            (DOWN, packet(1, b"\x01\x01") + column(2) + packet(3, ROW) + ok(4, header=0xFE)),
        ],
        [DONE, done("SELECT ?"), done("SELECT ?")],
    ),
    Conversation(
        "query attributes",
        [
            *entered(ATTRIBUTES),
            (UP, command(3, b"\0\x01SELECT 1")),
            (DOWN, ok()),
            (UP, command(3, b"\x02\x01\x00\x01\xfe\0\x02id\x08\0\x01n" + b"\x03abc" + b"12345678" + b"SELECT x")),
            (DOWN, ok()),
        ],
        [DONE, done("SELECT ?"), done("SELECT x")],
    ),
    Conversation(
        "commands before the answers",
        [
            *IN,
            (UP, query("SELECT 1") + query("SELECT 2")),
            (UP, command(14)),
            (DOWN, result(ROW) + err(1, 1, "x") + ok()),
        ],
        [DONE, done("SELECT ?"), done("SELECT ?", "ERR 1"), done("PING")],
    ),
    Conversation("a farewell", [*IN, (DOWN, err(0, 4031, "inactivity"))], [DONE]),
    Conversation(
        "compressed",
        [
            *entered(COMPRESS),
            (UP, frame(0, query("SELECT 1" + " " * 99))),
            (DOWN, frame(1, result(ROW, ROW))),
            (UP, frame(0, command(14), stored=True)),
            (DOWN, frame(1, ok(), stored=True)),
            (UP, frame(0, query("SELECT 2"))),
            (
                DOWN,
                frame(1, result(ROW, ROW)[:30])
                + frame(2, result(ROW, ROW)[30:33], stored=True)
                + frame(3, result(ROW, ROW)[33:]),
            ),
            (UP, frame(0, command(1), stored=True)),
        ],
        [DONE, done("SELECT ?"), done("PING"), done("SELECT ?"), silent("QUIT")],
    ),
    Conversation(
        "several compressed commands in one frame",
        [
            *entered(COMPRESS),
            (UP, frame(0, command(14) + command(14))),
        ],
        [DONE, ("PING", "", True, False)],
        opaque="several commands in one compressed frame",
    ),
    Conversation(
        "not compressed though agreed",
        [*entered(COMPRESS), (UP, b"\x05\0\0\0\x09\0\0hello")],
        [DONE],
        opaque="a compressed frame that is none",
    ),
    Conversation(
        "TLS",
        [
            (DOWN, greeting()),
            (UP, packet(1, (BASE | SSL).to_bytes(4, "little") + bytes(28))),
            (UP, b"\x16\x03\x01hello"),
            (DOWN, b"\x16\x03\x03hello"),
            (UP, b"\x17\x03\x03x"),
        ],
        [("login", "", True, True), ("exchange 1", "", True, False)],
        opaque="TLS",
    ),
    Conversation(
        "another protocol",
        [(DOWN, b"220 mail ESMTP\r\n"), (UP, b"EHLO x\r\n")],
        [("login", "", False, True), ("exchange 1", "", True, False)],
        opaque="a greeting that is not MySQL's",
    ),
    Conversation(
        "a client of another protocol",
        [(UP, b"GET / HTTP/1.1\r\n\r\n" * 300)],
        [("exchange 1", "", True, False)],
        opaque="the client spoke before the server",
    ),
    Conversation(
        "an unknown command",
        [*IN, (UP, command(14) + command(0x77)), (DOWN, ok() + b"?")],
        [DONE, done("PING"), ("exchange 2", "", True, False)],
        opaque="an unknown command",
    ),
    Conversation(
        "replication",
        [*IN, (UP, command(0x12, bytes(10))), (DOWN, b"events")],
        [DONE, ("exchange 1", "", True, False)],
        opaque="a replication stream",
    ),
    Conversation(
        "an answer that is none",
        [*IN, (UP, query("SELECT 1")), (DOWN, packet(1, b"\xfd\xff\xff\xff\0"))],
        [DONE, ("SELECT ?", "", True, False)],
        opaque="an answer out of step",
    ),
]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("case", TABLE, ids=lambda c: c.name)
def test_conversations(case, cut):
    heard = Talk(MysqlFramer()).play(case.script, cut)
    heard.end()
    assert joined(heard.up) == b"".join(data for way, data in case.script if way == UP)
    assert joined(heard.down) == b"".join(data for way, data in case.script if way == DOWN)
    assert heard.machine.opaque == case.opaque
    facts = [(e.label, e.status, e.request_done, e.answer_done) for e in heard.exchanges]
    if case.opaque:
        framed = [e for e in case.exchanges if not e[0].startswith("exchange")]
        assert [f[:2] for f in facts if not f[0].startswith("exchange")][: len(framed)] == [e[:2] for e in framed]
    else:
        assert facts == case.exchanges
    if not case.opaque:
        for side, flag in ((heard.up, "request_done"), (heard.down, "answer_done")):
            for exchange in heard.exchanges:
                pieces = [p for p in side if p.exchange is exchange and not p.interim]
                if pieces and getattr(exchange, flag):
                    assert [p.last for p in pieces].count(True) == 1
                    assert pieces[0].first
