"""Whole plain requests and answers in one read, each told in one pass; what isn't plain is left to the scanners.

RESP as redis.io's "RESP protocol specification" has it, in the form that clients and servers send. A plain command has
its keys from its first argument on, gets one answer at once, and changes nothing of what the connection answers.
"""

from __future__ import annotations

import re
from functools import lru_cache

from vaurien_core.frozen import dataclass
from vaurien_core.protocols.redis.commands import Command, command_of, is_container
from vaurien_core.protocols.redis.label import LABEL_MAX, request_key, request_label
from vaurien_core.protocols.redis.mode import STATEFUL
from vaurien_core.protocols.redis.replies import HEAD_MAX
from vaurien_core.protocols.redis.status import failed_by, status_of

ARGUMENTS_MAX = 32
MEMBERS_MAX = 64
WINDOW = 16384
"""Bytes of a read that are looked at together: behind so many of one request scanning isn't slower."""
END = b"\r\n"
_NAME_MAX = 32
_COUNTS = {b"*%d" % count: count for count in range(1, ARGUMENTS_MAX + 1)}
_LENGTHS = tuple(b"$%d" % length for length in range(256))
_LENGTH = re.compile(rb"[$*](-1|0|[1-9][0-9]{0,8})\r\n")
_BULK, _LIST, _MINUS, _INTEGER = b"$*-:"
_OK = b"+OK\r\n"


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain command with so many arguments."""

    command: Command
    count: int
    needed: int
    """How many arguments make its key, its name included."""
    keys: int
    key: bytes
    """Of the draw; all of it, where there are no names, else what stands before them."""
    label: str
    """The same of its label."""
    more: bool
    """There are arguments that aren't shown."""

    def key_of(self, arguments: list[bytes]) -> bytes:
        """`request_key` of it."""
        if self.needed == 1:
            return self.key
        return self.key + (arguments[1] if self.needed == 2 else b"\0".join(arguments[1 : self.needed]))

    def label_of(self, arguments: list[bytes]) -> str:
        """`request_label` of it."""
        if self.needed == 1:
            return self.label
        if self.needed == 2 and len(arguments[1]) < LABEL_MAX // 2:
            text = self.label + arguments[1].decode("utf-8", "replace")
            if self.more:
                text += " ?"
            if text.isprintable():
                return text
        return request_label(self.command, arguments[1 : self.needed], self.count)


def plain_command(name: bytes, count: int) -> Plain | None:
    """What is to be known of a command with so many arguments (its name is the first); None: it isn't plain."""
    return _plain(name, count) if len(name) <= _NAME_MAX else None


@lru_cache(maxsize=1024)
def _plain(name: bytes, count: int) -> Plain | None:
    if is_container(name):
        return None
    command = command_of(name, None)
    plain = command.name == "PING" or (command.begin == 1 and not (command.channels or command.number or command.word))
    if not plain or "b" in command.flags or command.name in STATEFUL:
        return None
    needed = command.needed((name,), count)
    names = (name,) if needed == 1 else (name, b"")
    label = request_label(command, (), count) if needed == 1 else command.name + " "
    keys = command.how_many((), count)
    return Plain(command, count, needed, keys, request_key(command, names, count), label, count > needed)


def arguments_at(parts: list[bytes], at: int) -> list[bytes] | None:
    """The arguments of the array that begins with `parts[at]`; None: it isn't all there, or not plain.

    Args:
        parts: bytes split at their line ends.
        at: index among them.
    """
    count = _COUNTS.get(parts[at])
    if count is None:
        return None
    end = at + 1 + count * 2
    if end >= len(parts):
        return None
    arguments = parts[at + 2 : end : 2]
    for argument in arguments:
        at += 1
        length = len(argument)
        if parts[at] != (_LENGTHS[length] if length < 256 else b"$%d" % length):
            return None
        at += 1
    return arguments


def answer_end(data: bytes, pos: int) -> int:
    """Where the answer at `pos` ends: a line, an error, a string, or a short list of strings; -1: it isn't one."""
    kind = data[pos]
    if kind == _BULK:
        return _string_end(data, pos)
    if kind == _LIST:
        return _list_end(data, pos)
    return (data.find(b"\n", pos) + 1 or -1) if kind in b"+:-" else -1


def answer_status(data: bytes, pos: int, end: int) -> tuple[str, bool]:
    """What the journal shows of such an answer, and whether it is an error (`status_of`, `failed_by`)."""
    kind = data[pos]
    if kind in (_BULK, _LIST):
        if data[pos + 1] == _MINUS:
            return "nil", False
        return ("string" if kind == _BULK else "array"), False
    if kind == _INTEGER:
        return "integer", False
    if data.startswith(_OK, pos):
        return "OK", False
    head, sign = data[pos + 1 : min(end, pos + HEAD_MAX)].rstrip(END), data[pos : pos + 1]
    return status_of(sign, head), failed_by(sign, head)


def _string_end(data: bytes, pos: int) -> int:
    found = _LENGTH.match(data, pos)
    if found is None or data[pos] != _BULK:
        return -1
    if found[1] == b"-1":
        return found.end()
    end = found.end() + int(found[1]) + 2
    return end if end <= len(data) else -1


def _list_end(data: bytes, pos: int) -> int:
    found = _LENGTH.match(data, pos)
    if found is None:
        return -1
    pos = found.end()
    count = int(found[1])
    if count > MEMBERS_MAX:
        return -1
    for _ in range(count):
        pos = _string_end(data, pos)
        if pos < 0:
            return -1
    return pos
