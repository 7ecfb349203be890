"""Every command of the protocol's binary side, said to MariaDB directly and through the framer."""

from __future__ import annotations

import re
import struct
from collections import Counter
from pathlib import Path

import pytest
from mysql_relay import Relay, relay
from mysql_server import PASSWORD, Server, mysql_server, pymysql

from vaurien_core.protocols.mysql.errors import ENTRIES
from vaurien_core.protocols.mysql.replies import Results, Rows, Step

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
__all__ = ["mysql_server"]
DEPRECATE_EOF = 1 << 24
MESSAGES = Path("/usr/share/mysql/errmsg-utf8.txt")
ROUNDS = 20


class Raw:
    """Commands as bytes; the answers' payloads."""

    def __init__(self, connection: pymysql.Connection, *, deprecate: bool) -> None:
        self._connection = connection
        self._caps = DEPRECATE_EOF if deprecate else 0
        self._deprecate = deprecate

    def one(self, command: int, payload: bytes = b"") -> list[bytes]:
        self.silent(command, payload)
        return [self._packet()]

    def silent(self, command: int, payload: bytes = b"") -> None:
        self._connection._next_seq_id = 0
        self._connection._execute_command(command, payload)

    def results(self, command: int, payload: bytes = b"") -> list[bytes]:
        return self._until(command, payload, Results(self._caps))

    def rows(self, command: int, payload: bytes = b"") -> list[bytes]:
        return self._until(command, payload, Rows(self._caps))

    def prepare(self, sql: bytes) -> bytes:
        """The statement's number."""
        self.silent(0x16, sql)
        head = self._packet()
        _, number, columns, parameters = struct.unpack_from("<BIHH", head)
        for _ in range(columns + parameters + (0 if self._deprecate else bool(columns) + bool(parameters))):
            self._packet()
        return struct.pack("<I", number)

    def _until(self, command: int, payload: bytes, reply: Results | Rows) -> list[bytes]:
        self.silent(command, payload)
        said = [self._packet()]
        while reply.packet(len(said[-1]), said[-1][:24]) is not Step.END:
            said.append(self._packet())
        return said

    def _packet(self) -> bytes:
        low, high, _ = struct.unpack("<HBB", self._connection._read_bytes(4))
        return self._connection._read_bytes(low + high * 65536)


def converse(raw: Raw) -> list[object]:
    """All of it once; what the server said."""
    said: list[object] = []
    number = raw.prepare(b"SELECT seq, ? FROM seq_1_to_5")
    value = b"\x00\x01\x03\x00" + struct.pack("<I", 7)
    said.append(raw.results(0x17, number + b"\0\1\0\0\0" + value))
    said.append(raw.results(0x17, number + b"\1\1\0\0\0" + value))  # with a cursor
    said += [raw.rows(0x1C, number + b"\2\0\0\0") for _ in range(3)]
    said.append(raw.one(0x1A, number))
    said.append(raw.rows(0x1C, number + b"\2\0\0\0")[0][:20])  # an error: nothing is open
    raw.silent(0x19, number)
    said.append(raw.results(0x17, number + b"\0\1\0\0\0" + value)[0][:20])  # an error: it is forgotten
    number = raw.prepare(b"SELECT LENGTH(?)")
    raw.silent(0x18, number + b"\0\0" + b"x" * 70_000)
    raw.silent(0x18, number + b"\0\0" + b"y" * 7)
    said.append(raw.results(0x17, number + b"\0\1\0\0\0\x00\x01\xfc\x00"))
    raw.silent(0x19, number)
    number = raw.prepare(b"DO 1")
    said.append(raw.results(0x17, number + b"\0\1\0\0\0"))
    said.append(raw.results(0x03, b"SELECT 1; SELECT 2; DO 1; SELECT nope"))
    said.append(raw.rows(0x04, b"orders\0%"))
    said.append(raw.one(0x0E))
    said.append(raw.one(0x02, b"shop"))
    said.append(raw.one(0x1B, b"\0\0"))
    said.append(len(raw.one(0x09)))
    said.append(len(raw.results(0x0A)) > 3)
    said.append(raw.one(0x0C, b"\xff\xff\xff\x7f"))  # an error: there is no such thread
    said.append(raw.one(0x1F))
    said.append(raw.results(0x03, b"SELECT @@autocommit"))
    return said


def session(server: Server, port: int, *, deprecate: bool) -> list[object]:
    flags = pymysql.constants.CLIENT.MULTI_STATEMENTS | (DEPRECATE_EOF if deprecate else 0)
    connection = server.connect(port, client_flag=flags, autocommit=None)
    raw = Raw(connection, deprecate=deprecate)
    try:
        return [converse(raw) for _ in range(ROUNDS)]
    finally:
        connection._force_close()


@pytest.mark.parametrize("deprecate", [False, True])
def test_every_command_is_framed(mysql_server: Server, deprecate: bool) -> None:
    direct = session(mysql_server, mysql_server.port, deprecate=deprecate)
    with relay(mysql_server.port) as between:
        through = session(mysql_server, between.port, deprecate=deprecate)
    assert [a == b for a, b in zip(through, direct, strict=True)] == [True] * ROUNDS, next(
        (x, y) for a, b in zip(through, direct, strict=True) for x, y in zip(a, b, strict=True) if x != y
    )
    assert between.opaque == [""]
    assert all(e.answer_done for e in between.exchanges if e.answer_expected)
    assert all(
        e.status in ("OK", "ERR 1421", "ERR 1243", "ERR 1054", "ERR 1094", "ERR 1184", "") for e in between.exchanges
    )
    said = Counter(e.label for e in between.exchanges)
    for label, times in EXPECTED.items():
        assert said[label] == times * ROUNDS, label


EXPECTED = {
    "PREPARE SELECT seq, ? FROM seq_1_to_5": 1,
    "SELECT seq, ? FROM seq_1_to_5": 2,
    "FETCH SELECT seq, ? FROM seq_1_to_5": 4,
    "RESET SELECT seq, ? FROM seq_1_to_5": 1,
    "CLOSE SELECT seq, ? FROM seq_1_to_5": 1,
    "SEND_LONG_DATA SELECT LENGTH(?)": 2,
    "DO ?": 1,
    "SELECT ?; SELECT ?; DO ?; SELECT nope": 1,
    "FIELD_LIST": 1,
    "PING": 1,
    "INIT_DB shop": 1,
    "SET_OPTION": 1,
    "STATISTICS": 1,
    "PROCESS_INFO": 1,
    "PROCESS_KILL": 1,
    "RESET_CONNECTION": 1,
}


def test_another_user_on_the_same_connection(mysql_server: Server) -> None:
    def change(port: int) -> list[bytes]:
        connection = mysql_server.connect(port)
        raw = Raw(connection, deprecate=False)
        try:
            asked = raw.one(0x11, b"two\0\0\0\x21\0dialog\0\0")[0]
            scramble = asked.partition(b"\0")[2][:20]
            proof = pymysql._auth.scramble_native_password(PASSWORD.encode(), scramble)
            connection._next_seq_id = 2
            connection.write_packet(proof)
            return [asked[:22], raw._packet(), *raw.results(0x03, b"SELECT CURRENT_USER()")]
        finally:
            connection._force_close()

    def labels(between: Relay) -> list[tuple[str, str]]:
        return [(e.label, e.status) for e in between.exchanges][-2:]

    with relay(mysql_server.port) as between:
        assert change(between.port) == change(mysql_server.port)
    assert between.opaque == [""]
    assert labels(between) == [("CHANGE_USER", "OK"), ("SELECT CURRENT_USER()", "OK")]


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.mariadb], ids=lambda e: e.info.name)
def test_mariadbs_words_are_those_of_its_message_file(entry) -> None:
    if not MESSAGES.exists():
        pytest.skip("errmsg-utf8.txt is missing: apt-get install mariadb-server-core")
    words = entry.mariadb
    blocks = re.findall(
        r'^(ER_\w+) *(\w{5})?[ \t]*\n(?:[ \t]+.*\n)*?[ \t]+eng "(.*)"', MESSAGES.read_text(), re.MULTILINE
    )
    variable = re.sub(r"\\\{\w+\\\}", ".+", re.escape(words.text))
    states = {
        state or "HY000" for _, state, text in blocks if re.fullmatch(variable, text) or _filled(text, words.text)
    }
    assert words.state in states


def _filled(template: str, text: str) -> bool:
    """Whether a text is this template with something in its places."""
    pattern = re.sub(r"%(?:\\?-)?(?:\\?\.\d+|\d*)?[sMd]", ".+", re.escape(template).replace("%\\-\\.", "%-."))
    pattern = re.sub(r"%-?\.?\d*[sMd]", ".+", pattern)
    return len(template) > 12 and re.fullmatch(pattern, text) is not None
