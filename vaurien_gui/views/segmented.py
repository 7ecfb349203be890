"""A segmented choice: two to five words in a track, one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from vaurien_gui.style import paint
from vaurien_gui.style.theme import Theme

_PAD = 8
_INSET = 2


class Segmented(QWidget):
    """One choice of a few. Left and Right move it; `chosen` tells what a person picked, never what was shown."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, items: Sequence[tuple[str, str]], current: str = "", name: str = "") -> None:
        super().__init__()
        self._theme, self._items, self._current, self._name = theme, tuple(items), current, name
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)
        self._tell()

    @property
    def current(self) -> str:
        """The value that is chosen."""
        return self._current

    def show_current(self, value: str) -> None:
        """Show a choice without telling anyone."""
        if value != self._current:
            self._current = value
            self._tell()
            self.update()

    def sizeHint(self) -> QSize:
        """All words in their heavier form, so that choosing moves nothing."""
        return QSize(sum(self._widths()) + 2 * _INSET, self._theme.px(26))

    def minimumSizeHint(self) -> QSize:
        """No word is ever cut."""
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the choice; Home and End jump."""
        values = [value for value, _ in self._items]
        at = values.index(self._current) if self._current in values else 0
        moves = {
            Qt.Key.Key_Left: at - 1, Qt.Key.Key_Right: at + 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(values) - 1,
        }  # fmt: skip
        to = moves.get(Qt.Key(event.key()))
        if to is None:
            super().keyPressEvent(event)
        else:
            self._choose(values[min(max(to, 0), len(values) - 1)])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the word under the pointer."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        x = float(_INSET)
        for (value, _), width in zip(self._items, self._widths(), strict=True):
            if x <= event.position().x() < x + width:
                self._choose(value)
            x += width

    def paintEvent(self, event: QPaintEvent) -> None:
        """The track and the raised choice."""
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.panel(painter, QRectF(self.rect()), theme.color("hover"), theme.color("border"), 6)
        x = float(_INSET)
        for (value, text), width in zip(self._items, self._widths(), strict=True):
            box = QRectF(x, _INSET, width, self.height() - 2 * _INSET)
            on = value == self._current
            if on:
                ground = theme.color("border_strong" if theme.dark else "surface")
                paint.panel(painter, box, ground, theme.color("border_strong"), 4.5)
            painter.setFont(theme.font("caption-strong" if on else "caption"))
            token = ("text" if on else "text2") if self.isEnabled() else "disabled"
            painter.setPen(QPen(theme.color(token)))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            x += width
        if self.hasFocus():
            paint.focus_ring(painter, theme, QRectF(self.rect()), 6)

    def _choose(self, value: str) -> None:
        if value != self._current:
            self.show_current(value)
            self.chosen.emit(value)

    def _widths(self) -> list[int]:
        metrics = QFontMetrics(self._theme.font("caption-strong"))
        return [metrics.horizontalAdvance(text) + 2 * self._theme.px(_PAD) for _, text in self._items]

    def _tell(self) -> None:
        words = dict(self._items)
        self.setAccessibleName(f"{self._name}: {words.get(self._current, '')}".strip(": "))
        self.setAccessibleDescription(", ".join(words.values()))
