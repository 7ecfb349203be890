"""Plain Redis exchanges at one glance: one command on a fixed key, one answer that is a line, a string or a list.

RESP as redis.io's "RESP protocol specification" has it, in the form that clients and servers send; commands that change
what the connection answers, block, or stand for others are left to the framer.
"""

from __future__ import annotations

import re
from functools import lru_cache

from vaurien_core.protocols.redis.commands import command_of, is_container
from vaurien_core.protocols.redis.label import request_key
from vaurien_core.protocols.redis.mode import STATEFUL

ARGUMENTS_MAX = 32
MEMBERS_MAX = 64
REQUEST_MAX = 16384
"""Bytes of a request that is looked at: behind so many the framer isn't slower."""
_END = b"\r\n"
_LENGTH = re.compile(rb"[$*](-1|0|[1-9][0-9]{0,8})\r\n")


@lru_cache(maxsize=1024)
def _needed(name: bytes, count: int) -> int:
    """How many arguments of a plain command make its key, its name included; 0: it isn't plain."""
    if is_container(name):
        return 0
    command = command_of(name, None)
    plain = command.name == "PING" or (command.begin == 1 and not (command.channels or command.number or command.word))
    if not plain or "b" in command.flags or command.name in STATEFUL:
        return 0
    return command.needed((name,), count)


@lru_cache(maxsize=1024)
def _alone(name: bytes, count: int) -> bytes:
    """The key of a command without names."""
    return request_key(command_of(name, None), (name,), count)


@lru_cache(maxsize=1024)
def _before(name: bytes) -> bytes:
    """What stands before the names in a key."""
    return request_key(command_of(name, None), (name, b""), 2)


class RedisGlance:
    """See `protocols.glance.Glance`."""

    def request(self, data: bytes) -> bytes | None:
        """One array of strings without line ends in them."""
        if len(data) > REQUEST_MAX:
            return None
        parts = data.split(_END)
        count = len(parts) // 2 - 1
        if not 0 < count <= ARGUMENTS_MAX or parts[-1] or len(parts) & 1 or parts[0] != b"*%d" % count:
            return None
        for at in range(1, count * 2, 2):
            if parts[at] != b"$%d" % len(parts[at + 1]):
                return None
        name = parts[2]
        needed = _needed(name, count)
        if not needed:
            return None
        if needed == 1:
            return _alone(name, count)
        if needed == 2:
            return _before(name) + parts[4]
        return _before(name) + b"\0".join(parts[4 : needed * 2 + 1 : 2])

    def answer(self, data: bytes) -> bool:
        """One answer of RESP2 that is no error."""
        kind = data[:1]
        if kind == b"$":
            return _string_end(data, 0) == len(data)
        if kind == b"+" or kind == b":":
            return data.find(b"\n") == len(data) - 1
        return kind == b"*" and _list_end(data) == len(data)


def _string_end(data: bytes, pos: int) -> int:
    """Where a bulk string ends; -1: not here."""
    found = _LENGTH.match(data, pos)
    if found is None or data[pos] != 0x24:
        return -1
    if found[1] == b"-1":
        return found.end()
    end = found.end() + int(found[1]) + 2
    return end if end <= len(data) else -1


def _list_end(data: bytes) -> int:
    """Where a short list of bulk strings ends; -1: it isn't one, or not complete."""
    found = _LENGTH.match(data)
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


GLANCE = RedisGlance()
