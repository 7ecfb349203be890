"""One recent file: name, folder, and when it was open."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from vaurien_gui.style import icons, paint
from vaurien_gui.style.theme import Theme


@dataclass(frozen=True, slots=True)
class RecentFile:
    """A line of the recent list; `path` is emitted, the others are shown."""

    path: str
    name: str
    folder: str
    when: str = ""


class RecentRow(QAbstractButton):
    """A line that opens its file."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, file: RecentFile, first: bool = False) -> None:
        super().__init__()
        self._theme, self._file, self._first = theme, file, first
        self.setAccessibleName(f"{file.name}, {file.folder}")
        self.setToolTip(file.path)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda: self.chosen.emit(file.path))
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """36 px at the drawn size."""
        return QSize(self._theme.px(320), self._theme.px(36))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line, lit under the pointer."""
        theme, px = self._theme, self._theme.px
        painter = QPainter(self)
        if not self._first:
            painter.fillRect(12, 0, self.width() - 24, 1, theme.color("border"))
        if self.underMouse():
            fill = theme.color("hover")
            paint.panel(painter, QRectF(self.rect()).adjusted(4, 3, -4, -2), fill, fill, 6)
        side = px(16)
        icons.paint(painter, QRectF(12, (self.height() - side) / 2, side, side), "document", theme.color("text2"))
        x = 12 + side + px(8)
        room = self.width() - x - 12
        room -= self._draw(painter, "caption", "text3", self._file.when, x, room, right=True) + px(8)
        used = self._draw(painter, "button", "text", self._file.name, x, room) + px(8)
        self._draw(painter, "body", "text3", self._file.folder, x + used, room - used)
        if self.hasFocus():
            paint.focus_ring(painter, theme, QRectF(self.rect()).adjusted(2, 2, -2, -2), 6)

    def _draw(self, painter: QPainter, role: str, token: str, text: str, x: int, room: int, right: bool = False) -> int:
        font = self._theme.font(role)
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, max(room, 0))
        painter.setFont(font)
        painter.setPen(self._theme.color(token))
        align = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(x, 0, max(room, 0), self.height()), align | Qt.AlignmentFlag.AlignVCenter, shown)
        return metrics.horizontalAdvance(shown)
