"""Bytes on their way out, each with the time at which it may leave; order never changes.

A delay is a due time on bytes, not a stage that sleeps. A due time of infinity is a hold. Between the bytes stand
marks: calls that are made when everything before them has left (end of stream, a reset). One per direction of a
connection, filled and emptied by its `Link`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

PIECE_CHARGE = 64
"""Bytes charged for each piece beside its own, so that many tiny ones are bounded too."""
MERGE_BELOW = 16 * 1024
HOLD = math.inf
LIMIT = 1 << 20
"""Bytes per direction."""
TIME_LIMIT = 64 << 20
"""The same while a behavior that adds time is in the plan."""
ENGINE_LIMIT = 512 << 20

if TYPE_CHECKING:
    from vaurien_core.proxy.toxics.drawn import DrawnMount

Mark = Callable[[], None]
Note = Callable[[float, float], None]
"""Called with the time at which a piece left and the time at which it was due."""


class Budget:
    """The bytes that all outboxes of one engine may hold; above it their links stop reading."""

    __slots__ = ("_waiting", "limit", "used")

    def __init__(self, limit: int = ENGINE_LIMIT) -> None:
        self.limit = limit
        self.used = 0
        self._waiting: dict[int, Callable[[], None]] = {}

    @property
    def full(self) -> bool:
        """Whether reading must stop."""
        return self.used >= self.limit

    def add(self, count: int) -> None:
        """Charge, or with a negative count give back."""
        self.used += count
        if count < 0 and self._waiting and self.used < self.limit:
            waiting, self._waiting = self._waiting, {}
            for wake in waiting.values():
                wake()

    def wait(self, owner: object, wake: Callable[[], None]) -> None:
        """Call `wake` once when there is room again."""
        self._waiting[id(owner)] = wake

    def forget(self, owner: object) -> None:
        """Not interested any more."""
        self._waiting.pop(id(owner), None)


class Item:
    """One piece or one mark."""

    __slots__ = ("data", "due", "ends", "mark", "note", "through")

    def __init__(self, due: float, data: bytes, note: Note | None, mark: Mark | None, *, ends: bool = False) -> None:
        self.due, self.data, self.note, self.mark, self.ends = due, data, note, mark, ends
        self.through: DrawnMount | None = None
        """A fault of its exchange alone that it meets on its way."""


class Outbox:
    """The queue."""

    __slots__ = ("_budget", "_items", "_last_due", "size")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._items: deque[Item] | None = None
        self._last_due = 0.0
        self.size = 0
        """Bytes charged, those staged elsewhere on the same account included."""

    def __len__(self) -> int:
        return len(self._items) if self._items else 0

    def charge(self, count: int) -> None:
        """Charge bytes that wait elsewhere (staged for a decision) to this direction; negative gives back."""
        self.size += count
        self._budget.add(count)

    def put(self, data: bytes, due: float = 0.0, note: Note | None = None, through: DrawnMount | None = None) -> float:
        """Queue bytes; the time at which they can leave, those in front considered."""
        items = self._items
        if items is None:
            items = self._items = deque()
        due = max(due, self._last_due) if items else due
        self._last_due = due
        if items and note is None:
            last = items[-1]
            if (
                last.due == due
                and last.mark is None
                and last.through is through
                and len(last.data) + len(data) <= MERGE_BELOW
            ):
                last.data += data
                self.charge(len(data))
                return due
        items.append(item := Item(due, data, note, None))
        item.through = through
        self.charge(len(data) + PIECE_CHARGE)
        return due

    def put_mark(self, mark: Mark, due: float = 0.0, *, ends: bool = False) -> None:
        """Queue a call; `ends`: it tells the receiver that nothing follows."""
        due = max(due, self._last_due) if self._items else due
        self._last_due = due
        if self._items is None:
            self._items = deque()
        self._items.append(Item(due, b"", None, mark, ends=ends))
        self.charge(PIECE_CHARGE)

    @property
    def next_due(self) -> float:
        """When the first item may leave; infinity if there is none or it is held."""
        return self._items[0].due if self._items else HOLD

    @property
    def last_due(self) -> float:
        """When the last item may leave; 0 if there is none."""
        return self._last_due if self._items else 0.0

    def pop(self) -> Item:
        """Take the first item out."""
        assert self._items
        item = self._items.popleft()
        self.charge(-len(item.data) - PIECE_CHARGE)
        return item

    def release(self) -> None:
        """Everything may leave now."""
        for item in self._items or ():
            item.due = 0.0
        self._last_due = 0.0

    def clear(self) -> None:
        """Drop everything and give the account back."""
        self._items = None
        self.charge(-self.size)
