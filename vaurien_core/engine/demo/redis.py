"""The demo's Redis: RESP2 and RESP3, strings with times to live, transactions.

Answers follow Redis 7.2's source (t_string.c, multi.c, networking.c).
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from vaurien_core.engine.demo.resp import Reply, RespError, Words, read_command, shown
from vaurien_core.engine.demo.serving import HELD_MAX, Session
from vaurien_core.engine.demo.store import Store

VERSION = "7.2.4"
INFO = f"# Server\r\nredis_version:{VERSION}\r\nredis_mode:standalone\r\nvaurien_demo:1\r\n"
_INT_MAX = 2**63 - 1


class RedisSession(Session):
    """One client of a shared store."""

    _names = 0

    def __init__(self, store: Store) -> None:
        super().__init__()
        RedisSession._names += 1
        self._store, self._id = store, RedisSession._names
        self._buffer = b""
        self._resp3 = False
        self._name = b""
        self._queue: list[Words] | None = None
        self._spoilt = False
        self._watched: dict[bytes, int] = {}

    def feed(self, data: bytes) -> bytes:
        """Commands, in whole or in parts; the answers to what is complete."""
        self._buffer += data
        out = []
        while not self.over:
            try:
                found = read_command(self._buffer)
            except RespError as error:
                self.over = True
                out.append(b"-ERR Protocol error: %b\r\n" % str(error).encode())
                break
            if found is None:
                break
            words, used = found
            self._buffer = self._buffer[used:]
            if words:
                out.append(shown(self._answer(words), resp3=self._resp3))
        if len(self._buffer) > HELD_MAX:
            self.over = True
        return b"".join(out)

    def _answer(self, words: Words) -> Reply:
        name = words[0].decode("ascii", "replace").lower()
        if self._queue is not None and name not in ("exec", "discard", "multi", "watch", "quit"):
            if name not in COMMANDS:
                self._spoilt = True
                return _unknown(words)
            self._queue.append(words)
            return "QUEUED"
        return self._run(name, words)

    def _run(self, name: str, words: Words) -> Reply:
        handler, least, most = COMMANDS.get(name, (None, 0, 0))
        if handler is None:
            return _unknown(words)
        if not least <= len(words) - 1 <= (most if most >= 0 else len(words)):
            return f"-ERR wrong number of arguments for '{name}' command"
        try:
            return handler(self, words[1:])
        except RespError as error:
            return f"-{error}"

    # -- connection

    def _ping(self, words: Words) -> Reply:
        return words[0] if words else "PONG"

    def _echo(self, words: Words) -> Reply:
        return words[0]

    def _quit(self, words: Words) -> Reply:
        self.over = True
        return "OK"

    def _select(self, words: Words) -> Reply:
        if not 0 <= _int(words[0]) < 16:
            raise RespError("ERR DB index is out of range")
        return "OK"

    def _hello(self, words: Words) -> Reply:
        if words:
            if words[0] not in (b"2", b"3"):
                raise RespError("NOPROTO unsupported protocol version")
            self._resp3 = words[0] == b"3"
        facts: dict[str, Reply] = {"server": b"redis", "version": VERSION.encode(), "proto": 3 if self._resp3 else 2}
        return facts | {"id": self._id, "mode": b"standalone", "role": b"master", "modules": []}

    def _client(self, words: Words) -> Reply:
        match words[0].lower(), *words[1:]:
            case b"setname", name:
                self._name = name
                return "OK"
            case (b"getname",):
                return self._name or None
            case (b"id",):
                return self._id
            case b"setinfo", _, _:
                return "OK"
        raise RespError("ERR unknown subcommand or wrong number of arguments for 'client'. Try CLIENT HELP.")

    def _command(self, words: Words) -> Reply:
        return len(COMMANDS) if words and words[0].lower() == b"count" else []

    def _info(self, words: Words) -> Reply:
        return INFO.encode()

    def _config(self, words: Words) -> Reply:
        return {} if self._resp3 else []

    # -- keys

    def _get(self, words: Words) -> Reply:
        item = self._store.get(words[0])
        return item.value if item else None

    def _set(self, words: Words) -> Reply:
        key, value, *rest = words
        item, ends, asked, keep = self._store.get(key), None, set[bytes](), False
        while rest:
            word = rest.pop(0).lower()
            if word in (b"nx", b"xx", b"get"):
                asked.add(word)
            elif word == b"keepttl":
                keep = True
            elif word in (b"ex", b"px") and rest:
                seconds = _int(rest.pop(0)) / (1000 if word == b"px" else 1)
                if seconds <= 0:
                    raise RespError("ERR invalid expire time in 'set' command")
                ends = self._store.now() + seconds
            else:
                raise RespError("ERR syntax error")
        if {b"nx", b"xx"} <= asked:
            raise RespError("ERR syntax error")
        old = item.value if item else None
        done = not (b"xx" in asked if item is None else b"nx" in asked)
        if done:
            self._store.put(key, value, ends=item.ends if keep and item else ends)
        return old if b"get" in asked else "OK" if done else None

    def _mset(self, words: Words) -> Reply:
        if len(words) % 2:
            raise RespError("ERR wrong number of arguments for 'mset' command")
        for key, value in zip(words[::2], words[1::2], strict=True):
            self._store.put(key, value)
        return "OK"

    def _mget(self, words: Words) -> Reply:
        return [self._get([key]) for key in words]

    def _del(self, words: Words) -> Reply:
        return sum(self._store.get(key) is not None and self._store.drop(key) for key in words)

    def _exists(self, words: Words) -> Reply:
        return sum(self._store.get(key) is not None for key in words)

    def _append(self, words: Words) -> Reply:
        item = self._store.get(words[0])
        return len(self._kept(words[0], (item.value if item else b"") + words[1]))

    def _strlen(self, words: Words) -> Reply:
        item = self._store.get(words[0])
        return len(item.value) if item else 0

    def _add(self, key: bytes, step: int) -> Reply:
        item = self._store.get(key)
        value = (_int(item.value) if item else 0) + step
        if not -_INT_MAX - 1 <= value <= _INT_MAX:
            raise RespError("ERR increment or decrement would overflow")
        self._kept(key, b"%d" % value)
        return value

    def _kept(self, key: bytes, value: bytes) -> bytes:
        """Write and keep the time to live."""
        item = self._store.get(key)
        return self._store.put(key, value, ends=item.ends if item else None).value

    def _expire(self, key: bytes, seconds: float) -> Reply:
        item = self._store.get(key)
        if item is None:
            return 0
        item.ends = self._store.now() + seconds
        return 1

    def _ttl(self, key: bytes, scale: int) -> Reply:
        item = self._store.get(key)
        if item is None:
            return -2
        return -1 if item.ends is None else round((item.ends - self._store.now()) * scale)

    def _persist(self, words: Words) -> Reply:
        item = self._store.get(words[0])
        if item is None or item.ends is None:
            return 0
        item.ends = None
        return 1

    def _type(self, words: Words) -> Reply:
        return "string" if self._store.get(words[0]) else "none"

    def _keys(self, words: Words) -> Reply:
        pattern = words[0].decode("latin-1")
        return [key for key in self._store if fnmatchcase(key.decode("latin-1"), pattern)]

    def _flush(self, words: Words) -> Reply:
        self._store.clear()
        return "OK"

    # -- transactions

    def _multi(self, words: Words) -> Reply:
        if self._queue is not None:
            raise RespError("ERR MULTI calls can not be nested")
        self._queue = []
        return "OK"

    def _exec(self, words: Words) -> Reply:
        queue, spoilt = self._queue, self._spoilt
        changed = any(self._unique(key) != unique for key, unique in self._watched.items())
        self._end()
        if queue is None:
            raise RespError("ERR EXEC without MULTI")
        if spoilt:
            raise RespError("EXECABORT Transaction discarded because of previous errors.")
        if changed:
            return None
        return [self._run(words[0].decode("ascii", "replace").lower(), words) for words in queue]

    def _discard(self, words: Words) -> Reply:
        if self._queue is None:
            raise RespError("ERR DISCARD without MULTI")
        self._end()
        return "OK"

    def _watch(self, words: Words) -> Reply:
        if self._queue is not None:
            raise RespError("ERR WATCH inside MULTI is not allowed")
        for key in words:
            self._watched.setdefault(key, self._unique(key))
        return "OK"

    def _unwatch(self, words: Words) -> Reply:
        self._watched.clear()
        return "OK"

    def _unique(self, key: bytes) -> int:
        item = self._store.get(key)
        return item.unique if item else 0

    def _end(self) -> None:
        self._queue, self._spoilt = None, False
        self._watched.clear()


_Handler = Callable[[RedisSession, Words], Reply]
_S = RedisSession
COMMANDS: dict[str, tuple[_Handler, int, int]] = {
    "ping": (_S._ping, 0, 1), "echo": (_S._echo, 1, 1), "quit": (_S._quit, 0, -1), "select": (_S._select, 1, 1),
    "hello": (_S._hello, 0, -1), "client": (_S._client, 1, -1), "command": (_S._command, 0, -1),
    "info": (_S._info, 0, -1), "config": (_S._config, 1, -1), "dbsize": (lambda s, _: len(s._store), 0, 0),
    "get": (_S._get, 1, 1), "set": (_S._set, 2, -1), "mget": (_S._mget, 1, -1), "mset": (_S._mset, 2, -1),
    "setnx": (lambda s, w: int(s._set([*w, b"nx"]) == "OK"), 2, 2),
    "setex": (lambda s, w: s._set([w[0], w[2], b"ex", w[1]]), 3, 3),
    "del": (_S._del, 1, -1), "unlink": (_S._del, 1, -1), "exists": (_S._exists, 1, -1),
    "append": (_S._append, 2, 2), "strlen": (_S._strlen, 1, 1), "type": (_S._type, 1, 1), "keys": (_S._keys, 1, 1),
    "incr": (lambda s, w: s._add(w[0], 1), 1, 1), "decr": (lambda s, w: s._add(w[0], -1), 1, 1),
    "incrby": (lambda s, w: s._add(w[0], _int(w[1])), 2, 2), "decrby": (lambda s, w: s._add(w[0], -_int(w[1])), 2, 2),
    "expire": (lambda s, w: s._expire(w[0], _int(w[1])), 2, 2),
    "pexpire": (lambda s, w: s._expire(w[0], _int(w[1]) / 1000), 2, 2),
    "ttl": (lambda s, w: s._ttl(w[0], 1), 1, 1), "pttl": (lambda s, w: s._ttl(w[0], 1000), 1, 1),
    "persist": (_S._persist, 1, 1), "flushdb": (_S._flush, 0, 1), "flushall": (_S._flush, 0, 1),
    "multi": (_S._multi, 0, 0), "exec": (_S._exec, 0, 0), "discard": (_S._discard, 0, 0),
    "watch": (_S._watch, 1, -1), "unwatch": (_S._unwatch, 0, 0),
}  # fmt: skip
"""Name to what does it, and how many words it has at least and at most (-1: any)."""


def _unknown(words: Words) -> str:
    name = words[0][:128].decode("utf-8", "replace").replace("\r", " ").replace("\n", " ")
    return f"-ERR unknown command '{name}', with args beginning with: "


def _int(word: bytes) -> int:
    digits = word[1:] if word[:1] == b"-" else word
    if not digits.isdigit() or abs(int(digits)) > _INT_MAX:
        raise RespError("ERR value is not an integer or out of range")
    return int(word)
