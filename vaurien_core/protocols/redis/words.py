"""The client's bytes as requests: arrays of bulk strings, or one line (redis.io, "RESP protocol specification")."""

from __future__ import annotations

import re

from vaurien_core.frozen import dataclass
from vaurien_core.protocols.redis.commands import Command, command_of, is_container

HELD_MAX = 32768
"""Bytes of a request that are held back until its names are known; what stands behind them stays unknown."""
LINE_MAX = 65536
"""Bytes of an inline command: the server's own limit (PROTO_INLINE_MAX_SIZE)."""
_HEADER_MAX = 32
_COUNT = re.compile(rb"[*$](0|-?[1-9][0-9]{0,18})")
_TLS = 0x16  # RFC 8446 section 5.1: a handshake record
_HTTP = re.compile(rb"[A-Z]+ \S+ HTTP/\d\.\d")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}
_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"(?=\s|$)|' rb"'((?:[^'\\]|\\.)*)'(?=\s|$)|([^\s\"']+)(?=\s|$)", re.DOTALL)
REPLY = "CLIENT|REPLY"


@dataclass(frozen=True, slots=True)
class Words:
    """The beginning of a request.

    Attributes:
        known: its first arguments, the command's name first; empty: not even that (a protocol error, or too long).
        count: how many it has; 0: it asks for nothing and gets no answer.
        command: what is known of it.
        end: where in the bytes the known ones end.
    """

    known: tuple[bytes, ...]
    count: int
    command: Command
    end: int


class RefusedError(Exception):
    """These bytes are no request; `str()` says what they are."""


def read_words(data: bytes | bytearray, pos: int) -> Words | int:
    """The beginning of the request at `pos`, as far as its names; or how many bytes must be there to look again.

    Raises:
        RefusedError: no request.
    """
    return _read_array(data, pos) if data[pos] == 42 else _read_line(data, pos)


def read_header(data: bytes | bytearray, pos: int, kind: bytes) -> tuple[int, int] | None:
    """The number of a line like `$12` and where the line ends; None: it isn't complete.

    Raises:
        RefusedError: it is none.
    """
    end = data.find(b"\r\n", pos, pos + _HEADER_MAX)
    if end < 0:
        if len(data) - pos >= _HEADER_MAX or not kind.startswith(data[pos : pos + 1]):
            raise RefusedError("not Redis")
        return None
    found = _COUNT.fullmatch(data, pos, end)
    if found is None or not kind.startswith(data[pos : pos + 1]):
        raise RefusedError("not Redis")
    return int(found[1]), end + 2


def _read_array(data: bytes | bytearray, start: int) -> Words | int:
    header = read_header(data, start, b"*")
    if header is None:
        return len(data) + 1
    count, pos = header
    known: list[bytes] = []
    command = command_of(b"", None)
    needed = min(count, 1)
    while len(known) < needed:
        header = read_header(data, pos, b"$")
        if header is None:
            return len(data) + 1
        length, begin = header
        if length < 0:
            raise RefusedError("a length below zero")
        end = begin + length + 2
        if end - start > HELD_MAX:
            break
        if len(data) < end:
            return end
        known.append(bytes(data[begin : end - 2]))
        pos = end
        command, needed = _look(known, count)
    return Words(tuple(known), max(count, 0), command, pos)


def _look(known: list[bytes], count: int) -> tuple[Command, int]:
    """Which command it is, and how many arguments must be known."""
    command = command_of(known[0], known[1] if len(known) > 1 else None)
    if len(known) == 1 and is_container(known[0]):
        return command, min(count, 2)
    return command, min(count, 3) if command.name == REPLY else command.needed(known, count)


def _read_line(data: bytes | bytearray, start: int) -> Words | int:
    newline = data.find(b"\n", start)
    end = newline if newline >= 0 else len(data)
    if data[start] == _TLS:
        raise RefusedError("TLS")
    if _CONTROL.search(data, start, end):
        raise RefusedError("not Redis")
    if end - start >= LINE_MAX:
        raise RefusedError("a line beyond all bounds")
    if newline < 0:
        return len(data) + 1
    line = bytes(data[start:newline]).removesuffix(b"\r")
    if _HTTP.fullmatch(line):
        raise RefusedError("HTTP")
    known = split_line(line)
    if known is None:  # the server answers with an error and closes
        return Words((), 1, command_of(b"", None), newline + 1)
    command = _look(known, len(known))[0] if known else command_of(b"", None)
    return Words(tuple(known), len(known), command, newline + 1)


def split_line(line: bytes) -> list[bytes] | None:
    """The arguments of an inline command, with its quotes and escapes; None: its quotes don't match."""
    known: list[bytes] = []
    pos = 0
    while True:
        while pos < len(line) and line[pos : pos + 1].isspace():
            pos += 1
        if pos == len(line):
            return known
        found = _WORD.match(line, pos)
        if found is None:
            return None
        double, single, bare = found.groups()
        if double is not None:
            known.append(_ESCAPE.sub(_unescape, double))
        else:
            known.append(bare if bare is not None else single.replace(b"\\'", b"'"))
        pos = found.end()


def _unescape(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return bytes([int(found[1], 16)])
    return _ESCAPES.get(found[2], found[2])


class RestOfArray:
    """What follows the known arguments of an array: scanned, never kept."""

    __slots__ = ("_held", "_left", "_skip")

    def __init__(self, left: int) -> None:
        """Begin behind the known arguments; `left` are still to come."""
        self._left = left
        self._skip = 0
        self._held = b""

    @property
    def done(self) -> bool:
        """Whether the last byte has been seen."""
        return not (self._left or self._skip)

    def feed(self, data: bytes | bytearray, pos: int) -> int:
        """Scan from `pos`; returns where the request ends, or the end of `data`.

        Raises:
            RefusedError: something else follows.
        """
        end = len(data)
        while pos < end:
            if self._skip:
                step = min(self._skip, end - pos)
                self._skip -= step
                pos += step
                continue
            if not self._left:
                break
            if self._held:
                part = self._held + bytes(data[pos : pos + _HEADER_MAX])
                header = read_header(part, 0, b"$")
                behind = pos + (header[1] - len(self._held) if header is not None else end - pos)
            else:
                header = read_header(data, pos, b"$")
                part = bytes(data[pos:]) if header is None else b""
                behind = header[1] if header is not None else end
            if header is None:
                self._held = part
                return end
            if header[0] < 0:
                raise RefusedError("a length below zero")
            self._held = b""
            self._left -= 1
            self._skip = header[0] + 2
            pos = behind
        return pos
