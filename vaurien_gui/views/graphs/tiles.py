"""The figures over the graphs: a value with its unit, a caption under it. A value never moves its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from vaurien_gui.models import amounts
from vaurien_gui.models.rates import Figures
from vaurien_gui.models.shown import Tile
from vaurien_gui.style.theme import Theme

ERRORS = 3
"""Which tile goes when there is little room."""


def tiles_of(figures: Figures, proxy: str | None) -> tuple[Tile, ...]:
    """The five figures as they are shown."""
    p95, unit = amounts.duration(figures.p95)
    return (
        Tile(amounts.figure(figures.exchanges), "/s", "Exchanges"),
        Tile(amounts.figure(figures.connections), "", "Connections"),
        Tile(amounts.percent(figures.faults), "%", f"Faults, {proxy}" if proxy else "Faults"),
        Tile(amounts.count_rate(figures.errors), "/s", "Errors"),
        Tile(p95, unit, "p95"),
    )


class TileView(QWidget):
    """One figure. It only ever grows wider."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._tile, self._width = theme, Tile("", "", ""), 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)

    @property
    def tile(self) -> Tile:
        """What it shows."""
        return self._tile

    def show_tile(self, tile: Tile) -> None:
        """Another figure."""
        if tile == self._tile:
            return
        if tile.caption != self._tile.caption:
            self._width = 0
        self._tile = tile
        self.setAccessibleName(f"{tile.caption} {tile.value} {tile.unit}".strip())
        self._measure()
        self.update()

    def sizeHint(self) -> QSize:
        """The widest that it had to show, two lines high."""
        height = QFontMetrics(self._theme.font("tile")).height() + QFontMetrics(self._theme.font("caption")).height()
        return QSize(self._width, height + self._theme.px(2))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Value, unit, caption."""
        theme, painter, tile = self._theme, QPainter(self), self._tile
        big, small = QFontMetrics(theme.font("tile")), QFontMetrics(theme.font("caption"))
        line = big.ascent()
        painter.setFont(theme.font("tile"))
        painter.setPen(theme.color("text"))
        painter.drawText(QPointF(0, line), tile.value)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color("text3"))
        if tile.value != amounts.NONE:
            painter.drawText(QPointF(big.horizontalAdvance(tile.value) + theme.px(4), line), tile.unit)
        painter.drawText(QPointF(0, self.height() - small.descent()), tile.caption)

    def _measure(self) -> None:
        big, small = QFontMetrics(self._theme.font("tile")), QFontMetrics(self._theme.font("caption"))
        tile = self._tile
        value = big.horizontalAdvance(tile.value) + (self._theme.px(4) + small.horizontalAdvance(tile.unit))
        width = max(value, small.horizontalAdvance(tile.caption)) + 2
        if width > self._width:
            self._width = width
            self.updateGeometry()

    def _restyle(self) -> None:
        self._width = 0
        self._measure()
        self.updateGeometry()
        self.update()


class Tiles(QWidget):
    """The row of figures."""

    resized = Signal()
    """It needs more room, now and not one frame later."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._views = [TileView(theme) for _ in range(5)]
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for view in self._views:
            self._row.addWidget(view)
        self.set_compact(False)

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """The figures, in order."""
        before = self._row.sizeHint()
        for view, tile in zip(self._views, tiles, strict=True):
            view.show_tile(tile)
        if self._row.sizeHint() != before:
            self._row.activate()
            self.resized.emit()

    def set_compact(self, compact: bool) -> None:
        """Closer together and without errors."""
        self._row.setSpacing(12 if compact else 20)
        self._views[ERRORS].setVisible(not compact)
