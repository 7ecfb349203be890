"""Plain HTTP/1.1 messages (RFC 9112) whose heads stand whole in one read, each told in one pass.

Plain: heads that say nothing of the body but its length or chunks, and nothing of the connection but that it is kept.
"""

from __future__ import annotations

import re

HEAD_MAX = 16384
"""Bytes of a head that is looked at."""
FIELDS_MAX = 16
"""Header lines that say something of the body or the connection."""
CHUNKS_MAX = 16
"""Chunks of a body that are counted."""
_REQUEST = re.compile(rb"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [!-~]+ HTTP/1\.1(?=\r\n)")
_ANSWER = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9])[ \r]")
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


def plain_request(data: bytes, pos: int) -> tuple[bytes, int, int] | None:
    """The start line of the request at `pos`, where its body begins and where that ends, all there or not.

    None: it isn't plain, or its head isn't all there.
    """
    found = _REQUEST.match(data, pos)
    if found is None:
        return None
    begin = found.end()
    last = data.find(b"\n\r\n", begin, begin + HEAD_MAX)
    if last < 0:
        return None
    body = last + 3
    fields = _ASKS.findall(data, begin, last + 1)
    if not fields:
        return found[0], body, body
    length = _only_length(fields)
    return None if length is None else (found[0], body, body + length)


def plain_answer(data: bytes, pos: int, *, bodiless: bool = False) -> tuple[bytes, int, int] | None:
    """The status of the final answer at `pos`, where its body begins and where that ends, all there or not.

    None: it isn't plain, or its head isn't all there, or it has chunks and they aren't.

    Args:
        data: as read.
        pos: where it begins.
        bodiless: it answers a HEAD.
    """
    found = _ANSWER.match(data, pos)
    if found is None:
        return None
    begin = found.end() - 1
    last = data.find(b"\n\r\n", begin, begin + HEAD_MAX)
    if last < 0:
        return None
    status, body = found[1], last + 3
    fields = _SAYS.findall(data, begin, last + 1)
    if bodiless or status in _BODILESS:
        return None if any(odd for _, _, odd in fields) else (status, body, body)
    if len(fields) != 1:
        return None
    length, chunked, _ = fields[0]
    if length:
        return status, body, body + int(length)
    end = _chunks_end(data, body) if chunked else -1
    return None if end < 0 else (status, body, end)


def _only_length(fields: list[tuple[bytes, bytes]]) -> int | None:
    """The length that the fields give, 0 without one; None: they say something else, too."""
    if len(fields) > FIELDS_MAX:
        return None
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
