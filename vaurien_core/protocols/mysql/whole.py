"""Whole plain commands and answers in one read, each told in one pass; what isn't plain is left to the cutters.

Source: as `replies`. Plain: a command in one packet; an OK, or one result set, behind which nothing more comes.
"""

from __future__ import annotations

from vaurien_core.protocols.mysql.constants import Cap, Status
from vaurien_core.protocols.mysql.replies import HEAD, ok_status

WINDOW = 16384
"""Bytes of an answer that are looked at together: behind so many cutting isn't slower."""
COLUMNS_MAX = 250
_HEADER = 4
_EOF_MAX = 9
_OK_MIN = 7
_OK, _LOCAL_INFILE, _EOF, _ERR = 0x00, 0xFB, 0xFE, 0xFF
_MORE = Status.MORE_RESULTS | Status.CURSOR


def whole_command(data: bytes, pos: int) -> int:
    """Where the command at `pos` ends; -1: it isn't all there, or no first packet with a command in it."""
    end = whole_packet(data, pos)
    return -1 if end < 0 or data[pos + 3] else end


def whole_ok(data: bytes, pos: int) -> tuple[int, int] | None:
    """Where the OK packet at `pos` ends and the status flags that it tells; None: it isn't one, or not all there."""
    end = whole_packet(data, pos)
    if end - pos < _HEADER + _OK_MIN or data[pos + _HEADER] != _OK:
        return None
    status = ok_status(data[pos + _HEADER : min(end, pos + _HEADER + HEAD)])
    return None if status is None or status & _MORE else (end, status)


def whole_result(data: bytes, pos: int, caps: int) -> tuple[int, int] | None:
    """Where the result at `pos` ends and the status flags that it tells last; None: it isn't plain, or not there."""
    end = whole_packet(data, pos)
    if end < 0 or caps & Cap.OPTIONAL_METADATA:
        return None
    columns = data[pos + _HEADER]
    if columns == _OK:
        return whole_ok(data, pos)
    size = end - pos - _HEADER
    if columns > COLUMNS_MAX or size != 1:
        if columns > COLUMNS_MAX or size != 2 or not caps & Cap.CACHE_METADATA:
            return None
        columns = columns if data[pos + _HEADER + 1] else 0
    limit = min(len(data), pos + WINDOW)
    eofs = not caps & Cap.DEPRECATE_EOF
    pos = end
    for _ in range(columns):
        pos = whole_packet(data, pos)
        if not 0 <= pos < limit:
            return None
    if eofs:
        end = whole_packet(data, pos)
        if end - pos != _HEADER + 5 or data[pos + _HEADER] != _EOF or data[pos + 7] & Status.CURSOR:
            return None
        pos = end
    while True:
        if pos + _HEADER >= limit:
            return None
        size = data[pos] | data[pos + 1] << 8 | data[pos + 2] << 16
        end = pos + _HEADER + size
        first = data[pos + _HEADER]
        if not size or end > limit or first == _ERR:
            return None
        if first == _EOF and (size < _EOF_MAX or not eofs):
            break
        pos = end
    if eofs:
        status: int | None = int.from_bytes(data[pos + 7 : min(end, pos + 9)], "little")
    else:
        status = ok_status(data[pos + _HEADER : min(end, pos + _HEADER + HEAD)])
    return None if status is None or status & _MORE else (end, status)


def whole_packet(data: bytes, pos: int) -> int:
    """Where the packet at `pos` ends; -1: it is empty, or not all there."""
    if len(data) - pos <= _HEADER:
        return -1
    end = pos + _HEADER + (data[pos] | data[pos + 1] << 8 | data[pos + 2] << 16)
    return end if pos + _HEADER < end <= len(data) else -1
