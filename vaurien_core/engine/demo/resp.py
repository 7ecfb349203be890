"""RESP2 and RESP3 as far as the demo speaks them: commands in, replies out (RESP specification, redis.io)."""

from __future__ import annotations

from vaurien_core.engine.demo.serving import HELD_MAX

Reply = None | int | bytes | str | list["Reply"] | dict[str, "Reply"]
"""A text is a status line, or an error if it begins with -."""
Words = list[bytes]


class RespError(Exception):
    """Answered as an error."""


def read_command(buffer: bytes) -> tuple[Words, int] | None:
    """The first command and how many bytes it has; None while it is incomplete."""
    end = buffer.find(b"\r\n")
    if end < 0:
        return None
    if buffer[:1] != b"*":
        return buffer[:end].split(), end + 2
    pos, words = end + 2, Words()
    for _ in range(_count(buffer[1:end], "invalid multibulk length")):
        end = buffer.find(b"\r\n", pos)
        if end < 0:
            return None
        if buffer[pos : pos + 1] != b"$":
            raise RespError("expected '$'")
        size = _count(buffer[pos + 1 : end], "invalid bulk length")
        pos = end + 2 + size + 2
        if len(buffer) < pos:
            return None
        words.append(buffer[end + 2 : pos - 2])
    return words, pos


def _count(digits: bytes, problem: str) -> int:
    if not digits.lstrip(b"-").isdigit() or len(digits) > 8 or int(digits) > HELD_MAX:
        raise RespError(problem)
    return max(0, int(digits))


def shown(reply: Reply, *, resp3: bool = False) -> bytes:
    """A reply as bytes."""
    match reply:
        case None:
            return b"_\r\n" if resp3 else b"$-1\r\n"
        case int():
            return b":%d\r\n" % reply
        case str():
            return (b"" if reply.startswith("-") else b"+") + reply.encode() + b"\r\n"
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(reply), reply)
        case dict():
            parts = [part for key, value in reply.items() for part in (key.encode(), value)]
            head = b"%%%d\r\n" % len(reply) if resp3 else b"*%d\r\n" % len(parts)
            return head + b"".join(shown(part, resp3=resp3) for part in parts)
    return b"*%d\r\n" % len(reply) + b"".join(shown(part, resp3=resp3) for part in reply)
