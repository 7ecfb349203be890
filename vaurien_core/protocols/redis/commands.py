"""What is known of a command: its flags, and which of its arguments are names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from vaurien_core.frozen import dataclass
from vaurien_core.protocols.redis.table import TABLE

SHOWN = 3
"""Keys of a request that are looked for at most."""
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9._-]{0,31}")
_PLACES = re.compile(r"(c?)(\d*)(?::(-?\d+))?(?::(\d+))?(?:#(\d+))?(?:@(\w+))?")
_SUBCOMMAND = 2


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the table, or one that it doesn't have (no flags, no keys)."""

    name: str
    flags: frozenset[str] = frozenset()
    channels: bool = False
    """The names are channels, not keys."""
    begin: int = 0
    """Index of the first key; 0: none has a fixed place."""
    end: int = 0
    """Index of the last one; negative: from the end."""
    step: int = 1
    number: int = 0
    """Index of the number of keys that follow it; 0: none is said."""
    word: bytes = b""
    """The keys follow this word."""

    @property
    def named(self) -> bool:
        """Whether any of its arguments are names."""
        return bool(self.begin or self.number or self.word)

    def needed(self, arguments: Sequence[bytes], count: int) -> int:
        """How many arguments (the command's name is the first) must be known to know the names to be shown.

        Args:
            arguments: those that are known.
            count: how many there are.
        """
        if self.word:
            found = next((n for n, a in enumerate(arguments) if a.upper() == self.word), 0)
            return min(count, found + _SUBCOMMAND if found else len(arguments) + 1)
        if self.number:
            needed = max(self.begin, self.number) + 1
            if len(arguments) >= needed:
                needed += min(_number(arguments[self.number]), SHOWN)
            return min(count, needed)
        if not self.begin:
            return min(count, _SUBCOMMAND if "|" in self.name else 1)
        places = self._places(count)
        return min(count, places[-1] + 1) if places else 1

    def _places(self, count: int) -> range:
        return _shown_places(self.begin, self.end, self.step, count)

    def names(self, arguments: Sequence[bytes], count: int) -> list[bytes]:
        """The first names, as far as they are among the known arguments."""
        if self.word:
            found = next((n for n, a in enumerate(arguments) if a.upper() == self.word), 0)
            return list(arguments[found + 1 : found + 2]) if found else []
        fixed = [arguments[n] for n in self._places(count) if n < len(arguments)] if self.begin else []
        if self.number and self.number < len(arguments):
            fixed += arguments[self.number + 1 : self.number + 1 + min(_number(arguments[self.number]), SHOWN)]
        return fixed

    def how_many(self, arguments: Sequence[bytes], count: int) -> int:
        """How many keys the request has, whether they are known or not."""
        if self.channels:
            return 0
        many = 0
        if self.begin:
            last = self.end if self.end >= 0 else count + self.end
            many = len(range(self.begin, min(last, count - 1) + 1, self.step))
        if self.number and self.number < len(arguments):
            many += min(_number(arguments[self.number]), count)
        if self.word:
            found = next((n for n, a in enumerate(arguments) if a.upper() == self.word), 0)
            many = (count - found - 1) // 2 if found else 0
        return many


@lru_cache(maxsize=1024)
def _shown_places(begin: int, end: int, step: int, count: int) -> range:
    """Where the names to be shown are among `count` arguments."""
    last = end if end >= 0 else count + end
    return range(begin, min(last, count - 1) + 1, step)[: SHOWN if step == 1 else 1]


def _number(text: bytes) -> int:
    return int(text) if text.isdigit() and len(text) < 10 else 0


def _read(row: str) -> list[Command]:
    flags, places, *names = row.split()
    found = _PLACES.fullmatch(places) if places != "-" else None
    channels, begin, end, step, number, word = found.groups() if found else ("", "", "", "", "", "")
    return [
        Command(
            name.upper(),
            frozenset(flags) - {"-"},
            channels=bool(channels),
            begin=int(begin or 0),
            end=int(end or begin or 0),
            step=int(step or 1),
            number=int(number or 0),
            word=(word or "").encode(),
        )
        for name in names
    ]


COMMANDS = {command.name: command for row in TABLE.strip().splitlines() for command in _read(row)}
CONTAINERS = frozenset(name.partition("|")[0] for name in COMMANDS if "|" in name)
_COMMON = {
    container: frozenset.intersection(*(c.flags for n, c in COMMANDS.items() if n.startswith(container + "|")))
    for container in CONTAINERS
}
"""Flags that all subcommands of a container have, and so most likely one that the table doesn't know."""
UNKNOWN = Command("?")


@lru_cache(maxsize=1024)
def command_of(name: bytes, subcommand: bytes | None) -> Command:
    """What is known of a command; of an unknown one its name is, where it can only be a name.

    Args:
        name: as sent.
        subcommand: the second argument; None: there is none (or it isn't known).
    """
    if not _NAME.fullmatch(name):
        return UNKNOWN
    text = name.decode("ascii").upper()
    if text not in CONTAINERS:
        return COMMANDS.get(text) or Command(text)
    if subcommand is not None and _NAME.fullmatch(subcommand):
        full = f"{text}|{subcommand.decode('ascii').upper()}"
        if full in COMMANDS:
            return COMMANDS[full]
    return Command(text, COMMANDS[text].flags if subcommand is None else _COMMON[text])


def is_container(name: bytes) -> bool:
    """Whether the second argument says which command it is."""
    return name.upper().decode("latin-1") in CONTAINERS
