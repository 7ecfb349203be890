"""What says that the graphs stand still: `Paused +00:12 [Go live]`, over the legends beside the marker strip."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from vaurien_gui.models import amounts
from vaurien_gui.style.controls import Button, Text
from vaurien_gui.style.theme import Theme


class PausedNote(QWidget):
    """Shown only while it is true."""

    live_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = Text(theme, "", "caption-strong", "warn")
        self.button = Button(theme, "Go live", kind="quiet")
        self.button.setToolTip("Back to the present (Home)")
        self.button.clicked.connect(self.live_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._text)
        row.addWidget(self.button)
        row.addStretch(1)
        self.hide()

    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def show_behind(self, seconds: float) -> None:
        """How far the right edge is behind the present."""
        self._text.show_text(f"Paused +{amounts.clock(max(0.0, seconds))}")
        self.setAccessibleName(self._text.text())
        self.show()
