"""How each behavior looks: fill (Okabe-Ito), line (the shade that reaches 3:1 on the surface) and pattern.

Same hue with another pattern means a related fault. A name that isn't in the table (a plugin's) gets a look of its
own that stays the same between runs.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap

TILE = 6
"""Size of a hatch tile in device pixels (at scale 1)."""
TEXT = "text"
"""Stands for the text colour of the theme."""


@dataclass(frozen=True, slots=True)
class BehaviorLook:
    """The colours and the pattern of one behavior."""

    fill: str
    line_light: str
    line_dark: str
    pattern: str
    """solid, diagonal, cross, dots, vertical or horizontal."""


_SKY = ("#56B4E9", "#1A77AE", "#56B4E9")
_BLUE = ("#0072B2", "#0072B2", "#56A3DB")
_VERMILION = ("#D55E00", "#B34F00", "#F07A1C")
_ORANGE = ("#E69F00", "#946600", "#E69F00")
_PURPLE = ("#CC79A7", "#A3487B", "#D98BB6")
_GREEN = ("#009E73", "#00795A", "#22B98D")
_YELLOW = ("#F0E442", "#7D7500", "#F0E442")
_INK = (TEXT, TEXT, TEXT)

LOOKS = {
    "delay": BehaviorLook(*_SKY, "solid"),
    "slow_close": BehaviorLook(*_SKY, "vertical"),
    "latency": BehaviorLook(*_BLUE, "solid"),
    "bandwidth": BehaviorLook(*_BLUE, "horizontal"),
    "error": BehaviorLook(*_VERMILION, "diagonal"),
    "corrupt": BehaviorLook(*_VERMILION, "cross"),
    "abort": BehaviorLook(*_ORANGE, "cross"),
    "reset_peer": BehaviorLook(*_ORANGE, "diagonal"),
    "hang": BehaviorLook(*_PURPLE, "dots"),
    "timeout": BehaviorLook(*_PURPLE, "diagonal"),
    "half_open": BehaviorLook(*_PURPLE, "vertical"),
    "transient": BehaviorLook(*_GREEN, "vertical"),
    "duplicate_request": BehaviorLook(*_GREEN, "solid"),
    "slicer": BehaviorLook(*_YELLOW, "horizontal"),
    "short_write": BehaviorLook(*_YELLOW, "diagonal"),
    "limit_data": BehaviorLook(*_YELLOW, "dots"),
    "blackout": BehaviorLook(*_INK, "solid"),
    "loss": BehaviorLook(*_INK, "diagonal"),
}
_FALLBACK = [
    BehaviorLook(*hue, pattern)
    for pattern in ("cross", "horizontal", "dots", "diagonal")
    for hue in (_GREEN, _BLUE, _PURPLE, _YELLOW, _SKY, _ORANGE, _VERMILION)
    if BehaviorLook(*hue, pattern) not in LOOKS.values()
]


def look(name: str) -> BehaviorLook:
    """The look of a behavior, known or not."""
    return LOOKS.get(name) or _FALLBACK[zlib.crc32(name.encode()) % len(_FALLBACK)]


def hatched(fill: QColor, strokes: QColor, pattern: str, scale: int = 1) -> QBrush:
    """A brush with a quiet pattern over `fill`; `scale` thickens the tile on dense screens (a whole number)."""
    if pattern == "solid":
        return QBrush(fill)
    size = TILE * scale
    tile = QPixmap(size, size)
    tile.fill(fill)
    painter = QPainter(tile)
    painter.scale(scale, scale)
    slanted = pattern in ("diagonal", "cross")
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, slanted)
    painter.setPen(QPen(strokes, 1))
    if slanted:
        for x in (-TILE, 0, TILE):
            painter.drawLine(QPointF(x - 1, TILE + 1), QPointF(x + TILE + 1, -1))
            if pattern == "cross":
                painter.drawLine(QPointF(x - 1, -1), QPointF(x + TILE + 1, TILE + 1))
    elif pattern == "dots":
        painter.fillRect(QRect(1, 1, 2, 2), strokes)
        painter.fillRect(QRect(4, 4, 2, 2), strokes)
    elif pattern == "vertical":
        painter.fillRect(QRect(2, 0, 1, TILE), strokes)
    else:
        painter.fillRect(QRect(0, 2, TILE, 1), strokes)
    painter.end()
    return QBrush(tile)
