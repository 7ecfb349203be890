"""Auto-off: all to normal when nobody has touched the window for a while, so that forgotten faults don't stay on.

Off unless the preferences say after how many minutes; always on for the demo. Owned by the app.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QCursor

from vaurien_gui.session import Session

DEMO_MIN = 15
"""For the demo, where the preferences say nothing."""


class AutoOff(QObject):
    """Counts from the last key, edit or move of the pointer.

    The pointer is looked at once a second: a filter over every event of the program would cost more than it is worth.

    Args:
        session: whose faults are switched off.
        tell: says that it happened.
        now: monotonic seconds; an argument for tests.
    """

    def __init__(
        self,
        session: Session,
        tell: Callable[[str], None],
        parent: QObject | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._session, self._tell, self._now = session, tell, now
        self.minutes = 0.0
        """As preferred; 0: never."""
        self._touched, self._where = now(), QCursor.pos()
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Watch hands and time."""
        self._session.document.edited.connect(self.touch)
        self._timer.start()

    def close(self) -> None:
        """Watch no more."""
        self._timer.stop()

    @property
    def left_s(self) -> float | None:
        """Seconds until faults go off; None while there is nothing to switch off, or it is not asked for."""
        session, minutes = self._session, self.minutes
        if session.document.demo and not minutes:
            minutes = DEMO_MIN
        acting = session.acting
        faulty = acting is not None and any(p.faults or p.mounted for p in acting.proxies)
        if session.attached:
            return None  # others use it, whether or not anybody sits here
        if not minutes or not faulty or not session.started or session.held or session.silent:
            return None
        return max(0.0, self._touched + minutes * 60 - self._now())

    def touch(self, *_: object) -> None:
        """Somebody is there: count anew."""
        self._touched = self._now()

    def look(self) -> None:
        """Switch faults off if it is time."""
        where = QCursor.pos()
        if where != self._where:
            self._where = where
            self.touch()
        if self.left_s == 0.0:
            self.touch()
            self._session.all_normal()
            self._tell("Nobody touched the window for a while: all is normal. Resume faults when you are back.")
