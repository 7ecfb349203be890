"""The demo's memcached: the text protocol with its basic meta commands, as memcached's doc/protocol.txt has them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from vaurien_core.engine.demo.serving import HELD_MAX, Session
from vaurien_core.engine.demo.store import Item, Store

VERSION = "1.6.21"
VALUE_MAX = 2**20
KEY_MAX = 250
_RELATIVE = 60 * 60 * 24 * 30
"""Seconds up to which a time to live counts from now."""
Words = list[bytes]


class Refused(Exception):  # noqa: N818 - an answer, not a failure
    """Answered as the line that it holds."""


class MemcacheSession(Session):
    """One client of a shared store."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._buffer = b""

    def feed(self, data: bytes) -> bytes:
        """Commands, in whole or in parts; the answers to what is complete."""
        self._buffer += data
        out = []
        while not self.over:
            line, newline, rest = self._buffer.partition(b"\n")
            if not newline:
                break
            words = line.split()
            size = _block(words)
            if size is not None and len(rest) < size + 2:
                break
            block = b""
            if size is not None:
                block, rest = rest[: size + 2], rest[size + 2 :]
            self._buffer = rest
            out.append(self._answer(words, block))
        if len(self._buffer) > VALUE_MAX + HELD_MAX:
            self.over = True
        return b"".join(out)

    def _answer(self, words: Words, block: bytes) -> bytes:
        name = words[0].decode("ascii", "replace") if words else ""
        quiet = words[-1:] == [b"noreply"] and name[:1] != "m"
        words = words[1:-1] if quiet else words[1:]
        try:
            if name in _STORING or name == "ms":
                if block[-2:] != b"\r\n":
                    raise Refused("CLIENT_ERROR bad data chunk")
                answer = self._meta_set(words, block[:-2]) if name == "ms" else self._put(name, words, block[:-2])
            elif name in _OTHERS:
                answer = _OTHERS[name](self, words)
            else:
                raise Refused("ERROR")
        except Refused as line:
            answer = f"{line}\r\n".encode()
        except (ValueError, IndexError):
            answer = b"CLIENT_ERROR bad command line format\r\n"
        return b"" if quiet else answer

    # -- storage

    def _put(self, name: str, words: Words, value: bytes) -> bytes:
        key, flags, ttl = _key(words[0]), int(words[1]), int(words[2])
        unique = int(words[4]) if name == "cas" else None
        return self._stored(name, key, flags, ttl, value, unique).encode() + b"\r\n"

    def _stored(self, name: str, key: bytes, flags: int, ttl: int, value: bytes, unique: int | None = None) -> str:
        item = self._store.get(key)
        if len(value) > VALUE_MAX:
            self._store.drop(key)  # what was there must not be served as if it were new (memcached.c, swallow)
            raise Refused("SERVER_ERROR object too large for cache")
        if unique is not None and item is None:
            return "NOT_FOUND"
        if unique is not None and item is not None and item.unique != unique:
            return "EXISTS"
        if (name == "add" and item) or (name in ("replace", "append", "prepend") and not item):
            return "NOT_STORED"
        if item is not None and name in ("append", "prepend"):
            joined = item.value + value if name == "append" else value + item.value
            self._store.put(key, joined, flags=item.flags, ends=item.ends)
        else:
            self._store.put(key, value, flags=flags, ends=self._ends(ttl))
        return "STORED"

    def _ends(self, ttl: int) -> float | None:
        if ttl == 0:
            return None
        return self._store.now() + (ttl if ttl <= _RELATIVE else _RELATIVE)

    # -- retrieval

    def _get(self, words: Words, *, unique: bool = False) -> bytes:
        if not words:
            raise Refused("ERROR")
        return b"".join(self._value(_key(key), unique) for key in words) + b"END\r\n"

    def _get_and_touch(self, words: Words, *, unique: bool = False) -> bytes:
        ttl, *names = words
        for key in names:
            self._touched(_key(key), int(ttl))
        return self._get(names, unique=unique)

    def _value(self, key: bytes, unique: bool) -> bytes:
        item = self._store.get(key)
        if item is None:
            return b""
        mark = b" %d" % item.unique if unique else b""
        return b"VALUE %b %d %d%b\r\n%b\r\n" % (key, item.flags, len(item.value), mark, item.value)

    # -- the rest

    def _delete(self, words: Words) -> bytes:
        key = _key(words[0])
        return b"DELETED\r\n" if self._store.get(key) is not None and self._store.drop(key) else b"NOT_FOUND\r\n"

    def _count(self, words: Words, sign: int) -> bytes:
        key, step = _key(words[0]), int(words[1])
        item = self._store.get(key)
        if item is None:
            return b"NOT_FOUND\r\n"
        return b"%d\r\n" % self._counted(key, item, sign * step)

    def _counted(self, key: bytes, item: Item, step: int) -> int:
        if not item.value.isdigit():
            raise Refused("CLIENT_ERROR cannot increment or decrement non-numeric value")
        value = max(0, int(item.value) + step) % 2**64
        self._store.put(key, b"%d" % value, flags=item.flags, ends=item.ends)
        return value

    def _touch(self, words: Words) -> bytes:
        return b"TOUCHED\r\n" if self._touched(_key(words[0]), int(words[1])) else b"NOT_FOUND\r\n"

    def _touched(self, key: bytes, ttl: int) -> bool:
        item = self._store.get(key)
        if item is not None:
            item.ends = self._ends(ttl)
        return item is not None

    def _flush(self, words: Words) -> bytes:
        self._store.clear()
        return b"OK\r\n"

    def _stats(self, words: Words) -> bytes:
        if words:
            return b"END\r\n"
        return f"STAT version {VERSION}\r\nSTAT curr_items {len(self._store)}\r\nEND\r\n".encode()

    def _quit(self, words: Words) -> bytes:
        self.over = True
        return b""

    # -- meta commands: key, then flags of one letter

    def _meta_get(self, words: Words) -> bytes:
        key, flags = _key(words[0]), words[1:]
        item = self._store.get(key)
        if item is None:
            return b"" if b"q" in flags else b"EN\r\n"
        shown = {b"s": b"s%d" % len(item.value), b"f": b"f%d" % item.flags, b"c": b"c%d" % item.unique}
        left = -1 if item.ends is None else round(item.ends - self._store.now())
        told = _told(key, flags, shown | {b"t": b"t%d" % left})
        if b"v" not in flags:
            return b"HD" + told + b"\r\n"
        return b"VA %d%b\r\n%b\r\n" % (len(item.value), told, item.value)

    def _meta_set(self, words: Words, value: bytes) -> bytes:
        key, flags = _key(words[0]), words[2:]
        given = {flag[:1]: flag[1:] for flag in flags}
        mode = {b"E": "add", b"A": "append", b"P": "prepend", b"R": "replace"}.get(given.get(b"M", b"S").upper(), "set")
        unique = int(given[b"C"]) if b"C" in given else None
        done = self._stored(mode, key, int(given.get(b"F", b"0")), int(given.get(b"T", b"0")), value, unique)
        if done == "STORED" and b"q" in flags:
            return b""
        code = {"STORED": b"HD", "NOT_STORED": b"NS", "EXISTS": b"EX", "NOT_FOUND": b"NF"}[done]
        return code + _told(key, flags, {}) + b"\r\n"

    def _meta_delete(self, words: Words) -> bytes:
        key, flags = _key(words[0]), words[1:]
        there = self._store.get(key) is not None and self._store.drop(key)
        return b"" if there and b"q" in flags else (b"HD" if there else b"NF") + _told(key, flags, {}) + b"\r\n"

    def _meta_arithmetic(self, words: Words) -> bytes:
        key, flags = _key(words[0]), words[1:]
        given = {flag[:1]: flag[1:] for flag in flags}
        item = self._store.get(key)
        if item is None:
            return b"NF\r\n"
        down = given.get(b"M", b"I").upper() in (b"D", b"-", b"DECR")
        value = b"%d" % self._counted(key, item, int(given.get(b"D", b"1")) * (-1 if down else 1))
        told = _told(key, flags, {})
        return b"VA %d%b\r\n%b\r\n" % (len(value), told, value) if b"v" in flags else b"HD" + told + b"\r\n"


_STORING = frozenset({"set", "add", "replace", "append", "prepend", "cas"})
_M = MemcacheSession
_OTHERS: dict[str, Callable[[MemcacheSession, Words], bytes]] = {
    "get": _M._get, "gets": partial(_M._get, unique=True),
    "gat": _M._get_and_touch, "gats": partial(_M._get_and_touch, unique=True),
    "delete": _M._delete, "incr": lambda s, w: s._count(w, 1), "decr": lambda s, w: s._count(w, -1),
    "touch": _M._touch, "flush_all": _M._flush, "stats": _M._stats, "quit": _M._quit,
    "version": lambda _s, _w: f"VERSION {VERSION}\r\n".encode(), "verbosity": lambda _s, _w: b"OK\r\n",
    "mg": _M._meta_get, "md": _M._meta_delete, "ma": _M._meta_arithmetic, "mn": lambda _s, _w: b"MN\r\n",
}  # fmt: skip


def _block(words: Words) -> int | None:
    """How long the data block behind this line is, without its line end; None: there is none."""
    name = words[0].decode("ascii", "replace") if words else ""
    at = 4 if name in _STORING else 2 if name == "ms" else 0
    size = words[at] if at and len(words) > at else b""
    return int(size) if size.isdigit() and len(size) < 9 else None


def _key(word: bytes) -> bytes:
    if len(word) > KEY_MAX:
        raise Refused("CLIENT_ERROR bad command line format")
    return word


def _told(key: bytes, flags: Words, values: dict[bytes, bytes]) -> bytes:
    """The flags that an answer repeats: k and O, and those with values."""
    known = {b"k": b"k" + key, **values}
    parts = [flag if flag[:1] == b"O" else known[flag[:1]] for flag in flags if flag[:1] in (b"O", *known)]
    return b"".join(b" " + part for part in parts)
