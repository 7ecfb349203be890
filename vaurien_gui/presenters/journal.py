"""The journal: entries in batches, so that a fast engine never stalls the window."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from vaurien_core.model.events import Entry
from vaurien_gui.models.journal_model import JournalModel
from vaurien_gui.models.journal_text import NOTICES
from vaurien_gui.models.sampling import Sampler
from vaurien_gui.session import Session

NOTE_S = 0.6
"""A note waits so long for entries that were written before it and are on their way."""
WAITING = 20_000
"""At most so many wait for the next frame; older ones are dropped and counted."""


class JournalPresenter:
    """Collects what the engine journals; `flush` (5 Hz) hands it to the table's model."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        self.rows = JournalModel(parent=session)
        self._session = session
        self._waiting: deque[Entry] = deque(maxlen=WAITING)
        self._lost = 0
        self._clock = clock
        self._sampler = Sampler()
        self._notes: list[tuple[float, Entry]] = []
        self._seeds: list[tuple[str, int]] = []
        """From when on (ISO time, UTC) the engine had which seed."""
        session.changed.connect(self._watch_seed)
        session.journalled.connect(self._journalled)
        session.dropped.connect(self._lagged)
        session.restarted.connect(lambda: self.rows.set_catalogue(session.catalogue))

    def flush(self) -> None:
        """Hand on what came since."""
        every = self._sampler.every
        kept = self._sampler.take(tuple(self._waiting), self._clock())
        if self._waiting or self._lost or every != self._sampler.every:
            batch = tuple(self._explained(entry) if entry.kind in NOTICES else entry for entry in kept)
            self._waiting.clear()
            self.rows.every = self._sampler.every
            self.rows.skipped += self._lost + self._sampler.left_out
            self._lost = self._sampler.left_out = 0
            self.rows.add(batch)
            self.rows.counted.emit()
        while self._notes and self._notes[0][0] <= self._clock():
            self.rows.add_note(self._notes.pop(0)[1])

    def settle(self) -> None:
        """Hand on everything now, notes too: somebody looks for a row."""
        self.flush()
        while self._notes:
            self.rows.add_note(self._notes.pop(0)[1])

    def note(self, text: str, number: int, wall: float) -> None:
        """A line for a note of the user's; `wall` is UNIX seconds, the time it is about."""
        at = datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds")
        entry = Entry(0, self._session.engine_t, at, kind="notice", text=f"Note {number}: {text}")
        self._notes.append((self._clock() + NOTE_S, entry))

    def seed_of(self, entry: Entry) -> int | None:
        """The engine's seed when an entry was written; None if that isn't known."""
        return next((seed for since, seed in reversed(self._seeds) if since <= entry.at), None)

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self._notes.clear()
        self._lost = 0
        self.rows.clear()

    def _explained(self, entry: Entry) -> Entry:
        """A start with what it depends on, a failure with its code."""
        state, link = self._session.state, self._session.link
        if state is None or link is None:
            return entry
        if entry.kind == "change" and entry.text == "start" and not entry.proxy:
            return replace(entry, text=f"Start. Seed {state.seed}, engine: {link.engine.place}.")
        proxy = state.proxy(entry.proxy)
        if entry.severity == "error" and entry.text == proxy.error and proxy.error_code:
            return replace(entry, text=f"{entry.text.rstrip('.')} ({proxy.error_code}).")
        return entry

    def _watch_seed(self) -> None:
        """Remember seeds with the times from which on they held; the first one holds for what came before, too."""
        state = self._session.state
        if state is None or (self._seeds and self._seeds[-1][1] == state.seed):
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._seeds.append((now if self._seeds else "", state.seed))

    def _journalled(self, entry: Entry) -> None:
        self._lost += len(self._waiting) == WAITING
        self._waiting.append(entry)

    def _lagged(self, count: int) -> None:
        self._lost += count
