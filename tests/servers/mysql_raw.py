"""A client that says commands as bytes, also compressed, and with MariaDB's own capabilities."""

from __future__ import annotations

import socket
import struct
import zlib
from typing import Any

from mysql_server import Server, pymysql

from vaurien_core.protocols.mysql.constants import Cap
from vaurien_core.protocols.mysql.replies import Results, Rows, Step

CHUNK = 0xFFFFFF
BULK = 1 << 34
"""MARIADB_CLIENT_STMT_BULK_OPERATIONS."""
FRAME_MAX = 0xF00000


class Wire:
    """A socket under PyMySQL: sets MariaDB's capabilities in the login, and compresses behind it if told."""

    def __init__(self, port: int, *, compress: bool, extended: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), 30)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._compress, self._extended = compress, extended
        self._greeted = self._logged_in = False
        self._frames = 0
        self._plain = bytearray()
        self._in = self._sock.makefile("rb")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def makefile(self, _mode: str) -> Wire:
        return self

    def close(self) -> None:
        self._in.close()
        self._sock.close()

    def sendall(self, data: bytes) -> None:
        if not self._greeted or (not self._logged_in and data[3] == 1):
            data = self._login(bytearray(data))
        if not (self._compress and self._logged_in):
            self._sock.sendall(data)
            return
        if data[3] == 0:
            self._frames = 0
        for at in range(0, len(data), FRAME_MAX):
            part = data[at : at + FRAME_MAX]
            packed = zlib.compress(part, 1) if len(part) > 50 else part
            size = len(part) if len(part) > 50 else 0
            self._sock.sendall(
                len(packed).to_bytes(3, "little") + bytes([self._frames]) + size.to_bytes(3, "little") + packed
            )
            self._frames = (self._frames + 1) & 0xFF

    def _login(self, data: bytearray) -> bytes:
        if self._extended and len(data) > 40:
            data[4] &= 0xFE  # CLIENT_LONG_PASSWORD: a client of MySQL
            data[32:36] = (self._extended >> 32).to_bytes(4, "little")
        return bytes(data)

    def read(self, size: int) -> bytes:
        if not self._logged_in:
            data = self._in.read(size)
            if self._greeted and size != 4 and data[:1] == b"\0":
                self._logged_in = True
            self._greeted = self._greeted or size > 20
            return data
        if not self._compress:
            return self._in.read(size)
        while len(self._plain) < size:
            head = self._in.read(7)
            if len(head) < 7:
                break
            body = self._in.read(int.from_bytes(head[:3], "little"))
            self._frames = (head[3] + 1) & 0xFF
            self._plain += zlib.decompress(body) if any(head[4:]) else body
        data = bytes(self._plain[:size])
        del self._plain[:size]
        return data


class Raw:
    """Commands as bytes; the answers' payloads."""

    def __init__(self, server: Server, port: int, *, flags: int = 0, compress: bool = False, extended: int = 0) -> None:
        flags |= Cap.COMPRESS if compress else 0
        self._connection = pymysql.connect(
            user="app", password="sesame", database="shop", client_flag=flags, autocommit=None, defer_connect=True,
            read_timeout=30, local_infile=True, ssl_disabled=True,
        )  # fmt: skip
        self._caps = (flags | extended) & ~(Cap.CACHE_METADATA if not extended else 0)
        self._connection.connect(Wire(port, compress=compress, extended=extended))

    def close(self) -> None:
        self._connection._force_close()

    def silent(self, command: int, payload: bytes = b"") -> None:
        self._connection._next_seq_id = 0
        self._connection._execute_command(command, payload)

    def one(self, command: int, payload: bytes = b"") -> list[bytes]:
        self.silent(command, payload)
        return [self.packet()]

    def results(self, command: int, payload: bytes = b"") -> list[bytes]:
        return self._until(command, payload, Results(self._caps))

    def rows(self, command: int, payload: bytes = b"") -> list[bytes]:
        return self._until(command, payload, Rows(self._caps))

    def prepare(self, sql: bytes) -> tuple[bytes, list[bytes]]:
        """The statement's number, and what was said."""
        self.silent(0x16, sql)
        said = [self.packet()]
        if said[0][:1] == b"\xff":
            return b"\0\0\0\0", said
        _, number, columns, parameters = struct.unpack_from("<BIHH", said[0])
        eofs = 0 if self._caps & Cap.DEPRECATE_EOF else bool(columns) + bool(parameters)
        said += [self.packet() for _ in range(columns + parameters + eofs)]
        return struct.pack("<I", number), [said[0][5:], *said[1:]]

    def upload(self, sql: bytes, content: list[bytes]) -> list[bytes]:
        """LOAD DATA LOCAL: the file's packets, and an empty one."""
        said = self.one(0x03, sql)
        if said[0][:1] == b"\xfb":
            for part in (*content, b""):
                self._connection.write_packet(part)
            said.append(self.packet())
        return said

    def change_user(self, user: bytes, password: str) -> list[bytes]:
        asked = self.one(0x11, user + b"\0\0shop\0\x21\0dialog\0\0")[0]
        scramble = asked.partition(b"\0")[2][:20]
        self._connection.write_packet(pymysql._auth.scramble_native_password(password.encode(), scramble))
        return [asked[:22], self.packet()]

    def _until(self, command: int, payload: bytes, reply: Results | Rows) -> list[bytes]:
        self.silent(command, payload)
        said = [self.packet()]
        while reply.packet(min(len(said[-1]), CHUNK), said[-1][:24]) is not Step.END:
            said.append(self.packet())
        return said

    def packet(self) -> bytes:
        whole = b""
        while True:
            low, high, number = struct.unpack("<HBB", self._connection._read_bytes(4))
            size = low + high * 65536
            whole += self._connection._read_bytes(size)
            self._connection._next_seq_id = (number + 1) % 256
            if size < CHUNK:
                return whole
