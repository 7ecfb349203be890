"""The title of a panel: a double-click or Enter gives the panel all the room, and again takes it back."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from vaurien_gui.style import paint
from vaurien_gui.style.theme import Theme


class PanelTitle(QWidget):
    """Painted text that takes the keyboard."""

    maximise = Signal()
    menu_wanted = Signal(QPoint)
    """Where on the screen."""

    def __init__(self, theme: Theme, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._text = theme, text
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip("Double-click or Enter: all the room for this panel, and back")
        self.setAccessibleName(text)
        self.setAccessibleDescription(self.toolTip())
        theme.changed.connect(self.update)

    def text(self) -> str:
        """The title."""
        return self._text

    def show_text(self, text: str) -> None:
        """Another title."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def sizeHint(self) -> QSize:
        """The whole title."""
        metrics = QFontMetrics(self._theme.font("section"))
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """All the room, or back."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.maximise.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter does what a double-click does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.maximise.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with this panel."""
        self.menu_wanted.emit(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text, cut where there is no room."""
        painter = QPainter(self)
        font = self._theme.font("section")
        painter.setFont(font)
        painter.setPen(self._theme.color("text"))
        shown = QFontMetrics(font).elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        if self.hasFocus():
            paint.focus_ring(painter, self._theme, QRectF(self.rect()), 4)
