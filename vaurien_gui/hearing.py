"""Whether an engine in another process is still heard: it sends a sample ten times a second.

A window that shows "all normal" while its engine is frozen would lie, so silence is noticed within a second. Lives on
the window's loop; owned by the engine's link.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal

SILENCE_S = 0.6
"""Without any event for so long, nothing is known about the engine any more: six samples are missing."""
_LOOK_MS = 50
_BLOCKED_S = 0.2
"""The window itself stood still for longer than this between two looks: what came meanwhile is read first."""
_READ_MS = 30
"""How long reading that may take; then it is judged: a window that stutters must not trust for ever."""


class Hearing(QObject):
    """Counts from the first event on. `silent` tells how it stands."""

    changed = Signal()
    """Silence began or ended."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.silent = False
        self.since = 0.0
        """Monotonic seconds of the last event."""
        self._looked = 0.0
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._look)
        self._reading = QTimer(self, interval=_READ_MS, singleShot=True)
        self._reading.setTimerType(Qt.TimerType.PreciseTimer)
        self._reading.timeout.connect(self._judge)

    @property
    def for_s(self) -> float:
        """Seconds since the last event."""
        return time.monotonic() - self.since if self.since else 0.0

    def heard(self) -> None:
        """Something came."""
        self.since = time.monotonic()
        if not self._timer.isActive():
            self._looked = self.since
            self._timer.start()
        if self.silent:
            self.silent = False
            self.changed.emit()

    def lost(self) -> None:
        """The link is known to be broken."""
        if not self.silent:
            self.silent = True
            self.changed.emit()

    def close(self) -> None:
        """Listen no more."""
        self._timer.stop()
        self._reading.stop()

    def _look(self) -> None:
        now = time.monotonic()
        blocked = now - self._looked > _BLOCKED_S
        self._looked = now
        if not blocked:
            self._judge()
        elif not self._reading.isActive():
            self._reading.start()

    def _judge(self) -> None:
        if not self.silent and self.for_s > SILENCE_S:
            self.silent = True
            self.changed.emit()
