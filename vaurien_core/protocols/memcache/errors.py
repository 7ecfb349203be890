"""The errors of memcached as data, and their bytes (memcached doc/protocol.txt, proto_text.c and memcached.c 1.6).

A refused `set` has deleted the old value, whichever way it was refused for its size or for want of memory
("Avoid stale data persisting in cache because we failed alloc"); so has any refused `ms`. The remedy does the same.
"""

from __future__ import annotations

from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.memcache.commands import RETRIEVAL, STORAGE, Command
from vaurien_core.protocols.memcache.talk import command_of

_BEFORE = ("before",)
_SPEC = "memcached doc/protocol.txt"
MEMCACHE_ERRORS: tuple[ErrorInfo, ...] = (
    ErrorInfo(
        "out-of-memory", "Out of memory", random=True, wire="SERVER_ERROR out of memory storing object",
        source="memcached 1.6 proto_text.c, process_update_command; memcached.c, out_of_memory",
    ),
    ErrorInfo(
        "too-large", "The value is too large", _BEFORE, random=True,
        wire="SERVER_ERROR object too large for cache", source="memcached 1.6 proto_text.c, process_update_command",
    ),
    ErrorInfo(
        "not-stored", "NOT_STORED: the condition of add, replace, append or prepend was not met", _BEFORE,
        wire="NOT_STORED (meta: NS)", source=f"{_SPEC}, Storage commands; Meta Set",
    ),
    ErrorInfo(
        "exists", "EXISTS: somebody else changed the item", _BEFORE, wire="EXISTS (meta: EX)",
        source=f"{_SPEC}, Storage commands; Meta Set",
    ),
    ErrorInfo(
        "bad-data-chunk", "The data block does not end where it says", _BEFORE, wire="CLIENT_ERROR bad data chunk",
        source="memcached 1.6 proto_text.c, complete_nread_ascii",
    ),
    ErrorInfo(
        "bad-format", "The command line is not well-formed", _BEFORE, wire="CLIENT_ERROR bad command line format",
        source="memcached 1.6 proto_text.c, process_get_command and others",
    ),
    ErrorInfo("error", "A command that is not known", _BEFORE, wire="ERROR", source=f"{_SPEC}, Error strings"),
    ErrorInfo(
        "server-error", "The server can't go on and closes", closes=True,
        wire="SERVER_ERROR out of memory reading request, then close",
        source=f"{_SPEC}, Error strings; memcached 1.6 memcached.c, out_of_memory",
    ),
    ErrorInfo(
        "miss", "A miss, though the key may be there", wire="END (meta: EN)", source=f"{_SPEC}, Retrieval command",
    ),
    ErrorInfo(
        "too-many-connections", "The server has no room for another connection", _BEFORE, at="connect", closes=True,
        wire="ERROR Too many open connections, then close",
        source="memcached 1.6 memcached.c, drive_machine (maxconns_fast)",
    ),
)  # fmt: skip
_SIMPLE = {
    "error": "ERROR",
    "bad-data-chunk": "CLIENT_ERROR bad data chunk",
    "bad-format": "CLIENT_ERROR bad command line format",
    "too-large": "SERVER_ERROR object too large for cache",
    "server-error": "SERVER_ERROR out of memory reading request",
}
_STORES = STORAGE | {b"ms"}
_CONDITIONAL = frozenset({b"add", b"replace", b"append", b"prepend"})
_MODES = frozenset({b"E", b"e", b"A", b"a", b"P", b"p", b"R", b"r"})
_KEYED = _STORES | RETRIEVAL | {b"delete", b"incr", b"decr", b"touch", b"mg", b"md", b"ma", b"me"}
_BARRIER = b"mn\r\n"
_MARK = b"vaurien"


def memcache_error(name: str, exchange: Exchange) -> bytes | None:
    """The bytes of an entry as the answer to this exchange; None: not legal here.

    Args:
        name: of an entry.
        exchange: what it answers; its facts hold `command`.
    """
    if not exchange.ordinal:
        return b"ERROR Too many open connections\r\n" if name == "too-many-connections" else None
    command = command_of(exchange)
    if command is None or not command.answered:
        return None
    text = _text(name, command)
    return text.encode("latin-1") + b"\r\n" if text else None


def memcache_remedy(name: str, exchange: Exchange) -> bytes:
    """What the backend gets in the request's place.

    The old value of a refused `set` goes; and answers to quiet requests before an error of ours must be known to be
    complete, which a command that is always answered brings about.
    """
    command = command_of(exchange)
    if command is None:
        return b""
    if name in ("too-large", "out-of-memory") and command.word in (b"set", b"ms"):
        if command.flag(b"b") is None:
            return b"delete " + command.key + b"\r\n"
        return b"md " + command.key + b" b O" + _MARK + b"\r\n"
    return _BARRIER if exchange.facts.get("behind_quiet") else b""


def _text(name: str, command: Command) -> str:
    word = command.word
    stores = word in _STORES
    if name == "out-of-memory":
        return _out_of_memory(word)
    if name == "not-stored":
        met = command.flag(b"M") in _MODES if word == b"ms" else word in _CONDITIONAL
        return ("NS" + _echo(command) if word == b"ms" else "NOT_STORED") if met else ""
    if name == "exists":
        if word == b"cas":
            return "EXISTS"
        return "EX" + _echo(command) if word in (b"ms", b"md", b"ma") and command.flag(b"C") else ""
    if name == "miss":
        return "END" if word in RETRIEVAL else "EN" + _echo(command) if word == b"mg" else ""
    if (name in ("too-large", "bad-data-chunk") and not stores) or (name == "bad-format" and word not in _KEYED):
        return ""
    return _SIMPLE.get(name, "")


def _out_of_memory(word: bytes) -> str:
    if word in _STORES:
        return "SERVER_ERROR out of memory storing object"
    if word in RETRIEVAL or word == b"mg":
        return "SERVER_ERROR out of memory writing get response"
    return "SERVER_ERROR out of memory writing stats" if word == b"stats" else "SERVER_ERROR out of memory"


def _echo(command: Command) -> str:
    """Opaque and key as the server gives them back, in the order they were asked for."""
    parts = []
    for flag in command.flags:
        if flag[:1] == b"O":
            parts.append(flag)
        elif flag[:1] == b"k":
            parts.append(b"k" + command.key)
        elif flag[:1] == b"b" and command.flag(b"k") is not None:
            parts.append(b"b")
    return "".join(f" {p.decode('latin-1')}" for p in parts)
