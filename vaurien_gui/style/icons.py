"""The icons: line drawings in a 24-unit box, recoloured when they are painted."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import vaurien_core

STROKE = 1.75
SMALL_STROKE = 2.0
"""For 14 px and less, and on colour."""
LARGE_STROKE = 1.5
_DENSITIES = (1, 2, 3)


@cache
def folder() -> Path:
    """Where the icons are: in the installed package, or beside it in a checkout."""
    package = Path(vaurien_core.__file__).parent
    installed = package / "_resources" / "icons"
    return installed if installed.is_dir() else package.parent / "resources" / "icons"


def check(name: str) -> None:
    """Fail early, outside of painting.

    Raises:
        KeyError: there is no such icon.
    """
    _drawing(name)


@cache
def _drawing(name: str) -> str:
    path = folder() / f"{name}.svg"
    if not path.is_file():
        raise KeyError(f"no icon named {name!r} in {path.parent}")
    return path.read_text("utf-8")


def stroke_for(size: int) -> float:
    """The stroke width, in units of the box, that suits a size in pixels."""
    if size < 16:
        return SMALL_STROKE
    return LARGE_STROKE if size >= 24 else STROKE


def svg(name: str, color: QColor, stroke: float = STROKE) -> bytes:
    """An icon's drawing in one colour.

    Raises:
        KeyError: there is no such icon.
    """
    text = _drawing(name).replace('stroke="#000000"', f'stroke="{color.name()}"')
    return text.replace('stroke-width="1.75"', f'stroke-width="{stroke}"').encode()


def paint(painter: QPainter, rect: QRectF, name: str, color: QColor, stroke: float = STROKE) -> None:
    """Draw an icon into a rectangle, sharp at every scale."""
    QSvgRenderer(QByteArray(svg(name, color, stroke))).render(painter, rect)


def pixmap(name: str, color: QColor, size: int, density: float = 1, stroke: float | None = None) -> QPixmap:
    """An icon of `size` logical pixels for a screen with `density` pixels per logical one."""
    check(name)  # an unknown name must fail before a painter is open
    pixels = round(size * density)
    picture = QPixmap(pixels, pixels)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    paint(painter, QRectF(0, 0, pixels, pixels), name, color, stroke or stroke_for(size))
    painter.end()
    picture.setDevicePixelRatio(density)
    return picture


def icon(name: str, color: QColor, disabled: QColor, size: int) -> QIcon:
    """An icon with its greyed form, for the usual screen densities."""
    made = QIcon()
    for density in _DENSITIES:
        made.addPixmap(pixmap(name, color, size, density))
        made.addPixmap(pixmap(name, disabled, size, density), QIcon.Mode.Disabled)
    made.actualSize(QSize(size, size))
    return made
