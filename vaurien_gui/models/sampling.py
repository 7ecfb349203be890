"""Which entries of a fast journal are shown: all of a slow one, of a fast one every n-th. No Qt, no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import chain

from vaurien_core.model.events import Entry
from vaurien_gui.models.journal_text import NOTICES

MOST_PER_S = 500.0
OVER_S = 1.0
"""The pace is that of so many seconds."""
STEPS = (1, 2, 5)


class Sampler:
    """Keeps at most about 500 entries a second; sentences are always kept. `now` is monotonic seconds."""

    def __init__(self) -> None:
        self.every = 1
        """1 of so many is shown."""
        self.left_out = 0
        self._past: deque[tuple[float, int]] = deque()
        self._count = 0

    def take(self, entries: Sequence[Entry], now: float) -> list[Entry]:
        """The entries of a batch that are to be shown; the others are counted."""
        while len(self._past) > 1 and now - self._past[1][0] >= OVER_S:
            self._past.popleft()
        self._past.append((now, len(entries)))
        since, past = self._past[0][0], list(self._past)[1:]
        over = now - since
        known = over >= OVER_S
        self.every = fitting(sum(n for _, n in past) / over if known else sum(n for _, n in self._past) / OVER_S)
        if self.every == 1:
            return list(entries)
        kept = []
        for entry in entries:
            self._count += 1
            if entry.kind in NOTICES or self._count % self.every == 0:
                kept.append(entry)
        self.left_out += len(entries) - len(kept)
        return kept


def fitting(per_s: float) -> int:
    """The least of 1, 2, 5, 10, 20, 50, ... that brings a pace down to the limit."""
    steps = chain.from_iterable((step * 10**power for step in STEPS) for power in range(8))
    return next((step for step in steps if per_s / step <= MOST_PER_S), 1)
