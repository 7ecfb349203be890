"""Keys and values in memory, with times to live: what the demo's Redis and memcached have behind them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

KEYS_MAX = 10_000
BYTES_MAX = 64 * 2**20


@dataclass(slots=True)
class Item:
    """A value with what is known of it."""

    value: bytes
    flags: int = 0
    unique: int = 0
    """Grows with every write, for compare-and-swap."""
    ends: float | None = None
    """When it is over, by the store's clock."""


class Store:
    """Bounded: beyond `KEYS_MAX` keys or `BYTES_MAX` bytes the oldest writes go, as in a cache."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._items: dict[bytes, Item] = {}
        self._size = 0
        self._writes = 0

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[bytes]:
        return iter([key for key in list(self._items) if self.get(key) is not None])

    def get(self, key: bytes) -> Item | None:
        """What is there and not over."""
        item = self._items.get(key)
        if item is not None and item.ends is not None and item.ends <= self.now():
            self.drop(key)
            return None
        return item

    def put(self, key: bytes, value: bytes, *, flags: int = 0, ends: float | None = None) -> Item:
        """Write; returns the new item."""
        self.drop(key)
        self._writes += 1
        item = self._items[key] = Item(value, flags, self._writes, ends)
        self._size += len(key) + len(value)
        while len(self._items) > KEYS_MAX or self._size > BYTES_MAX:
            self.drop(next(iter(self._items)))
        return item

    def drop(self, key: bytes) -> bool:
        """Take out; whether something was there (over or not)."""
        item = self._items.pop(key, None)
        if item is None:
            return False
        self._size -= len(key) + len(item.value)
        return True

    def clear(self) -> None:
        """Take everything out."""
        self._items.clear()
        self._size = 0
