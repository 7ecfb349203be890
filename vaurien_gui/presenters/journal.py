"""The journal: entries in batches, so that a fast engine never stalls the window."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from vaurien_core.model.events import Entry
from vaurien_gui.models.journal_model import JournalModel
from vaurien_gui.models.journal_text import NOTICES
from vaurien_gui.session import Session

WAITING = 20_000
"""At most so many wait for the next frame; older ones are dropped and counted."""


class JournalPresenter:
    """Collects what the engine journals; `flush` (5 Hz) hands it to the table's model."""

    def __init__(self, session: Session) -> None:
        self.rows = JournalModel(parent=session)
        self._session = session
        self._waiting: deque[Entry] = deque(maxlen=WAITING)
        self._lost = 0
        session.journalled.connect(self._journalled)
        session.dropped.connect(self._lagged)
        session.restarted.connect(lambda: self.rows.set_catalogue(session.catalogue))

    def flush(self) -> None:
        """Hand on what came since."""
        if self._waiting or self._lost:
            batch = tuple(self._explained(entry) if entry.kind in NOTICES else entry for entry in self._waiting)
            self._waiting.clear()
            self.rows.skipped += self._lost
            self._lost = 0
            self.rows.add(batch)

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
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

    def _journalled(self, entry: Entry) -> None:
        self._lost += len(self._waiting) == WAITING
        self._waiting.append(entry)

    def _lagged(self, count: int) -> None:
        self._lost += count
