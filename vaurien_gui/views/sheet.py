"""A sheet over the window: a scrim that leaves the band lit, a panel in the middle, Escape closes it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from vaurien_gui.style import paint
from vaurien_gui.style.theme import Theme

MARGIN = 12
"""Least room around the panel, in drawn pixels."""
_SHADOW = 10


class Sheet(QWidget):
    """Lies over `window` while it is open; the focus stays inside and goes back where it was.

    Args:
        theme: colours and measures.
        window: what is covered; the sheet becomes its child.
        lit: stays uncovered and above (the state band); may be None.
        content: what is shown; the sheet owns it. Its focus proxy gets the focus first, if it has one.
        width: of the panel in drawn pixels; less where there is no room.
        height: likewise; 0 means what the content wants.
    """

    closed = Signal()

    def __init__(
        self, theme: Theme, window: QWidget, lit: QWidget | None, content: QWidget, width: int = 720, height: int = 0
    ) -> None:
        super().__init__(window)
        self._theme, self._window, self._lit, self._content = theme, window, lit, content
        self._width, self._height = width, height
        self._before: QWidget | None = None
        self.setAccessibleName(content.accessibleName())
        self._panel = _Panel(theme, content)
        self._panel.setParent(self)
        window.installEventFilter(self)
        theme.changed.connect(self.update)
        self.hide()

    def open(self) -> None:
        """Show it and move the focus into it."""
        if self.isHidden():
            self._before = QApplication.focusWidget()
        self._place()
        self.show()
        self.raise_()
        inside = self._focusable()
        after = [widget for widget in inside if widget is not getattr(self._content, "close_button", None)]
        first = self._content.focusProxy() or next(iter(after or inside), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_sheet(self) -> None:
        """Hide it and give the focus back."""
        if self.isHidden():
            return
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press beside the panel does nothing: nothing typed is ever lost by it."""
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round within the panel."""
        inside = self._focusable()
        now = QApplication.focusWidget()
        if not inside:
            return True
        at = inside.index(now) if now in inside else -1 if forward else 0
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        inside[(at + (1 if forward else -1)) % len(inside)].setFocus(reason)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if event.type() is QEvent.Type.Resize and not self.isHidden():
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """The scrim around the band, the shadow around the panel."""
        painter = QPainter(self)
        scrim = self._theme.color("scrim")
        lit = self._lit_rect()
        painter.fillRect(QRect(0, 0, self.width(), lit.top()), scrim)
        painter.fillRect(QRect(0, lit.bottom() + 1, self.width(), self.height() - lit.bottom() - 1), scrim)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        shade = self._theme.color("shadow")
        shade.setAlpha(7)
        painter.setBrush(shade)
        painter.setClipRect(QRect(0, lit.bottom() + 1, self.width(), self.height()))
        around = QRectF(self._panel.geometry())
        for grow in range(_SHADOW):
            painter.drawRoundedRect(around.adjusted(-grow, 2 - grow, grow, 2 + grow), 10 + grow, 10 + grow)

    def _lit_rect(self) -> QRect:
        if self._lit is None or not self._lit.isVisible():
            return QRect(0, 0, 0, 0)
        return QRect(self._lit.mapTo(self._window, self._lit.rect().topLeft()), self._lit.size())

    def _place(self) -> None:
        self.setGeometry(self._window.rect())
        lit, px = self._lit_rect(), self._theme.px
        top = lit.bottom() + 1 + px(MARGIN)
        room = self.height() - top - px(MARGIN) - _SHADOW
        width = min(px(self._width), self.width() - 2 * px(MARGIN))
        wanted = px(self._height) if self._height else self._panel.sizeHint().height()
        self._panel.setGeometry((self.width() - width) // 2, top, width, min(wanted, room))

    def _focusable(self) -> list[QWidget]:
        """What takes the focus by Tab, in order."""
        found: list[QWidget] = []
        walker = self._panel.nextInFocusChain()
        while walker is not None and walker is not self._panel:
            takes = bool(walker.focusPolicy() & Qt.FocusPolicy.TabFocus) and walker.focusProxy() is None
            if takes and self._panel.isAncestorOf(walker) and walker.isVisible() and walker.isEnabled():
                found.append(walker)
            walker = walker.nextInFocusChain()
        return found


class _Panel(QWidget):
    """The lit box in the middle."""

    def __init__(self, theme: Theme, content: QWidget) -> None:
        super().__init__()
        self._theme = theme
        inside = QVBoxLayout(self)
        inside.setContentsMargins(24, 16, 24, 16)
        inside.addWidget(content)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rounded, with a firm outline."""
        theme = self._theme
        paint.panel(QPainter(self), QRectF(self.rect()), theme.color("surface"), theme.color("border_strong"), 10)
