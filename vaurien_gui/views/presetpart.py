"""The toolbar's part for presets: what the selected proxy follows, and the way to the others."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from vaurien_gui.style import icons
from vaurien_gui.style.controls import Button, Rule, Text
from vaurien_gui.style.theme import Theme

WIDE, COMPACT = 156, 128


class PresetPart(QWidget):
    """A rule, a word, and a button that looks like a closed list: it opens the sheet."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._compact = theme, False
        self._word = Text(theme, self.tr("Preset"), token="text2")
        self._rule = Rule(theme, upright=True)
        self.button = PresetButton(theme)
        self._word.setBuddy(self.button)
        line = QHBoxLayout(self)
        line.setContentsMargins(4, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self._rule)
        line.addSpacing(4)
        line.addWidget(self._word)
        line.addWidget(self.button)
        theme.changed.connect(self._measure)
        self._measure()

    def show_title(self, title: str) -> None:
        """`Flaky network`, `Custom`, `None`."""
        self.button.show_title(title)

    def set_compact(self, compact: bool) -> None:
        """Without its word where there is little room."""
        if compact != self._compact:
            self._compact = compact
            self._measure()

    def _measure(self) -> None:
        self._word.setVisible(not self._compact)
        self._rule.setFixedHeight(self._theme.px(20))
        self.button.setFixedWidth(self._theme.px(COMPACT if self._compact else WIDE))


class PresetButton(Button):
    """Its words stand left and are cut with dots, a chevron stands right."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._title = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_title(self, title: str) -> None:
        """Another title."""
        if title != self._title:
            self._title = title
            self.setAccessibleName(self.tr("Preset: %1").replace("%1", title))
            self.setToolTip(self.tr("Preset: %1 (Ctrl+L for others)").replace("%1", title))
            self.update()

    def sizeHint(self) -> QSize:
        """As high as a button with words."""
        return QSize(self.width(), super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The button, its words and the chevron."""
        super().paintEvent(event)
        painter, px = QPainter(self), self._theme.px
        side = px(14)
        room = self.width() - px(12) - px(8) - side - px(8)
        font = self._theme.font("body")
        shown = QFontMetrics(font).elidedText(self._title, Qt.TextElideMode.ElideRight, room)
        painter.setFont(font)
        painter.setPen(self._theme.color("text" if self.isEnabled() else "disabled"))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(px(12), 0, room, self.height()), left, shown)
        box = QRectF(self.width() - side - px(8), (self.height() - side) / 2, side, side)
        icons.paint(painter, box, "chevron-down", self._theme.color("text2"), icons.stroke_for(14))
