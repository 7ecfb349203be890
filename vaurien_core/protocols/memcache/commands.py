"""What a command line says: its key, its data block, and whether an answer comes (memcached doc/protocol.txt).

Which lines get no answer and which have their data block read was compared with memcached 1.6.18 (proto_text.c).
"""

from __future__ import annotations

from dataclasses import dataclass

KEY_MAX = 250
"""Bytes of a key (KEY_MAX_LENGTH)."""
BLOCK_MAX = 2**31 - 3
"""The largest data block that the server's int holds with its line end."""
LABEL_MAX = 200
"""Characters."""
DRAWN_MAX = 2048
"""Bytes of a list of keys that identify it for the draw."""
STORAGE = frozenset({b"set", b"add", b"replace", b"append", b"prepend", b"cas"})
RETRIEVAL = frozenset({b"get", b"gets", b"gat", b"gats"})
_KEYED = frozenset({b"delete", b"incr", b"decr", b"touch"})
_META = frozenset({b"mg", b"ms", b"md", b"ma", b"me", b"mn"})
_NOREPLY = _KEYED | STORAGE | {b"flush_all", b"verbosity", b"cache_memlimit", b"lru"}
_OTHER = frozenset(
    {
        b"", b"stats", b"flush_all", b"version", b"verbosity", b"quit", b"shutdown", b"slabs", b"lru", b"lru_crawler",
        b"watch", b"cache_memlimit", b"misbehave", b"debugtime", b"extstore", b"refresh_certs",
    }
)  # fmt: skip
_BLOCK_MIN = {b"cas": 6}


@dataclass(slots=True)
class Command:
    """One request; nobody changes it.

    Attributes:
        word: the command.
        key: its first key, or empty.
        label: for the journal.
        drawn: what identifies it for the draw.
        block: bytes of its data block without the line end, or -1 where it has none.
        answered: an answer always comes.
        quiet: an answer may come (meta commands with `q`): answered is False.
        listing: the answer is lines to an end mark.
        flags: of a meta command.
    """

    word: bytes
    key: bytes
    label: str
    drawn: bytes
    block: int = -1
    answered: bool = True
    quiet: bool = False
    listing: bool = False
    flags: tuple[bytes, ...] = ()

    def flag(self, letter: bytes) -> bytes | None:
        """The token of a meta flag (empty where it has none), or None."""
        return next((f[1:] for f in self.flags if f[:1] == letter), None)


def read_command(line: bytes) -> Command | str:
    """A complete command line; or why its exchange can't be told from what follows."""
    words = line.split()
    word = words[0] if words else b""
    if word in RETRIEVAL:
        return retrieval(line)
    if word in STORAGE:
        return _storage(words)
    if word in _META:
        return _meta(words)
    if word not in _KEYED and word not in _OTHER:
        return f"unknown command {_shown(word[:20])}"
    key = words[1] if word in _KEYED and len(words) > 1 else b""
    silent = len(words) > 1 and words[-1] == b"noreply" and (word in _NOREPLY or words[1] == b"automove")
    second = words[1] if len(words) > 1 else b""
    label = _shown(word) or "(empty line)"
    if key:
        label = f"{label} {_shown(key)}"
    elif second.isalpha() and second != b"noreply":
        label = f"{label} {_shown(second)}"
    return Command(
        word,
        key,
        label,
        word + b" " + key if key else b" ".join(words)[:DRAWN_MAX],
        answered=not silent and word != b"quit",
        listing=word == b"stats" or (word == b"lru_crawler" and second in (b"metadump", b"mgdump")),
    )


def keyed(word: bytes, key: bytes, block: int) -> Command:
    """A command with one key that is always answered; `block` as in `Command`."""
    return Command(word, key, _named(word, key), word + b" " + key, block)


def retrieval(line: bytes) -> Command:
    """A `get`, `gets`, `gat` or `gats`, or the beginning of a long one."""
    words = line[:DRAWN_MAX].split()
    keys = words[2:] if words[0] in (b"gat", b"gats") else words[1:]
    key = keys[0] if keys else b""
    label = f"{_shown(words[0])} {_shown(key)}".rstrip()
    if len(line) > DRAWN_MAX:
        label += " and more"
    elif len(keys) > 1:
        label += f" +{len(keys) - 1}"
    return Command(words[0], key, label, b" ".join([words[0], *keys]))


def _storage(words: list[bytes]) -> Command | str:
    """Where such a line is malformed, servers differ in whether they read its data block."""
    word = words[0]
    least = _BLOCK_MIN.get(word, 5)
    if not least <= len(words) <= least + 1 or len(words[1]) > KEY_MAX:
        return f"a malformed {_shown(word)}"
    numbers = [_number(w) for w in words[2:least]]
    block = numbers[2]
    if block is None or not 0 <= block <= BLOCK_MAX or None in numbers or (numbers[0] or 0) < 0:
        return f"a malformed {_shown(word)}"
    answered = words[-1] != b"noreply"
    return Command(word, words[1], _named(word, words[1]), word + b" " + words[1], block, answered)


def _meta(words: list[bytes]) -> Command | str:
    word = words[0]
    if word == b"mn":
        return Command(word, b"", "mn", b"mn")
    key = words[1] if len(words) > 1 else b""
    block = -1
    flags = words[2:]
    if word == b"ms":
        size = _number(words[2]) if len(words) > 2 else None
        if size is None or not 0 <= size <= BLOCK_MAX or len(key) > KEY_MAX:
            return "a malformed ms"
        block, flags = size, words[3:]
    quiet = word != b"me" and any(f[:1] == b"q" for f in flags)
    drawn = word + b" " + key[:DRAWN_MAX]
    return Command(word, key, _named(word, key), drawn, block, not quiet, quiet, flags=tuple(flags))


def _number(word: bytes) -> int | None:
    sign, digits = (word[:1], word[1:]) if word[:1] in (b"+", b"-") else (b"", word)
    if not digits.isdigit() or len(digits) > 20:
        return None
    return -int(digits) if sign == b"-" else int(digits)


def _named(word: bytes, key: bytes) -> str:
    return f"{_shown(word)} {_shown(key)}".rstrip()


def _shown(word: bytes) -> str:
    text = word[: LABEL_MAX + 1].decode("utf-8", "replace")
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= LABEL_MAX else text[: LABEL_MAX - 1] + "…"
