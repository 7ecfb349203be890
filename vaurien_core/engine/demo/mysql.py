"""The demo's MySQL: greeting, any user and password, text results.

Source: MySQL source documentation, "Client/Server Protocol" (protocol 10, COM_QUERY response, OK/ERR/EOF packets);
neither TLS nor compression nor prepared statements are offered, results end with EOF packets.
"""

from __future__ import annotations

import secrets

from vaurien_core.engine.demo.database import VERSION, Client, Database, Result
from vaurien_core.engine.demo.serving import HELD_MAX, Session
from vaurien_core.engine.demo.sql import SqlError, Value
from vaurien_core.protocols.mysql.constants import COMMANDS, FIELD_LIST, INIT_DB, QUERY, QUIT, STATISTICS, Status

CAPABILITIES = 0x0008_A20D
"""LONG_PASSWORD, LONG_FLAG, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH."""
_SIMPLE = frozenset({0x07, 0x0D, 0x0E, 0x11, 0x1B, 0x1F})
"""REFRESH, DEBUG, PING, CHANGE_USER, SET_OPTION, RESET_CONNECTION: answered by OK."""
_PLUGIN = b"mysql_native_password"
_UTF8 = 45
_LONGLONG, _DOUBLE, _VAR_STRING = 8, 5, 253


class MysqlSession(Session):
    """One client of a shared database."""

    _numbers = 0

    def __init__(self, database: Database) -> None:
        super().__init__()
        MysqlSession._numbers += 1
        self._number = MysqlSession._numbers
        self._client = Client(database, self._number)
        self._buffer = b""
        self._logged_in = False

    def begin(self) -> bytes:
        """The greeting."""
        scramble = bytes(1 + secrets.randbelow(126) for _ in range(20))
        flags = CAPABILITIES.to_bytes(4, "little")
        return _packets(
            b"\x0a" + VERSION.encode() + b"\0" + self._number.to_bytes(4, "little") + scramble[:8] + b"\0"
            + flags[:2] + bytes([_UTF8]) + self._status() + flags[2:] + bytes([21]) + bytes(10)
            + scramble[8:] + b"\0" + _PLUGIN + b"\0",
            first=0,
        )  # fmt: skip

    def feed(self, data: bytes) -> bytes:
        """Login and commands, in whole or in parts; the answers to what is complete."""
        self._buffer += data
        out = []
        while not self.over and len(self._buffer) >= 4:
            size = int.from_bytes(self._buffer[:3], "little")
            if size > HELD_MAX:
                self.over = True
                out.append(_packets(_error(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes")))
            if len(self._buffer) < 4 + size:
                break
            number, payload, self._buffer = self._buffer[3], self._buffer[4 : 4 + size], self._buffer[4 + size :]
            out.append(self._answer(number, payload))
        return b"".join(out)

    def leave(self) -> None:
        """What the client didn't commit is undone."""
        self._client.leave()

    def _answer(self, number: int, payload: bytes) -> bytes:
        if not self._logged_in:
            self._logged_in = True
            return _packets(self._ok(Result()), first=number + 1)
        if not payload:
            return _packets(_error(1047, "08S01", "Unknown command"))
        command, rest = payload[0], payload[1:]
        if command == QUIT:
            self.over = True
            return b""
        if command == INIT_DB:
            self._client.schema = rest.decode("utf-8", "replace")
            return _packets(self._ok(Result()))
        if command == STATISTICS:
            return _packets(b"Uptime: 1  Threads: 1  Questions: 1  Vaurien demo")
        if command in _SIMPLE:
            if command == 0x1F:
                self._client.leave()
            return _packets(self._ok(Result()))
        if command == FIELD_LIST:
            return _packets(self._eof())
        if command != QUERY:
            name = COMMANDS[command][0] if command in COMMANDS else f"{command:#x}"
            return _packets(_error(1047, "08S01", f"Unknown command (the demo backend has no COM_{name})"))
        try:
            result = self._client.run(rest.decode("utf-8", "replace"))
        except SqlError as error:
            return _packets(_error(error.code, error.state, str(error)))
        except (ValueError, OverflowError):
            return _packets(_error(1366, "HY000", "Incorrect value"))
        return self._rows(result) if result.columns else _packets(self._ok(result))

    def _rows(self, result: Result) -> bytes:
        columns = [
            _column(name, next((row[at] for row in result.rows if row[at] is not None), ""), self._client.schema)
            for at, name in enumerate(result.columns)
        ]
        rows = [b"".join(map(_text, row)) for row in result.rows]
        return _packets(bytes([len(columns)]), *columns, self._eof(), *rows, self._eof())

    def _ok(self, result: Result) -> bytes:
        return b"\0" + _lenenc(result.changed) + _lenenc(result.new_id) + self._status() + b"\0\0"

    def _eof(self) -> bytes:
        return b"\xfe\0\0" + self._status()

    def _status(self) -> bytes:
        client = self._client
        flags = (Status.AUTOCOMMIT if client.autocommit else 0) | (Status.IN_TRANS if client.in_transaction else 0)
        return int(flags).to_bytes(2, "little")


def _packets(*payloads: bytes, first: int = 1) -> bytes:
    return b"".join(
        len(payload).to_bytes(3, "little") + bytes([(first + index) % 256]) + payload
        for index, payload in enumerate(payloads)
    )


def _error(code: int, state: str, message: str) -> bytes:
    return b"\xff" + code.to_bytes(2, "little") + b"#" + state.encode() + message.encode()


def _column(name: str, example: Value, schema: str) -> bytes:
    kind = _LONGLONG if isinstance(example, int) else _DOUBLE if isinstance(example, float) else _VAR_STRING
    charset = _UTF8 if kind == _VAR_STRING else 63
    shown = name.encode()[:64]
    texts = (b"def", schema.encode(), b"orders", b"orders", shown, shown)
    decimals = 31 if kind == _DOUBLE else 0
    return (
        b"".join(_lenenc(len(text)) + text for text in texts)
        + b"\x0c" + charset.to_bytes(2, "little") + (1024).to_bytes(4, "little")
        + bytes([kind, 0, 0, decimals, 0, 0])
    )  # fmt: skip


def _text(value: Value) -> bytes:
    if value is None:
        return b"\xfb"
    text = (f"{value:g}" if isinstance(value, float) else str(value)).encode()
    return _lenenc(len(text)) + text


def _lenenc(number: int) -> bytes:
    if number < 0xFB:
        return bytes([number])
    if number < 2**16:
        return b"\xfc" + number.to_bytes(2, "little")
    if number < 2**24:
        return b"\xfd" + number.to_bytes(3, "little")
    return b"\xfe" + number.to_bytes(8, "little")
