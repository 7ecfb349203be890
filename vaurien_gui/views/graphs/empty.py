"""What stands where graphs would while nothing happened: what to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from vaurien_gui.models.shown import EmptyGraphs
from vaurien_gui.style.controls import Button, Glyph, Text
from vaurien_gui.style.theme import Theme

POINT = "Point your client at"


class EmptyState(QWidget):
    """Icon, title, sentence, and a row with the address to copy and the offer of demo traffic."""

    copy_address = Signal()
    demo_traffic = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._title = Text(theme, "", "card-title")
        self._text = Text(theme, "", "body", "text2", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._point = Text(theme, POINT, "body", "text2")
        self._address = QLineEdit()
        self._address.setReadOnly(True)
        self._address.setAccessibleName("Address for clients")
        self._copy = Button(theme, "Copy", "copy")
        self._copy.clicked.connect(self.copy_address)
        self._or = Text(theme, "or", "body", "text2")
        self._demo = Button(theme, "Start demo traffic")
        self._demo.clicked.connect(self.demo_traffic)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for widget in (self._point, self._address, self._copy, self._or, self._demo):
            row.addWidget(widget)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(4)
        column.addStretch(1)
        column.addWidget(Glyph(theme, "chart", "text3", 24), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._text)
        column.addSpacing(8)
        column.addLayout(row)
        column.addStretch(1)

    def show_state(self, state: EmptyGraphs) -> None:
        """Say it."""
        self._title.show_text(state.title)
        self._text.show_text(state.text)
        self._text.setVisible(bool(state.text) and state.text != POINT)
        for widget in (self._point, self._address, self._copy):
            widget.setVisible(bool(state.address))
        self._address.setText(state.address)
        room = QFontMetrics(self._address.font()).horizontalAdvance(state.address)
        self._address.setFixedWidth(max(room + self._theme.px(28), self._theme.px(120)))
        self._or.setVisible(bool(state.address) and state.demo)
        self._demo.setVisible(state.demo)
