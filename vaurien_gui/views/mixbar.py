"""The mix as one bar: a segment per behavior, the rest is normal."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from vaurien_gui.models.shown import MixPanel, MixRow
from vaurien_gui.style import paint
from vaurien_gui.style.theme import Theme

_LEAST = 40
"""A segment narrower than this many drawn pixels has no words."""


def percent(value: Decimal) -> str:
    """`10 %` or `12.5 %`."""
    text = f"{value:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


class MixBar(QWidget):
    """Shows all weights; a click on a segment tells its behavior. Readers get the same as a sentence."""

    picked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._panel = theme, MixPanel((), Decimal(100))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Behavior mix"))
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def show_mix(self, panel: MixPanel) -> None:
        """Show the weights of a mix."""
        before, self._panel = self._panel, panel
        if _drawn(before) == _drawn(panel):
            return
        parts = [f"{row.title} {percent(row.weight)}" for row in panel.rows if row.weight and not row.apart]
        words = ", ".join([*parts, self.tr("normal {}").format(percent(panel.normal))])
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        """24 px high at the drawn size."""
        return QSize(self._theme.px(200), self._theme.px(24))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell whose segment it is."""
        for row, rect in self._segments():
            if rect.contains(QPointF(event.position().x(), self.height() / 2)):
                self.picked.emit(row.behavior)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Segments with their patterns and, where there is room, their names."""
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.fillPath(frame, theme.color("hover" if theme.dark else "sunken"))
        painter.setClipPath(frame)
        painter.setFont(theme.font("caption-strong"))
        end = 1.0
        for row, rect in self._segments():
            segment = QPainterPath()
            segment.addRect(rect)
            paint.fill_behavior(painter, theme, segment, row.behavior, self._panel.held)
            painter.fillRect(QRectF(rect.right() - 1, 0, 1, self.height()), theme.color("surface"))
            painter.setPen(paint.text_on(theme.behavior_fill(row.behavior, self._panel.held)))
            self._words(painter, rect.adjusted(4, 0, -4, 0), row.title, Qt.AlignmentFlag.AlignCenter)
            end = rect.right()
        painter.setPen(theme.color("text2"))
        rest = QRectF(end + theme.px(8), 0, self.width() - end - theme.px(12), self.height())
        self._words(painter, rest, self.tr("Normal {}").format(percent(self._panel.normal)), Qt.AlignmentFlag.AlignLeft)
        painter.setClipping(False)
        painter.strokePath(frame, QPen(theme.color("border_strong"), 1))

    def _words(self, painter: QPainter, rect: QRectF, text: str, align: Qt.AlignmentFlag) -> None:
        """Words that fit, or none: a cut word would be noise."""
        width = QFontMetrics(painter.font()).horizontalAdvance(text)
        if rect.width() >= max(width, self._theme.px(_LEAST) - 8):
            painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, text)

    def _segments(self) -> list[tuple[MixRow, QRectF]]:
        """Rows that share the 100 %, and where they are; more than 100 % are drawn to scale."""
        rows = [row for row in self._panel.rows if not row.apart]
        total = max(sum((row.weight for row in rows), Decimal(0)), Decimal(100))
        x, found = 1.0, []
        for row in rows:
            width = float(row.weight / total) * (self.width() - 2)
            if width > 0:
                found.append((row, QRectF(x, 0, max(width, 2.0), self.height())))
                x += width
        return found


def _drawn(panel: MixPanel) -> tuple[object, ...]:
    return panel.held, panel.normal, tuple((row.behavior, row.title, row.weight, row.apart) for row in panel.rows)
