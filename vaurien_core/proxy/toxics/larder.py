"""What came to a stream whose toxics take only a little at a time: it is fed to them bite by bite.

A toxic that makes a piece of every byte would otherwise make a hundred thousand of one read, all at once. Bytes keep
the time at which they came, so that the toxics, which run in virtual time, don't notice. Owned by a stream's `Chain`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vaurien_core.proxy.outbox import PIECE_CHARGE, Mark, Note
from vaurien_core.proxy.seams import TimerHandle

if TYPE_CHECKING:
    from vaurien_core.proxy.toxics.chain import Chain
    from vaurien_core.proxy.toxics.mount import Mount


class Meal:
    """Bytes that came together, or a mark between them.

    Attributes:
        at: when they came, seconds of the clock.
        note: for the first of them that leaves.
        first: a fault of their exchange alone, met before the others.
        ends: the mark tells the receiver that nothing follows.
    """

    __slots__ = ("at", "data", "ends", "first", "mark", "note")

    def __init__(
        self, at: float, data: bytes = b"", note: Note | None = None, first: Mount | None = None,
        mark: Mark | None = None, *, ends: bool = False,
    ) -> None:  # fmt: skip
        self.at, self.data, self.note, self.first, self.mark, self.ends = at, data, note, first, mark, ends


class Larder:
    """The queue, on the same account as what waits behind the toxics.

    Attributes:
        size: bytes charged.
    """

    __slots__ = ("_bite", "_chain", "_meals", "_next", "_taken", "size")

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._meals: deque[Meal] = deque()
        self._taken = self._bite = self.size = 0
        self._next: TimerHandle | None = None

    def __bool__(self) -> bool:
        return bool(self._meals)

    def serve(self, mounts: Sequence[Mount]) -> None:
        """These are mounted now; what none of them wants in bites goes in at once."""
        self._bite = _smallest(mounts)
        while self._meals and not self._bite_of(self._meals[0].first):
            self._chain.take(self._pop())

    def keep(self, meal: Meal) -> bool:
        """Whether it goes in bite by bite, behind what waits here, and not at once."""
        if self._meals:
            self._put(meal)
            return True
        if not 0 < self._bite_of(meal.first) < len(meal.data):
            return False
        self._put(meal)
        self._feed()
        return True

    def hurry(self) -> None:
        """There may be room behind the toxics for the next bite."""
        if self._meals and self._next is None and self._chain.roomy:
            chain = self._chain
            self._next = chain.timers.call_at(chain.clock.now(), self._feed)

    def empty(self) -> list[Meal]:
        """All that is here, to go another way."""
        return [self._pop() for _ in range(len(self._meals))]

    def close(self) -> None:
        """Drop everything; the account is closed by its owner."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._meals.clear()
        self._taken = self.size = 0

    def _feed(self) -> None:
        """One bite; then others have their turn."""
        self._next = None
        chain = self._chain
        while self._meals:
            meal = self._pop(self._bite_of(self._meals[0].first))
            chain.take(meal)
            if meal.mark is None:
                break
        chain.pump()
        if not self._meals:
            chain.emptied()

    def _put(self, meal: Meal) -> None:
        self._meals.append(meal)
        self._charge(len(meal.data) + PIECE_CHARGE)

    def _pop(self, most: int = 0) -> Meal:
        """The next, at most so many bytes of it; 0: all that is left of it."""
        meal, start = self._meals[0], self._taken
        left = len(meal.data) - start
        if most and left > most:
            self._taken += most
            self._charge(-most)
            bite = Meal(meal.at, meal.data[start : start + most], meal.note, meal.first)
            meal.note = None
            return bite
        self._meals.popleft()
        self._taken = 0
        self._charge(-left - PIECE_CHARGE)
        meal.data = meal.data[start:]
        return meal

    def _charge(self, count: int) -> None:
        self.size += count
        self._chain.departures.charge(count)

    def _bite_of(self, first: Mount | None) -> int:
        if first is None or not (bite := first.toxic.bite()):
            return self._bite
        return min(bite, self._bite) if self._bite else bite


def _smallest(mounts: Sequence[Mount]) -> int:
    return min((bite for mount in mounts if (bite := mount.toxic.bite())), default=0)
