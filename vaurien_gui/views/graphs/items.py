"""What is drawn in a plot beside curves: gridlines, stacked bars, marker lines; all of it in device pixels.

A `QGraphicsItem` is painted in the coordinates of the data, where a hatch would be stretched and a line blurred; so
each item maps its places itself and paints with the transform reset. Only the plot creates them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from vaurien_gui.style.behaviors import TILE
from vaurien_gui.style.theme import Theme


class InView(QGraphicsItem if TYPE_CHECKING else object):  # type: ignore[misc]  # a second base at run time
    """An item that covers the whole view, so that nobody searches its data for its bounds with every frame."""

    _view = QRectF(-1, 0, 1, 1)

    def set_view(self, view: QRectF) -> None:
        """The range of the data that is in sight."""
        if view != self._view:
            self.prepareGeometryChange()
            self._view = view

    def boundingRect(self) -> QRectF:
        """All that is in sight."""
        return self._view


class PixelItem(InView, QGraphicsItem):
    """Covers the whole view and paints in its pixels."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint in pixels; the painter's own transform says where things are."""
        transform = painter.transform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self.draw(painter, transform, transform.mapRect(self._view).toAlignedRect())
        painter.restore()

    def draw(self, painter: QPainter, to_pixels: QTransform, area: QRect) -> None:
        """What a subclass paints, in pixels of the widget."""


class GridLines(PixelItem):
    """The horizontal lines, the lowest one stronger."""

    levels: tuple[float, ...] = ()

    def draw(self, painter: QPainter, to_pixels: QTransform, area: QRect) -> None:
        """One device-independent pixel each."""
        for number, level in enumerate(self.levels):
            y = round(to_pixels.m22() * level + to_pixels.dy())
            painter.fillRect(
                QRect(area.left(), y, area.width(), 1), self._theme.color("grid" if number else "border_strong")
            )


class Sentence(PixelItem):
    """What stands in the middle of a plot that has nothing to draw."""

    text = ""

    def draw(self, painter: QPainter, to_pixels: QTransform, area: QRect) -> None:
        """Centred, over as many lines as it needs."""
        if self.text:
            painter.setFont(self._theme.font("caption"))
            painter.setPen(self._theme.color("text3"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(16, 0, -16, 0), flags, self.text)


class MarkerLines(PixelItem):
    """The dashed vertical lines."""

    places: tuple[float, ...] = ()

    def draw(self, painter: QPainter, to_pixels: QTransform, area: QRect) -> None:
        """From top to bottom."""
        pen = QPen(self._theme.color("marker"), 1)
        pen.setDashPattern([4, 2])
        painter.setPen(pen)
        for place in self.places:
            x = round(to_pixels.m11() * place + to_pixels.dx())
            painter.drawLine(x, area.top(), x, area.bottom())


class Bars(PixelItem):
    """Stacked bars with the behaviors' patterns; a gap of one pixel, a top edge in the behavior's line colour."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._left: NDArray[np.float64] = np.empty(0)
        self._width = 1.0
        self._anchor = 0.0
        self._stack: list[tuple[str, NDArray[np.float64], NDArray[np.float64]]] = []
        self._brushes: dict[tuple[str, float], tuple[QBrush, QColor]] = {}

    def restyle(self) -> None:
        """Colours are others now."""
        self._brushes.clear()
        self.update()

    def show_bars(
        self, left: NDArray[np.float64], width: float, rows: Sequence[tuple[str, NDArray[np.float32]]], anchor: float
    ) -> float:
        """Show rows (name, height per bar) from the lowest up; patterns stand still against `anchor`.

        Returns:
            The height of the highest bar.
        """
        self._left, self._width, self._anchor = left, width, anchor
        self._stack = []
        base = np.zeros(len(left))
        for name, heights in rows:
            top = base + heights
            self._stack.append((name, base, top))
            base = top
        self.update()
        return float(base.max()) if len(base) else 0.0

    def draw(self, painter: QPainter, to_pixels: QTransform, area: QRect) -> None:
        """Whole pixels, one call per behavior for its fills and one for its edges."""
        scale, shift = to_pixels.m11(), to_pixels.dx()
        wide = self._width * scale >= 3
        left = np.rint(self._left * scale + shift).astype(int) + (1 if wide else 0)
        width = np.rint((self._left + self._width) * scale + shift).astype(int) - left
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrushOrigin(QPoint(round((shift + self._anchor * scale) % TILE), 0))
        density = painter.device().devicePixelRatioF()
        for name, low, high in self._stack:
            bottom = np.rint(low * to_pixels.m22() + to_pixels.dy()).astype(int)
            height = bottom - np.rint(high * to_pixels.m22() + to_pixels.dy()).astype(int)
            shown = np.flatnonzero((height > 0) & (width > 0))
            brush, edge = self._look(name, density)
            boxes = [
                (x, y - h, w, h)
                for x, y, w, h in zip(
                    left[shown].tolist(),
                    bottom[shown].tolist(),
                    width[shown].tolist(),
                    height[shown].tolist(),
                    strict=True,
                )
            ]
            painter.setBrush(brush)
            painter.drawRects([QRect(*box) for box in boxes])
            painter.setBrush(edge)
            painter.drawRects([QRect(x, y, w, 1) for x, y, w, _ in boxes])

    def _look(self, name: str, density: float) -> tuple[QBrush, QColor]:
        key = (name, density)
        if key not in self._brushes:
            brush = self._theme.behavior_brush(name, scale=max(1, round(density)))
            brush.setTransform(QTransform.fromScale(1 / density, 1 / density))
            self._brushes[key] = brush, self._theme.behavior_line(name)
        return self._brushes[key]


def stack(injected: Mapping[str, NDArray[np.float32]], order: Sequence[str]) -> list[tuple[str, NDArray[np.float32]]]:
    """The rows of a stack in a given order, then what isn't in it by name."""
    names = [n for n in order if n in injected] + sorted(set(injected) - set(order))
    return [(name, injected[name]) for name in names]
