"""One stream of events to any number of readers, each with a bounded queue.

A reader that lags loses its oldest events and is told how many (`Gap`); the newest state always gets through.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import Iterable

from vaurien_core.model.events import Event, Gap


class Reader:
    """One reader: an async iterator. Owned by who subscribed; `aclose()` or dropping it ends it."""

    def __init__(self, first: Iterable[Event], limit: int) -> None:
        self._queue: deque[Event] = deque(first)
        self._limit = max(limit, len(self._queue))
        self._dropped = 0
        self._closed = False
        self._waiter: asyncio.Future[None] | None = None

    def put(self, event: Event) -> None:
        """Add an event; drops the oldest one above the limit."""
        if self._closed:
            return
        if len(self._queue) >= self._limit:
            self._queue.popleft()
            self._dropped += 1
        self._queue.append(event)
        self._wake()

    def close(self) -> None:
        """End the iteration after what is queued."""
        self._closed = True
        self._wake()

    async def aclose(self) -> None:
        """End the iteration at once."""
        self._queue.clear()
        self._dropped = 0
        self.close()

    def __aiter__(self) -> Reader:
        return self

    async def __anext__(self) -> Event:
        while True:
            if self._dropped:
                gap, self._dropped = Gap(self._dropped), 0
                return gap
            if self._queue:
                return self._queue.popleft()
            if self._closed:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Broadcast:
    """All readers of one engine; held weakly, so a forgotten one ends with its last reference."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._readers: weakref.WeakSet[Reader] = weakref.WeakSet()

    def __bool__(self) -> bool:
        return len(self._readers) > 0

    def subscribe(self, first: Iterable[Event] = ()) -> Reader:
        """A new reader that gets `first` and then everything that is published."""
        reader = _Registered(first, self._limit, self._readers)
        self._readers.add(reader)
        return reader

    def publish(self, event: Event) -> None:
        """Hand an event to every reader."""
        for reader in tuple(self._readers):
            reader.put(event)

    def close(self) -> None:
        """End every reader after what it has queued."""
        for reader in tuple(self._readers):
            reader.close()


class _Registered(Reader):
    def __init__(self, first: Iterable[Event], limit: int, readers: weakref.WeakSet[Reader]) -> None:
        super().__init__(first, limit)
        self._readers = readers

    def close(self) -> None:
        """Also forget it, so that samples stop when nobody listens."""
        super().close()
        self._readers.discard(self)
