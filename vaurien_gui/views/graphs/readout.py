"""The card beside the crosshair: every value at one second, over all panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from vaurien_gui.style import paint
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.legend import GAP, Item, paint_sample

PAD = 10
BREAK = 5
"""Between the values of two panels."""
COLUMN = 16
EDGE = 4
AWAY = 12
"""From the crosshair."""
VCENTER = Qt.AlignmentFlag.AlignVCenter
LEFT, RIGHT = Qt.AlignmentFlag.AlignLeft | VCENTER, Qt.AlignmentFlag.AlignRight | VCENTER


@dataclass(frozen=True, slots=True)
class Reading:
    """One line of the card: a series and its value."""

    item: Item | None
    title: str
    value: str


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one panel."""

    title: str
    readings: tuple[Reading, ...]


class Readout(QWidget):
    """Painted; the pointer goes through it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._board = theme, parent
        self._time = ""
        self._columns: list[list[Block]] = []
        self._names = self._values = self._line = 0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def text(self) -> str:
        """All of it as one sentence, for readers and tests."""
        parts = [f"{r.title} {r.value}".strip() for column in self._columns for block in column for r in block.readings]
        return ", ".join([self._time, *parts])

    def show_values(self, time: str, blocks: Sequence[Block], x: int, area: QRect) -> None:
        """Show these values beside the pixel column `x`, within `area` of the board."""
        self._time = time
        self._measure(blocks, area.height())
        self.setAccessibleName(self.text)
        size = self._size()
        left = x + AWAY
        if left + size.width() > area.right() and x - AWAY - size.width() >= area.left():
            left = x - AWAY - size.width()
        edge = self._board.width() - EDGE  # in a narrow plot rather over the legends than over the crosshair
        left = max(0, min(left, edge - size.width()))
        self.setGeometry(QRect(left, area.top() + 4, size.width(), size.height()))
        self.update()
        self.show()

    def _measure(self, blocks: Sequence[Block], height: int) -> None:
        """As many columns as it takes; no panel is parted."""
        theme = self._theme
        small, strong = QFontMetrics(theme.font("caption")), QFontMetrics(theme.font("caption-strong"))
        self._line = small.height() + 2
        readings = [reading for block in blocks for reading in block.readings]
        self._names = max((small.horizontalAdvance(r.title) for r in readings), default=0) + theme.px(GAP)
        self._values = max((strong.horizontalAdvance(r.value) for r in readings), default=0) + 2
        room = height - 8 - 2 * PAD - self._line
        self._columns, used = [[]], 0
        for block in blocks:
            tall = len(block.readings) * self._line + BREAK
            if self._columns[-1] and used + tall > room:
                self._columns.append([])
                used = 0
            self._columns[-1].append(block)
            used += tall

    def _size(self) -> QSize:
        wide = self._names + 12 + self._values
        lines = max(sum(len(b.readings) * self._line + BREAK for b in column) for column in self._columns)
        count = len(self._columns)
        head = QFontMetrics(self._theme.font("caption-strong")).horizontalAdvance(self._time) + 2
        return QSize(max(count * wide + (count - 1) * COLUMN, head) + 2 * PAD, lines + self._line + 2 * PAD)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The time, then the values by panel."""
        theme, painter = self._theme, QPainter(self)
        paint.panel(painter, QRectF(self.rect()), theme.color("surface"), theme.color("border_strong"), 6)
        painter.setFont(theme.font("caption-strong"))
        painter.setPen(theme.color("text"))
        painter.drawText(QRect(PAD, PAD, self.width() - 2 * PAD, self._line), LEFT, self._time)
        wide = (self.width() - 2 * PAD - (len(self._columns) - 1) * COLUMN) // len(self._columns)
        for number, column in enumerate(self._columns):
            left, top = PAD + number * (wide + COLUMN), PAD + self._line + BREAK
            for block in column:
                for reading in block.readings:
                    self._row(painter, QRect(left, top, wide, self._line), reading)
                    top += self._line
                top += BREAK

    def _row(self, painter: QPainter, box: QRect, reading: Reading) -> None:
        theme = self._theme
        gap = 0
        if reading.item is not None:
            paint_sample(painter, theme, reading.item, box.left(), box.center().y() + 1)
            gap = theme.px(GAP)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color("text2"))
        painter.drawText(box.adjusted(gap, 0, 0, 0), LEFT, reading.title)
        painter.setFont(theme.font("caption-strong"))
        painter.setPen(theme.color("text"))
        painter.drawText(box, RIGHT, reading.value)
