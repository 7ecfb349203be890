"""The garbage collector, kept from stopping the window: what lives as long as the program is not looked at again.

A full collection looks at every object that may be part of a cycle: 300,000 after the imports of Qt, numpy, pyqtgraph,
and aiohttp, or 60 to 120 ms in which nothing is painted. They are frozen twice: before the window opens, and when its
first engine has been running for some seconds, as parts of it are imported late. What comes later is collected as ever:
some thousands of objects, as journal rows are none of them (see `models.packing`). Made by `app.main`; other programs
with an `App` inside keep their collector as it is.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

from vaurien_gui.session import Session

SETTLED_MS = 3000
"""After the first engine's start, everything has been imported and drawn once."""


class Collecting(QObject):
    """Freezes at the two moments; lives with the window."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.times = 0
        """How often it has frozen."""
        self._session = session
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._freeze_again)
        session.restarted.connect(self._settled.start)
        self._freeze()

    def _freeze_again(self) -> None:
        self._session.restarted.disconnect(self._settled.start)
        self._freeze()

    def _freeze(self) -> None:
        """Without a collection before it: that would be the very stop; what it would have freed is little."""
        gc.collect(1)
        gc.freeze()
        self.times += 1
