"""Bytes that toxics made wait, each with what every toxic added to its time; order never changes.

One per direction of a connection that has toxics, filled and emptied by its `Chain`. A toxic's share can be taken off
again, so that removing or updating it acts on what waits.
"""

from __future__ import annotations

import math
from collections import deque

from vaurien_core.proxy.outbox import HOLD, MERGE_BELOW, PIECE_CHARGE, Budget, Mark, Note

Shares = dict[object, float]
"""Seconds that a piece waits at each toxic, in the order in which it met them; infinity: held."""
SHARES_CHARGE = 256
"""Bytes charged for a piece's shares; with the piece's own it is about what Python needs for them."""


class Parcel:
    """One piece or one mark.

    Attributes:
        base: when it came to the first toxic, seconds of the clock; 0 where nothing made it wait.
        charge: bytes charged for it.
    """

    __slots__ = ("base", "charge", "data", "due", "mark", "note", "shares")

    def __init__(self, base: float, shares: Shares, data: bytes, note: Note | None, mark: Mark | None) -> None:
        self.base, self.shares, self.data, self.note, self.mark = base, shares, data, note, mark
        self.due = 0.0
        self.charge = len(data) + PIECE_CHARGE + (SHARES_CHARGE if shares else 0)


class Departures:
    """The queue."""

    __slots__ = ("_budget", "_parcels", "merges", "size")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._parcels: deque[Parcel] = deque()
        self.merges = True
        """Neighbours that leave together may become one."""
        self.size = 0
        """Bytes charged."""

    def __len__(self) -> int:
        return len(self._parcels)

    @property
    def next_due(self) -> float:
        """When the first may leave; infinity if there is none or it is held."""
        return self._parcels[0].due if self._parcels else HOLD

    def put(self, data: bytes, base: float, shares: Shares, note: Note | None = None) -> None:
        """Queue bytes."""
        parcels = self._parcels
        if parcels and note is None and self.merges:
            last = parcels[-1]
            mergeable = last.mark is None and len(last.data) + len(data) <= MERGE_BELOW
            if mergeable and (last.shares == shares and (not shares or last.base == base)):
                last.data += data
                last.charge += len(data)
                self.charge(len(data))
                return
        self._add(Parcel(base if shares else 0.0, shares, data, note, None))

    def put_mark(self, mark: Mark, base: float, shares: Shares) -> None:
        """Queue a call."""
        self._add(Parcel(base if shares else 0.0, shares, b"", None, mark))

    def pop(self) -> Parcel:
        """Take the first out."""
        parcel = self._parcels.popleft()
        self.charge(-parcel.charge)
        return parcel

    def take_off(self, toxics: set[object]) -> None:
        """What these toxics added is no more."""
        before = 0.0
        for parcel in self._parcels:
            if parcel.shares and not toxics.isdisjoint(parcel.shares):
                parcel.shares = {key: share for key, share in parcel.shares.items() if key not in toxics}
            parcel.due = before = _due(parcel, before)

    def release(self) -> None:
        """Nothing adds to any time any more."""
        for parcel in self._parcels:
            parcel.shares, parcel.due = {}, 0.0

    def leaves(self, toxic: object) -> float:
        """When the last that waits leaves this toxic; 0 if none does."""
        latest = 0.0
        for parcel in self._parcels:
            if toxic in parcel.shares:
                at = parcel.base
                for key, share in parcel.shares.items():
                    at += share if share != HOLD else 0.0
                    if key is toxic:
                        break
                latest = max(latest, at)
        return latest

    def clear(self) -> None:
        """Drop everything and give the account back."""
        self._parcels.clear()
        self.charge(-self.size)

    def _add(self, parcel: Parcel) -> None:
        parcels = self._parcels
        parcel.due = _due(parcel, parcels[-1].due if parcels else 0.0)
        parcels.append(parcel)
        self.charge(parcel.charge)

    def charge(self, count: int) -> None:
        """Charge bytes, also those that wait in front of the toxics; negative gives back."""
        self.size += count
        self._budget.add(count)


def _due(parcel: Parcel, before: float) -> float:
    return max(before, parcel.base + math.fsum(parcel.shares.values())) if parcel.shares else before
