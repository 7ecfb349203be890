"""Finding markers and what belongs to them. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime

from vaurien_core.model.events import Entry
from vaurien_gui.models.shown import Marker

NEAR_S = 0.75
"""So near a marker the journal's line about the same thing is."""
SENTENCES = frozenset({"change", "notice"})


def neighbour(markers: Sequence[Marker], t: float, step: int) -> Marker | None:
    """The marker after the time `t` (or before it with a `step` of -1); from the last on, the first again."""
    ordered = sorted(markers, key=lambda marker: marker.t)
    if not ordered:
        return None
    if step > 0:
        return next((m for m in ordered if m.t > t + 1e-6), ordered[0])
    return next((m for m in reversed(ordered) if m.t < t - 1e-6), ordered[-1])


def wall_of(entry: Entry) -> float:
    """UNIX seconds of an entry; 0 where its time can't be read."""
    try:
        return datetime.fromisoformat(entry.at).timestamp()
    except ValueError:
        return 0.0


def row_at(entries: Sequence[Entry], wall: float, text: str = "") -> int | None:
    """The row of a marker at a moment, in entries that are ordered by time.

    A sentence of about that time that says the marker's text (a busy window may be late with its own), else a sentence
    close by, else the nearest row.
    """
    if not entries:
        return None
    near, about = _rows(entries, wall, NEAR_S), _rows(entries, wall, ABOUT_S)
    first = near.start
    said = [row for row in near if entries[row].kind in SENTENCES]
    told = [
        row for row in about
        if text and entries[row].kind in SENTENCES and text.lower() in entries[row].text.lower()
    ]  # fmt: skip
    around = told or said or [row for row in (*near, first - 1, first) if 0 <= row < len(entries)]
    return min(around, key=lambda row: abs(wall_of(entries[row]) - wall), default=None)


def _rows(entries: Sequence[Entry], wall: float, within_s: float) -> range:
    """The rows of about a moment."""
    return range(bisect_left(entries, wall - within_s, key=wall_of), bisect_left(entries, wall + within_s, key=wall_of))


ABOUT_S = 10.0
"""The same for one that says the marker's own words."""
