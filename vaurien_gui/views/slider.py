"""The weight slider: 0 to 100 % in tenths, with a groove that is hatched where the weight can't go."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy

from vaurien_gui.models.mix_model import STEP
from vaurien_gui.style.theme import Theme

FULL = 1000
"""100 % in tenths."""
ONE_PERCENT, TEN_PERCENT = 10, 100
_EDGE = 9
"""Room for the thumb and its ring at both ends, in pixels."""


class WeightSlider(QAbstractSlider):
    """Tells what a hand does with it: `moved(value, dragging)`. Values are Decimals in percent.

    The wheel scrolls the panel unless the slider has the focus. Keys: arrows 1 %, with Shift 0.1 %, page keys 10 %,
    Home 0, End the limit.
    """

    moved = Signal(object, bool)

    def __init__(self, theme: Theme, behavior: str, title: str) -> None:
        super().__init__()
        self._theme, self._behavior = theme, behavior
        self._limit, self._held, self._grip = FULL, False, 0.0
        self.setRange(0, FULL)
        self.setSingleStep(ONE_PERCENT)
        self.setPageStep(TEN_PERCENT)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("{} weight").format(title))
        theme.changed.connect(self.update)

    def show_weight(self, weight: Decimal, limit: Decimal, held: bool) -> None:
        """Show a weight and how far it may go. While a hand drags it, the value stays the hand's."""
        tenths, limit_tenths = round(weight / STEP), round(limit / STEP)
        if (limit_tenths, held) != (self._limit, self._held):
            self._limit, self._held = limit_tenths, held
            free = (limit - weight).normalize()
            self.setToolTip(self.tr("{} % free. Lower another one to go further.").format(f"{free:f}"))
            self.update()
        if not self.isSliderDown() and tenths != self.value():
            self.setValue(tenths)

    @property
    def limit(self) -> Decimal:
        """How far the thumb goes, in percent."""
        return self._limit * STEP

    def sizeHint(self) -> QSize:
        """As wide as it may be."""
        return QSize(self._theme.px(136), self._theme.px(24))

    def minimumSizeHint(self) -> QSize:
        """80 px at the drawn size."""
        return QSize(self._theme.px(72), self._theme.px(24))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Steps, pages, ends."""
        small = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = 1 if small else ONE_PERCENT
        now = self.value()
        target = {
            Qt.Key.Key_Up: now + step, Qt.Key.Key_Right: now + step,
            Qt.Key.Key_Down: now - step, Qt.Key.Key_Left: now - step,
            Qt.Key.Key_PageUp: now + TEN_PERCENT, Qt.Key.Key_PageDown: now - TEN_PERCENT,
            Qt.Key.Key_Home: 0, Qt.Key.Key_End: self._limit,
        }.get(Qt.Key(event.key()))  # fmt: skip
        if target is None:
            event.ignore()
        else:
            self._go(target, dragging=False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """One percent a notch with the focus; without it the panel scrolls."""
        if not self.hasFocus():
            event.ignore()
            return
        self._go(self.value() + (ONE_PERCENT if event.angleDelta().y() > 0 else -ONE_PERCENT), dragging=False)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the thumb, or let it jump to the pointer."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self.setSliderDown(True)
        thumb = self._x(self.value())
        x = event.position().x()
        self._grip = x - thumb if abs(x - thumb) <= 8 else 0.0
        self._go(self._tenths(x - self._grip), dragging=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer, as far as the limit; in steps of half a percent."""
        if self.isSliderDown():
            self._go(self._tenths(event.position().x() - self._grip), dragging=True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The drag is over: tell the value once more, as the end of it."""
        if self.isSliderDown():
            self.setSliderDown(False)
            self.moved.emit(self.value() * STEP, False)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Groove, hatched rest, ticks, fill, thumb."""
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right, y = self._x(0), self._x(FULL), self.height() / 2 - 1
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("border"))
        painter.drawRoundedRect(QRectF(left, y - 2, right - left, 4), 2, 2)
        self._paint_rest(painter, right, y)
        self._paint_ticks(painter, y)
        line = theme.behavior_line(self._behavior, self._held) if self.value() else theme.color("field")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        thumb = self._x(self.value())
        if self.value():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(line)
            painter.drawRoundedRect(QRectF(left, y - 2, max(thumb - left, 2), 4), 2, 2)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(thumb, y), 8, 8)
        painter.setPen(QPen(line, 1.5))
        painter.setBrush(theme.color("hover" if self.isSliderDown() else "surface"))
        painter.drawEllipse(QPointF(thumb, y), 5.75, 5.75)

    def _paint_rest(self, painter: QPainter, right: float, y: float) -> None:
        if self._limit >= FULL:
            return
        start = self._x(self._limit)
        clip = QPainterPath()
        clip.addRect(QRectF(start, y - 2, right - start, 4))
        painter.save()
        painter.setClipPath(clip)
        painter.fillRect(clip.boundingRect(), self._theme.color("surface"))
        painter.setPen(QPen(self._theme.color("border_strong"), 1))
        x = start - 4
        while x < right:
            painter.drawLine(QPointF(x, y + 3), QPointF(x + 6, y - 3))
            x += 4
        painter.restore()

    def _paint_ticks(self, painter: QPainter, y: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for tenths in range(0, FULL + 1, TEN_PERCENT):
            length = 4 if tenths % 500 == 0 else 2
            x = round(self._x(tenths))
            painter.fillRect(QRect(x, round(y) + 9, 1, length), self._theme.color("border_strong"))

    def _go(self, tenths: int, *, dragging: bool) -> None:
        before = self.value()
        self.setValue(min(max(tenths, 0), max(self._limit, 0)))
        if self.value() != before:
            self.moved.emit(self.value() * STEP, dragging)

    def _x(self, tenths: int) -> float:
        return _EDGE + (self.width() - 2 * _EDGE) * tenths / FULL

    def _tenths(self, x: float) -> int:
        exact = (x - _EDGE) / max(self.width() - 2 * _EDGE, 1) * FULL
        half = ONE_PERCENT // 2
        return round(exact / half) * half
