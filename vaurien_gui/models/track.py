"""What `History` keeps of one proxy: its rates on a fixed grid and its injected faults in bins of one second.

Ring buffers are arrays of twice the width in which each value is written twice, so that a window is one contiguous
slice that is never copied. A slot's position is its number modulo the width; what was never measured is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vaurien_gui.models.rates import RATES

Floats = NDArray[np.float32]


class Ring:
    """Rows of numbers over numbered slots, the last `width` of which are kept."""

    __slots__ = ("last", "values", "width")

    def __init__(self, rows: int, width: int) -> None:
        self.width = width
        self.values: Floats = np.full((rows, 2 * width), np.nan, dtype=np.float32)
        self.last = -1
        """Number of the newest slot, -1 at first."""

    def write(self, slot: int, column: float | Sequence[float]) -> None:
        """Set all rows of one slot (a value each, or one for all)."""
        position = slot % self.width
        self.values[:, position] = column
        self.values[:, position + self.width] = column

    def advance(self, slot: int, column: float | Sequence[float], skipped: float | Sequence[float] = math.nan) -> None:
        """Write the newest slot; those skipped since the last one become `skipped`."""
        if self.last >= 0:
            for hole in range(max(self.last + 1, slot - self.width + 1), slot):
                self.write(hole, skipped)
        self.write(slot, column)
        self.last = slot

    def view(self, end: int, count: int) -> Floats:
        """The `count` slots (at most the width) that end with `end`, as a view."""
        stop = end % self.width + self.width + 1
        return self.values[:, stop - min(count, self.width) : stop]

    def add_row(self) -> None:
        """One more row, empty so far."""
        row = np.full((1, 2 * self.width), np.nan, dtype=np.float32)
        self.values = np.concatenate([self.values, row])


class Track:
    """The series of one proxy, or of all of them. Owned by a `History`."""

    __slots__ = ("behaviors", "bins", "rates")

    def __init__(self, slots: int, bins: int) -> None:
        self.rates = Ring(len(RATES), slots)
        self.bins = Ring(0, bins)
        self.behaviors: list[str] = []
        """Names of the rows of `bins`, in order of appearance."""

    def measure(self, slot: int, rates: Sequence[float], *, bridge: bool) -> None:
        """Store the rates of a slot; a hole that is bridged gets the same ones."""
        self.rates.advance(slot, rates, rates if bridge else math.nan)

    def count(self, number: int, hits: Mapping[str, int]) -> None:
        """Store how often each behavior acted in bin `number` so far."""
        for name in hits:
            if name not in self.behaviors:
                self.behaviors.append(name)
                self.bins.add_row()
        self.bins.advance(number, [hits.get(name, 0) for name in self.behaviors])

    def sums(self, last: int, bins: int, width: int) -> Floats:
        """The counts of `bins` groups of `width` bins that end with bin `last`, a row per behavior."""
        wanted = bins * width
        beyond = min(max(0, last - self.bins.last), wanted)
        view = self.bins.view(last - beyond, wanted - beyond)
        if beyond:
            view = np.pad(view, ((0, 0), (0, beyond)), constant_values=np.nan)
        summed: Floats = np.nansum(view.reshape(len(self.behaviors), bins, width), axis=2)
        return summed
