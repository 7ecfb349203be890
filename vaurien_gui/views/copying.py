"""Rows to the clipboard, however many: written down some milliseconds a turn of the loop, so that nothing stalls.

A few are there at once. Owned by the journal's table; the rows are those of the moment of asking.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from vaurien_core.model.events import Entry
from vaurien_gui.models.packing import Entries

MOST = 20_000
"""More rows are a matter of files: what pastes them would stand still."""
AT_ONCE = 200
TURN_S = 0.006


class Copying(QObject):
    """One copy at a time; another one takes its place."""

    told = Signal(str)
    """A sentence: it takes a moment, or is done, or was too much."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._lines: list[str] = []
        self._entries = Entries(())
        self._line: Callable[[Entry], str] = str
        self._all = 0
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._write)

    @property
    def busy(self) -> bool:
        """Whether rows are being written down."""
        return self._timer.isActive()

    def start(self, entries: Entries, line: Callable[[Entry], str], head: str = "") -> None:
        """Copy these, a line each, under a head; the newest ones of too many."""
        self._all = len(entries)
        self._entries, self._line = entries[-MOST:], line
        self._lines = [head] if head else []
        self._at = 0
        if self._all <= AT_ONCE:
            self._lines += [line(entry) for entry in entries]
            self._finish()
            return
        self._timer.start()
        self.told.emit(f"Copying {len(self._entries):,} rows…")

    def _write(self) -> None:
        end = time.perf_counter() + TURN_S
        while self._at < len(self._entries) and time.perf_counter() < end:
            some = self._entries[self._at : self._at + 50]
            self._lines += [self._line(entry) for entry in some]
            self._at += len(some)
        if self._at >= len(self._entries):
            self._timer.stop()
            done = len(self._entries)
            self._finish()
            if self._all > done:
                self.told.emit(f"Copied the newest {done:,} of {self._all:,} rows. Export writes them all.")
            else:
                self.told.emit(f"Copied {done:,} rows")

    def _finish(self) -> None:
        QGuiApplication.clipboard().setText("\n".join([*self._lines, ""]))
        self._lines, self._entries = [], Entries(())
