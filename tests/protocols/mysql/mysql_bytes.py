"""Packets of both sides, made by hand."""

from __future__ import annotations

import zlib

BASE = 0x200 | 0x8000 | 0x80000 | 0x20000 | 0x10000
MYSQL, COMPRESS, SSL, EOF_OK, META, ATTRIBUTES = 1, 0x20, 0x800, 1 << 24, 1 << 25, 1 << 27
ALL = BASE | MYSQL | COMPRESS | SSL | EOF_OK | META | ATTRIBUTES
CACHE = 1 << 4
"""MariaDB's flag, within its own four bytes."""


def packet(sequence: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([sequence]) + payload


def frame(sequence: int, packets: bytes, *, stored: bool = False) -> bytes:
    body = packets if stored else zlib.compress(packets)
    size = 0 if stored else len(packets)
    return len(body).to_bytes(3, "little") + bytes([sequence]) + size.to_bytes(3, "little") + body


def greeting(version: str = "8.0.36", caps: int = ALL, more: int = 0) -> bytes:
    low, high = (caps & 0xFFFF).to_bytes(2, "little"), (caps >> 16).to_bytes(2, "little")
    payload = (
        b"\x0a" + version.encode() + b"\0" + b"\x07\0\0\0" + b"12345678\0" + low + b"\x21\x02\0" + high + b"\x15"
        + bytes(6) + more.to_bytes(4, "little") + b"123456789012\0" + b"mysql_native_password\0"
    )  # fmt: skip
    return packet(0, payload)


def login(caps: int = BASE | MYSQL, more: int = 0, sequence: int = 1) -> bytes:
    head = caps.to_bytes(4, "little") + b"\0\0\0\1\x21" + bytes(19) + more.to_bytes(4, "little")
    return packet(sequence, head + b"app\0\x14" + b"x" * 20 + b"mysql_native_password\0")


def ok(sequence: int = 1, status: int = 2, header: int = 0, info: bytes = b"") -> bytes:
    return packet(sequence, bytes([header, 0, 0]) + status.to_bytes(2, "little") + b"\0\0" + info)


def eof(sequence: int, status: int = 2) -> bytes:
    return packet(sequence, b"\xfe\0\0" + status.to_bytes(2, "little"))


def err(sequence: int, code: int, text: str, state: str = "HY000") -> bytes:
    return packet(sequence, b"\xff" + code.to_bytes(2, "little") + b"#" + state.encode() + text.encode())


def command(byte: int, payload: bytes = b"") -> bytes:
    return packet(0, bytes([byte]) + payload)


def query(sql: str) -> bytes:
    return command(3, sql.encode())


def column(sequence: int) -> bytes:
    return packet(sequence, b"\x03def\0\0\0\x01c\0\x0c\x3f\0\x01\0\0\0\x03\x81\0\0\0\0")


def result(*rows: bytes, columns: int = 1, status: int = 2, deprecate: bool = False, start: int = 1) -> bytes:
    """A text result; rows are payloads."""
    out, number = packet(start, bytes([columns])), start + 1
    for _ in range(columns):
        out += column(number)
        number += 1
    if not deprecate:
        out += eof(number, 2)
        number += 1
    for row in rows:
        out += packet(number & 0xFF, row)
        number += 1
    return out + (ok(number & 0xFF, status, 0xFE) if deprecate else eof(number & 0xFF, status))
