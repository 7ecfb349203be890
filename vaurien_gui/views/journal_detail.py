"""Beside the journal: why the selected row is as it is. Shows the lines of a trace, decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from vaurien_gui.models.trace import TraceLine, as_text
from vaurien_gui.style.controls import IconButton, Rule, Text, clear
from vaurien_gui.style.theme import Theme

WIDTH, NARROW = 328, 228


class JournalDetail(QWidget):
    """A title, the lines, two buttons."""

    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lines: tuple[TraceLine, ...] = ()
        self.setAccessibleName("Decision trace")
        self._title = Text(theme, "Decision trace", "section")
        self.copy_button = IconButton(theme, "copy", "Copy the trace")
        self.copy_button.clicked.connect(self.copy)
        self.close_button = IconButton(theme, "close", "Close the trace (Ctrl+D)")
        self.close_button.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 4, 0)
        head.setSpacing(4)
        head.addWidget(self._title, 1)
        head.addWidget(self.copy_button)
        head.addWidget(self.close_button)
        body = QWidget()
        body.setObjectName("journal")
        self._grid = QGridLayout(body)
        self._grid.setContentsMargins(12, 2, 8, 8)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._area.setAccessibleName("Decision trace")
        self._area.setWidget(body)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._area, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        side = Rule(theme, upright=True)
        side.setMaximumHeight(16_777_215)
        whole.addWidget(side)
        whole.addLayout(column, 1)

    @property
    def lines(self) -> tuple[TraceLine, ...]:
        """What it shows."""
        return self._lines

    def show_lines(self, lines: tuple[TraceLine, ...]) -> None:
        """Show these."""
        if lines == self._lines:
            return
        self._lines = lines
        clear(self._grid)
        for row, line in enumerate(lines):
            label = Text(self._theme, line.label, "caption", "text3")
            text = Text(self._theme, line.text, "caption-strong" if not row else "caption", "text", wrap=True)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(text, row, 1, Qt.AlignmentFlag.AlignTop)
        self._grid.setRowStretch(len(lines), 1)
        self._area.setAccessibleDescription(as_text(lines))
        self._area.verticalScrollBar().setValue(0)

    def set_compact(self, compact: bool) -> None:
        """Less room."""
        self.setFixedWidth(self._theme.px(NARROW if compact else WIDTH))

    def copy(self) -> None:
        """The trace to the clipboard."""
        QGuiApplication.clipboard().setText(as_text(self._lines))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy."""
        if event.key() == Qt.Key.Key_C and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.copy()
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        """As low as the table may be."""
        return QSize(self._theme.px(NARROW), self._theme.px(60))
