"""The garbage collector, kept from stopping the window: what lives as long as the program is not looked at again.

A full collection looks at every object that may be part of a cycle: 300,000 after the imports of Qt, numpy, pyqtgraph,
and aiohttp, or 60 to 120 ms in which nothing is painted. They are frozen twice: before the window opens, and when its
first engine has been running for some seconds, as parts of it are imported late. What comes later are some thousands of
objects, as journal rows are none of them (see `models.packing`). They are collected by a timer of the window's thread
alone: by itself the collector runs in whichever thread has just made an object, and items of a scene that are freed in
another thread than the one that paints them end the program. Made by `app.main`; other programs with an `App` inside
keep their collector as it is.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

from vaurien_gui.session import Session

SETTLED_MS = 3000
"""After the first engine's start, everything has been imported and drawn once."""
LOOK_MS = 1000
YOUNG, TIMES = 2000, 10
"""Objects made and not freed before the youngest are looked at; and collections before the next older ones are, too."""


class Collecting(QObject):
    """Freezes at the two moments, and collects; lives with the window."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.times = 0
        """How often it has frozen."""
        self._session = session
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._freeze_again)
        session.restarted.connect(self._settled.start)
        self._freeze()
        gc.disable()
        self._looks = QTimer(self, interval=LOOK_MS)
        self._looks.timeout.connect(collect_if_due)
        self._looks.start()

    def _freeze_again(self) -> None:
        self._session.restarted.disconnect(self._settled.start)
        self._freeze()

    def _freeze(self) -> None:
        """Without a collection before it: that would be the very stop; what it would have freed is little."""
        gc.collect(1)
        gc.freeze()
        self.times += 1


def collect_if_due() -> None:
    """As the collector would by itself, in the thread that calls."""
    young, middle, old = gc.get_count()
    if young < YOUNG:
        return
    gc.collect(0 if middle < TIMES else 1 if old < TIMES else 2)
