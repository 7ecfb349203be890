"""The pane over all plots: takes the mouse, draws the crosshair and the ring of the keyboard. It decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from vaurien_gui.style import paint
from vaurien_gui.style.theme import Theme

THRESHOLD = 4
"""Pixels that a pressed pointer moves before it drags."""
NOTCH = 120
"""Of a wheel, in eighths of a degree."""
STEP = 0.8
"""A notch forward makes the window of time so much shorter."""
PAN = 0.1
"""A notch sideways moves it by so much of its length."""


class Glass(QWidget):
    """Belongs to the board, which places it over the plots."""

    hovered = Signal(object)
    """Pixels from the left, or None when the pointer left."""
    zoomed = Signal(float, float)
    """Factor, and where, in pixels from the left."""
    panned = Signal(float)
    """By so much of the width, towards the past where negative."""
    live_wanted = Signal()
    menu_wanted = Signal(QPoint, QPoint)
    """Where in this pane, and where on the screen."""
    pressed = Signal(QPoint)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._x: int | None = None
        self._from: QPointF | None = None
        self._dragging = False
        self._ring = False
        self.setMouseTracking(True)
        self.setAccessibleName("Plots")
        theme.changed.connect(self.update)

    def show_line(self, x: int | None) -> None:
        """Draw the crosshair there, or nowhere."""
        if x != self._x:
            for old in (self._x, x):
                if old is not None:
                    self.update(old - 2, 0, 5, self.height())
            self._x = x

    def show_ring(self, on: bool) -> None:
        """Whether the keyboard moves the crosshair."""
        if on != self._ring:
            self._ring = on
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Hover, or drag."""
        here = event.position()
        if self._from is None:
            self.hovered.emit(round(here.x()))
            return
        if not self._dragging and abs(here.x() - self._from.x()) < THRESHOLD:
            return
        self._dragging = True
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.panned.emit((self._from.x() - here.x()) / max(1, self.width()))
        self._from = here

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Perhaps the beginning of a drag."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._from = event.position()
        self.pressed.emit(event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of one."""
        if self._dragging:
            self.hovered.emit(round(event.position().x()))
        self._from, self._dragging = None, False
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the present."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.live_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer; sideways, or with Shift, pan."""
        turned = event.angleDelta()
        if turned.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.panned.emit(-(turned.x() or turned.y()) / NOTCH * PAN)
        elif turned.y():
            self.zoomed.emit(STEP ** (turned.y() / NOTCH), event.position().x())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the panel there."""
        self.menu_wanted.emit(event.pos(), event.globalPos())

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer came."""
        self.hovered.emit(round(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer went."""
        self.hovered.emit(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The crosshair and the ring."""
        painter = QPainter(self)
        if self._x is not None:
            painter.fillRect(self._x, 0, 1, self.height(), self._theme.color("accent"))
        if self._ring:
            paint.focus_ring(painter, self._theme, QRectF(self.rect()), 4)
