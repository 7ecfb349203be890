"""One plot of pyqtgraph, set up for being cheap: a fixed range in seconds before now, thin curves, no axes of its own.

This module and `items` are the only ones that import pyqtgraph and numpy; the view imports them once it is on screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.items import Bars, GridLines, InView, MarkerLines, Sentence
from vaurien_gui.views.graphs.lines import Line
from vaurien_gui.views.graphs.scale import Ticks

DENSE = 1.75
"""From so many device pixels per pixel on, lines are two or more of them wide, and then not smoothed: Qt strokes smooth
wide lines on a path that is five times slower."""
Numbers = NDArray[np.float64] | NDArray[np.float32]


class Curve(InView, pg.PlotCurveItem):  # type: ignore[misc]
    """A curve whose bounds are the view."""

    def __init__(self) -> None:
        super().__init__(connect="finite", antialias=True)


class Plot(QWidget):
    """The drawing area of one panel. Owned by the panel."""

    def __init__(self, theme: Theme, lines: Sequence[Line], name: str) -> None:
        super().__init__()
        self._theme, self._lines = theme, lines
        self._span = 0.0
        self._ticks: Ticks | None = None
        self._plot: Any = pg.PlotWidget(enableMenu=False)
        self._plot.setFrameShape(QFrame.Shape.NoFrame)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setAccessibleName(name)
        self._plot.setMinimumSize(1, 1)
        item: Any = self._plot.getPlotItem()
        menu = item.ctrlMenu  # made without a parent: it would outlive the window and be styled anew with every theme
        menu.setParent(self._plot, menu.windowFlags())
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        item.hideAxis("left")
        item.hideAxis("bottom")
        item.setContentsMargins(0, 0, 0, 0)
        item.layout.setContentsMargins(0, 0, 0, 0)
        item.layout.setSpacing(0)
        self._box: Any = item.getViewBox()
        self._box.setDefaultPadding(0)
        self._box.setBorder(None)
        self._box.disableAutoRange()
        self._grid, self._bars, self._markers = GridLines(theme), Bars(theme), MarkerLines(theme)
        self._sentence = Sentence(theme)
        self._curves: dict[str, Any] = {}
        for item_ in (self._grid, self._bars):
            self._box.addItem(item_, ignoreBounds=True)
        for line in sorted(lines, key=lambda each: not each.dash):  # solid ones on top
            curve: Any = Curve()
            self._curves[line.key] = curve
            self._box.addItem(curve, ignoreBounds=True)
        self._box.addItem(self._markers, ignoreBounds=True)
        self._box.addItem(self._sentence, ignoreBounds=True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self.restyle()

    def restyle(self) -> None:
        """Take the theme's colours again."""
        self._plot.setBackground(self._theme.color("surface"))
        self._density = self.devicePixelRatioF()
        dense = self._density >= DENSE
        for line in self._lines:
            pen = QPen(line.color(self._theme), round(self._density) if dense else 1)
            pen.setCosmetic(True)
            if line.dash:
                pen.setDashPattern(list(line.dash))
            self._curves[line.key].setPen(pen)
            self._curves[line.key].opts["antialias"] = not dense
        self._bars.restyle()

    def frame(self, span: float, ticks: Ticks) -> None:
        """What is in sight: `span` seconds before now, and the range of the ticks."""
        if self.devicePixelRatioF() != self._density:
            self.restyle()
        if span == self._span and ticks == self._ticks:
            return
        self._span, self._ticks = span, ticks
        self._box.setRange(xRange=(-span, 0), yRange=(ticks.bottom, ticks.top), padding=0)
        view = QRectF(-span, ticks.bottom, span, ticks.top - ticks.bottom)
        self._grid.levels = tuple(level for level, _ in ticks.marks)
        for item in (self._grid, self._bars, self._markers, self._sentence, *self._curves.values()):
            item.set_view(view)
            item.update()

    def say(self, text: str) -> None:
        """Have a sentence instead of gridlines, or "" for the gridlines."""
        if text != self._sentence.text:
            self._sentence.text = text
            self._grid.setVisible(not text)
            self._sentence.update()

    def draw_line(self, key: str, x: Numbers, y: Numbers, *, shown: bool) -> None:
        """Show a curve, or hide it."""
        curve = self._curves[key]
        curve.setVisible(shown)
        if shown:
            curve.setData(x, y)

    def draw_bars(
        self, left: NDArray[np.float64], width: float, rows: Sequence[tuple[str, NDArray[np.float32]]], anchor: float
    ) -> float:
        """Show stacked bars; returns the height of the highest."""
        return self._bars.show_bars(left, width, rows, anchor)

    def draw_markers(self, places: tuple[float, ...]) -> None:
        """Show vertical lines at seconds before now."""
        if places != self._markers.places:
            self._markers.places = places
            self._markers.update()
