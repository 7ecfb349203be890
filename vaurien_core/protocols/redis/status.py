"""What the journal shows of an answer: its kind or its error code, no values."""

from __future__ import annotations

import re

_WORD = re.compile(rb"[A-Z][A-Z_]{1,23}")
_KINDS = {
    b"$": "string", b":": "integer", b"*": "array", b"%": "map", b"~": "set", b"_": "nil", b",": "double",
    b"#": "boolean", b"(": "big number", b"=": "text", b">": "push", b"+": "simple string",
}  # fmt: skip
_DIRECTIONS = frozenset({b"MOVED", b"ASK", b"NOSCRIPT"})
"""Errors that tell the client what to do next: nothing has failed."""


def _word(head: bytes) -> bytes:
    found = _WORD.match(head)
    return found[0] if found and (found.end() == len(head) or head[found.end() :][:1] == b" ") else b""


def status_of(kind: bytes, head: bytes) -> str:
    """`OK`, `WRONGTYPE`, `string`, `nil`.

    Args:
        kind: the first byte of the answer.
        head: the rest of its first line, or the beginning of it.
    """
    if kind in (b"-", b"!"):
        return (_word(head) if kind == b"-" else b"").decode("ascii") or "error"
    if kind == b"+":
        return _word(head).decode("ascii") or _KINDS[kind]
    if kind in (b"$", b"*") and head == b"-1":
        return "nil"
    return _KINDS.get(kind, "")


def failed_by(kind: bytes, head: bytes) -> bool:
    """Whether the answer is an error by the protocol."""
    return kind == b"!" or (kind == b"-" and _word(head) not in _DIRECTIONS)
