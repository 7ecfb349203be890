"""Journal rows as they are kept: plain tuples, which the garbage collector learns to pass over.

A full collection looks at every object that may be part of a cycle; 200,000 entries with their options were two thirds
of all there are, and made it stop the window for 140 ms. Tuples of texts and numbers are no part of any cycle, and the
collector drops them from its lists when it first meets them. Used by the journal's model alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from operator import attrgetter, itemgetter
from sys import intern
from typing import overload

from vaurien_core.model.events import Entry

Row = tuple[object, ...]
"""The fields of an `Entry`, in order."""
_FIELDS = tuple(field.name for field in dataclasses.fields(Entry))
_SHARED = frozenset(
    ("proxy", "client", "label", "rule", "behavior", "phase", "scenario", "outcome", "kind", "severity")
)
"""Texts that many rows have."""
_AT = {name: at for at, name in enumerate(_FIELDS)}
_all_of = attrgetter(*_FIELDS)
_SHARED_AT = tuple(_AT[name] for name in _SHARED)

number = itemgetter(_AT["n"])
kind = itemgetter(_AT["kind"])
at = itemgetter(_AT["at"])
proxy = itemgetter(_AT["proxy"])
rules = itemgetter(_AT["rule"], _AT["behavior"])
searched = itemgetter(*(_AT[n] for n in ("proxy", "client", "label", "rule", "behavior", "outcome", "text")))
used = itemgetter(*(_AT[n] for n in ("behavior", "phase", "options")))


def pack(entry: Entry) -> Row:
    """An entry as a row."""
    fields = list(_all_of(entry))
    for place in _SHARED_AT:
        text = fields[place]
        if type(text) is str:
            fields[place] = intern(text)
    return tuple(fields)


def unpack(row: Row) -> Entry:
    """A row as the entry that it was."""
    return Entry(*row)  # type: ignore[arg-type]  # exactly the fields that `pack` took


class Entries(Sequence[Entry]):
    """Rows, read as entries one at a time: a copy of 200,000 rows takes a millisecond, of entries a second."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = tuple(rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> Entry: ...
    @overload
    def __getitem__(self, place: slice) -> Entries: ...
    def __getitem__(self, place: int | slice) -> Entry | Entries:
        """One entry, or some."""
        if isinstance(place, slice):
            return Entries(self._rows[place])
        return unpack(self._rows[place])
