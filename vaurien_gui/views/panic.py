"""The All normal button: the strongest one in the window, and the safe one. It never moves and never asks."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from vaurien_gui.style import icons, paint
from vaurien_gui.style.theme import Theme

KEYS = ("Esc", "Esc")
_MARGIN, _ICON, _GAP = 12, 16, 8


class PanicButton(QAbstractButton):
    """Shield, words and two key caps. While all-normal holds it shows a tick and stays pressed in looks."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._held = theme, False
        self.setText(self.tr("All normal"))
        self.setToolTip(self.tr("Pass all traffic untouched, at once (Esc twice, or Ctrl+0)"))
        self.setAccessibleName(self.text())
        self.setAccessibleDescription(self.toolTip())
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def set_held(self, held: bool) -> None:
        """Whether all-normal holds."""
        if held != self._held:
            self._held = held
            self.update()

    def sizeHint(self) -> QSize:
        """Its words and keys, grown with the font."""
        px = self._theme.px
        keys = len(KEYS) * self._key_width() + (len(KEYS) - 1) * px(4)
        words = QFontMetrics(self._theme.font("strong")).horizontalAdvance(self.text())
        return QSize(px(_MARGIN + _ICON + _GAP) + words + px(12) + keys + px(8), px(30))

    def minimumSizeHint(self) -> QSize:
        """It is never cut."""
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Lighter under the pointer."""
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Back to normal."""
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The button in its state."""
        ground, words, hint, line = self._tokens()
        theme, px = self._theme, self._theme.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        paint.panel(painter, rect, theme.color(ground), theme.color(line), 6)
        side = px(_ICON)
        where = QRectF(px(_MARGIN), (self.height() - side) / 2, side, side)
        icons.paint(painter, where, "tick" if self._held else "shield", theme.color(words), icons.SMALL_STROKE)
        x = px(_MARGIN + _ICON + _GAP)
        font = theme.font("strong")
        painter.setFont(font)
        painter.setPen(theme.color(words))
        width = QFontMetrics(font).horizontalAdvance(self.text())
        painter.drawText(QRectF(x, 0, width + 4, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())
        x += width + px(12)
        painter.setFont(theme.font("keycap"))
        painter.setPen(QPen(theme.color(hint), 1))
        cap = px(16)
        for key in KEYS:
            box = QRectF(x + 0.5, (self.height() - cap) // 2 + 0.5, self._key_width() - 1, cap - 1)
            painter.drawRoundedRect(box, 3, 3)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)
            x += self._key_width() + px(4)
        if self.hasFocus():
            paint.focus_ring(painter, theme, rect, 6, gap=ground == "ink")

    def _tokens(self) -> tuple[str, str, str, str]:
        if not self.isEnabled():
            return "window", "disabled", "disabled", "border"
        if self._held:
            return "hover", "text2", "text3", "border_strong"
        over = self.isDown() or self.underMouse()
        return "text2" if over else "ink", "ink_text", "ink_text" if over else "ink_hint", "ink"

    def _key_width(self) -> int:
        metrics = QFontMetrics(self._theme.font("keycap"))
        return metrics.horizontalAdvance(KEYS[0]) + self._theme.px(10)
