"""A behavior's swatch as an icon, for menus."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap

from vaurien_gui.style import paint
from vaurien_gui.style.theme import Theme


def picture(theme: Theme, behavior: str) -> QIcon:
    """The swatch of a behavior, 12 px at the theme's scale."""
    side = theme.px(12)
    drawn = QPixmap(side * 2, side * 2)
    drawn.setDevicePixelRatio(2)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    paint.swatch(painter, theme, drawn.rect().toRectF().adjusted(0, 0, -side, -side), behavior)
    painter.end()
    return QIcon(drawn)
