"""The line at the bottom: what runs at the left, where and how at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from vaurien_gui.models.shown import BandKind, StatusLine
from vaurien_gui.style.controls import Dot, ElidedText, Text
from vaurien_gui.style.theme import Theme

SEPARATOR = "  ·  "


class StatusBar(QWidget):
    """A dot and two texts; the left one is cut first where there is no room."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._theme = theme
        self._dot = Dot(theme)
        self._left = ElidedText(theme, "caption", "text2")
        self._right = Text(theme, "", "caption", "text2")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self._dot)
        row.addWidget(self._left, 1)
        row.addStretch(0)
        row.addWidget(self._right)
        self._dot.hide()
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_status(self, line: StatusLine) -> None:
        """Show the parts; a disc where it runs, a ring where something failed, nothing while it is stopped."""
        self._left.show_text(SEPARATOR.join(line.left))
        self._right.show_text(SEPARATOR.join(line.right))
        failed = line.kind is BandKind.FAILED
        self._dot.show_state("bad" if failed else "ok", not failed)
        self._dot.setVisible(line.kind is not BandKind.STOPPED)
        self.setAccessibleName(", ".join((*line.left, *line.right)))

    def _restyle(self) -> None:
        self.setMinimumHeight(self._theme.px(24))
