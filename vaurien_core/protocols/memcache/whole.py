"""Whole plain commands and answers in one read, each told in one pass; what isn't plain is left to the scanners.

Plain (memcached doc/protocol.txt): one key asked for, stored or changed, always answered; one line that is no error, or
one value and its end.
"""

from __future__ import annotations

import re

_COMMAND = re.compile(
    rb"(?:(gets?) ([!-~]{1,250})"
    rb"|(set|add|replace|append|prepend) ([!-~]{1,250}) [0-9]{1,10} [0-9]{1,10} ([0-9]{1,7})"
    rb"|(delete|incr|decr|touch) ([!-~]{1,250})(?: [0-9]{1,20})?)\r\n"
)
_ANSWER = re.compile(
    rb"(?:(VALUE) [!-~]{1,250} [0-9]{1,10} ([0-9]{1,7})(?: [0-9]{1,20})?"
    rb"|(END|STORED|NOT_STORED|EXISTS|NOT_FOUND|DELETED|TOUCHED|[0-9]{1,20}))\r\n"
)
_END = b"END\r\n"


def whole_command(data: bytes, pos: int) -> tuple[bytes, bytes, int, int] | None:
    """Word, key and size of the data block (-1: it has none) of the command at `pos`, and where it ends; None: none."""
    found = _COMMAND.match(data, pos)
    if found is None:
        return None
    asks, asked, stores, stored, size, changes, changed = found.groups()
    if asks is not None:
        return asks, asked, -1, found.end()
    if changes is not None:
        return changes, changed, -1, found.end()
    end = found.end() + int(size) + 2
    return (stores, stored, int(size), end) if end <= len(data) else None


def whole_answer(data: bytes, pos: int) -> tuple[bytes, int] | None:
    """The first word of the answer at `pos` and where it ends; None: it isn't plain, or not all there."""
    found = _ANSWER.match(data, pos)
    if found is None:
        return None
    value, size, word = found.groups()
    if value is None:
        return word, found.end()
    end = found.end() + int(size) + 2
    return (value, end + len(_END)) if data.startswith(_END, end) else None
