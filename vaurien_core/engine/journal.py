"""The journal: the numbered record of what was done to which exchange.

The data plane and the engine add fields, the journal numbers them, keeps the newest in memory and hands each
entry to whoever subscribed (readers of events, a file). It lives on the engine's loop and never blocks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from vaurien_core.clock import Clock
from vaurien_core.model.events import Entry
from vaurien_core.model.veil import Veil

Subscriber = Callable[[Entry], None]


class Journal:
    """A bounded journal; implements `proxy.seams.JournalSink`. Owned by the engine.

    Attributes:
        everything: untouched exchanges are wanted too.
        veil: covers what came from the environment; the engine sets it.
        dropped: how many of the oldest entries are no longer in memory.
    """

    def __init__(self, clock: Clock, size: int = 20_000, *, everything: bool = False) -> None:
        self.everything = everything
        self.veil = Veil(())
        self.started = clock.now()
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=max(1, size))
        self._n = 0
        self._subscribers: list[Subscriber] = []

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 before the first."""
        return self._n

    @property
    def dropped(self) -> int:
        """How many of the oldest entries are no longer in memory."""
        return self._n - len(self._entries)

    def add(self, **fields: Any) -> None:
        """Record one entry; see `Entry` for the fields (their types are those)."""
        self._n += 1
        at = datetime.fromtimestamp(self._clock.wall(), UTC).isoformat(timespec="milliseconds")
        if self.veil:
            fields = self._veiled(fields)
        entry = Entry(n=self._n, t=self._clock.now() - self.started, at=at, **fields)
        self._entries.append(entry)
        for subscriber in self._subscribers:
            subscriber(entry)

    def _veiled(self, fields: dict[str, Any]) -> dict[str, Any]:
        text, options = self.veil.sentence(fields.get("text", "")), self.veil.options(fields.get("options", ()))
        return {**fields, "text": text, "options": options}

    def notice(self, text: str, *, severity: str = "info", proxy: str = "") -> None:
        """Record a sentence; severity `info`, `warning` or `error`."""
        self.add(kind="notice", text=text, severity=severity, proxy=proxy)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Hand every further entry to `subscriber` (on the loop; it must not block); returns the way out."""
        self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

        return unsubscribe

    def since(self, n: int, limit: int) -> tuple[Entry, ...]:
        """At most `limit` entries with numbers over `n` that are still in memory, oldest first."""
        skip = max(0, n - self.dropped)
        return tuple(islice(self._entries, skip, skip + max(0, limit)))
