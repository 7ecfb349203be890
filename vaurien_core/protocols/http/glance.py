"""Plain HTTP/1.1 exchanges at one glance (RFC 9112): heads with a length or chunks, complete in one read."""

from __future__ import annotations

import re

CHUNKS_MAX = 16
"""Chunks of a body that are counted; more are left to the framer."""
_REQUEST = re.compile(rb"(?:GET|POST|PUT|PATCH|DELETE|OPTIONS) [!-~]+ HTTP/1\.1(?=\r\n)")
_ANSWER = re.compile(rb"HTTP/1\.1 ([234][0-9][0-9])[ \r]")
_ASKS = re.compile(
    rb"\n(?:content-length: ?([0-9]{1,9})(?=\r\n)|connection: keep-alive(?=\r\n)"
    rb"|(content-length|transfer-encoding|connection|upgrade|expect|[ \t\n]))",
    re.IGNORECASE,
)
_SAYS = re.compile(
    rb"\n(?:content-length: ?([0-9]{1,9})(?=\r\n)|transfer-encoding: ?(chunked)(?=\r\n)"
    rb"|(content-length|transfer-encoding|upgrade|[ \t\n]))",
    re.IGNORECASE,
)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,7})\r\n")
_LAST_CHUNK = b"0\r\n\r\n"
_BODILESS = (b"204", b"304")


class HttpGlance:
    """See `protocols.glance.Glance`."""

    def request(self, data: bytes) -> bytes | None:
        """One request with a head that says nothing but a length, and its body; the key is its start line."""
        found = _REQUEST.match(data)
        if found is None:
            return None
        last = data.find(b"\n\r\n", found.end())
        if last < 0:
            return None
        size = last + 3
        fields = _ASKS.findall(data, found.end(), last + 1)
        if fields:
            length = _only_length(fields)
            if length is None:
                return None
            size += length
        return found[0] if size == len(data) else None

    def answer(self, data: bytes) -> bool:
        """One final answer below 500 with its body."""
        found = _ANSWER.match(data)
        if found is None:
            return False
        last = data.find(b"\n\r\n", 12)
        if last < 0:
            return False
        fields = _SAYS.findall(data, 12, last + 1)
        size = last + 3
        if found[1] in _BODILESS:
            return size == len(data) and not any(odd for _, _, odd in fields)
        if len(fields) != 1:
            return False
        length, chunked, _ = fields[0]
        if length:
            return size + int(length) == len(data)
        return bool(chunked) and _chunks_end(data, size) == len(data)


def _only_length(fields: list[tuple[bytes, bytes]]) -> int | None:
    """The length that the fields give, 0 without one; None: they say something else, too."""
    lengths = [length for length, odd in fields if length or odd]
    if not lengths:
        return 0
    return int(lengths[0]) if len(lengths) == 1 and lengths[0] else None


def _chunks_end(data: bytes, pos: int) -> int:
    """Where a chunked body without trailers ends; -1: it isn't complete, or not that plain."""
    for _ in range(CHUNKS_MAX):
        if data.startswith(_LAST_CHUNK, pos):
            return pos + len(_LAST_CHUNK)
        found = _CHUNK.match(data, pos)
        if found is None:
            return -1
        pos = found.end() + int(found[1], 16)
        if data[pos : pos + 2] != b"\r\n":
            return -1
        pos += 2
    return -1


GLANCE = HttpGlance()
