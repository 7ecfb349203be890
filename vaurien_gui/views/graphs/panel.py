"""One panel: value labels at the left, the plot, the legend at the right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from vaurien_gui.models import amounts
from vaurien_gui.models.graph_values import INJECTED
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.legend import Item, Legend
from vaurien_gui.views.graphs.lines import PanelKind
from vaurien_gui.views.graphs.readout import Reading
from vaurien_gui.views.graphs.scale import Ticks

if TYPE_CHECKING:
    from vaurien_gui.models.history import Series
    from vaurien_gui.views.graphs.plot import Plot

AXIS = 56
GAP = 7
"""Between a label and its gridline."""
LEGEND = 184
LEGEND_COMPACT = 164
EDGE = 16
"""Between plot and legend, and between legend and window."""
LEAST_LOG_MS = 1e-2


class Panel(QWidget):
    """Draws the series of its kind. The plot comes later, when pyqtgraph is there."""

    toggled = Signal()
    """A chip was clicked: draw again."""
    maximise = Signal(str)
    menu_wanted = Signal(str, QPoint)
    """Its key, and where on the screen."""

    def __init__(self, theme: Theme, kind: PanelKind) -> None:
        super().__init__()
        self.kind = kind
        self.setAccessibleName(kind.title)
        self._theme, self._scale = theme, kind.scale()
        self._ticks: Ticks | None = None
        self._axis = 0
        self._order: tuple[str, ...] = ()
        self._titles: Mapping[str, str] = {}
        self.plot: Plot | None = None
        self.legend = Legend(theme, kind.title, kind.text)
        self.legend.show_items([Item(line.key, line.title, line) for line in kind.lines])
        self.legend.toggled.connect(self.toggled)
        self.legend.title.maximise.connect(lambda: self.maximise.emit(kind.key))
        self.legend.title.menu_wanted.connect(lambda where: self.menu_wanted.emit(kind.key, where))
        self._columns: dict[str, str] = {}
        self._said = ""
        self._room = QWidget()
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._room, 1)
        self._row.addWidget(self.legend)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.set_compact(False)
        theme.changed.connect(self._restyle)

    def set_compact(self, compact: bool) -> None:
        """A narrower legend."""
        theme = self._theme
        self._row.setContentsMargins(max(theme.px(AXIS), self._axis), 0, theme.px(EDGE), 0)
        self._row.setSpacing(theme.px(EDGE))
        self.legend.setFixedWidth(theme.px(LEGEND_COMPACT if compact else LEGEND) - theme.px(EDGE))

    def axis_width(self) -> int:
        """What the labels of the gridlines need, in pixels."""
        metrics = QFontMetrics(self._theme.font("axis"))
        labels = (label for _, label in self._ticks.marks) if self._ticks is not None else ()
        return max((metrics.horizontalAdvance(label) for label in labels), default=0) + self._theme.px(GAP + 2)

    def set_axis(self, width: int) -> None:
        """Room for the labels, the same in all panels; never less than drawn."""
        if width != self._axis:
            self._axis = width
            margins = self._row.contentsMargins()
            margins.setLeft(max(self._theme.px(AXIS), width))
            self._row.setContentsMargins(margins)
            self.update()

    def activate(self) -> None:
        """Lay out now, so that `plot_area` tells the truth."""
        self._row.activate()

    def build(self) -> None:
        """Make the plot."""
        from vaurien_gui.views.graphs.plot import Plot

        self.plot = Plot(self._theme, self.kind.lines, self.kind.title)
        self._row.replaceWidget(self._room, self.plot)
        self._row.setStretchFactor(self.plot, 1)
        self._room.deleteLater()

    def plot_area(self) -> QRect:
        """Where the plot is, in the panel."""
        return (self.plot or self._room).geometry()

    def set_behaviors(self, order: tuple[str, ...], titles: Mapping[str, str]) -> None:
        """The order of the stack, from the bottom, and their titles; those that only history knows come after."""
        self._order, self._titles = order, titles

    def set_columns(self, columns: dict[str, str], title: str) -> None:
        """Draw other columns of the series than the lines' own keys, under another title."""
        self._columns = columns
        self.legend.title.show_text(title)

    @property
    def said(self) -> str:
        """The sentence that stands in the plot instead of curves, or ""."""
        return self._said

    def column(self, key: str) -> str:
        """Which column of the series a line shows."""
        return self._columns.get(key, key)

    def show_series(self, series: Series, latest: dict[str, float], *, live: bool = True) -> None:
        """Draw a window of time; `latest` are the legend's numbers. What stands still gets the scale that fits it."""
        if self.plot is None:
            return
        low, high = self._draw_lines(series) if self.kind.lines else (math.nan, self._draw_bars(series))
        scale = self._scale if live else self.kind.scale()
        ticks = scale.ticks(low, high, series.end)
        nothing = "All series are hidden" if self.legend.hides_all else self.kind.nothing
        self._said = "" if not math.isnan(high) else nothing
        self.plot.say(self._said)
        self.plot.frame(series.end - series.start, ticks)
        labels = None if self._said else ticks
        if labels != self._ticks:
            self._ticks = labels
            self.update(0, 0, self.plot.x(), self.height())
        named = self.kind.lines
        self.legend.show_values({x.key: latest.get(self.column(x.key), math.nan) for x in named} if named else latest)

    def readings(self, values: Mapping[str, float]) -> tuple[Reading, ...]:
        """What the crosshair's card says of this panel; of faults only those that were injected then."""
        made = []
        for item in self.legend.items:
            value = values.get(self.column(item.key) if self.kind.lines else INJECTED + item.key, math.nan)
            if item.line is None and not value > 0:
                continue
            text = self.legend.say(item, value)
            title = item.title if item.line is None else f"{item.title}{self._suffix}"
            made.append(Reading(item, title, text if text == amounts.NONE else f"{text} {self.kind.unit}".rstrip()))
        if not made and not self.kind.lines:
            made.append(Reading(None, "no fault injected", ""))
        return tuple(made)

    @property
    def _suffix(self) -> str:
        return " errors" if self.kind.key == "errors" else ""

    def _draw_lines(self, series: Series) -> tuple[float, float]:
        import numpy as np

        assert self.plot is not None
        x = series.t - series.end
        low, high = math.inf, -math.inf
        for line in self.kind.lines:
            shown, y = self.legend.shown(line.key), series.values[self.column(line.key)]
            if self.kind.logarithmic:
                y = np.log10(np.maximum(y * 1000, LEAST_LOG_MS))
            self.plot.draw_line(line.key, x, y, shown=shown)
            finite = y[np.isfinite(y)] if shown else y[:0]
            if len(finite):
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
        return (low, high) if low <= high else (math.nan, math.nan)

    def _draw_bars(self, series: Series) -> float:
        from vaurien_gui.views.graphs.items import stack

        assert self.plot is not None
        rows = stack(series.injected, self._order)
        names = [*self._order, *(name for name, _ in rows if name not in self._order)]
        self.legend.show_items(
            [Item(name, self._titles.get(name) or name.replace("_", " ").capitalize()) for name in names]
        )
        rows = [row for row in rows if self.legend.shown(row[0])]
        return self.plot.draw_bars(series.bins - series.end, series.bin_s, rows, -series.end) or math.nan

    def sizeHint(self) -> QSize:
        """As drawn at 1280x800."""
        return QSize(600, self._theme.px(93))

    def minimumSizeHint(self) -> QSize:
        """Less says nothing."""
        return QSize(300, self._theme.px(48))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The labels of the gridlines."""
        if self._ticks is None or self.plot is None:
            return
        painter, area = QPainter(self), self.plot.geometry()
        painter.setFont(self._theme.font("axis"))
        painter.setPen(self._theme.color("text3"))
        height = painter.fontMetrics().height()
        used = -height
        for level, label in reversed(self._ticks.marks):
            share = (self._ticks.top - level) / (self._ticks.top - self._ticks.bottom)
            y = area.top() + round(share * area.height())
            y = min(max(y, height // 2), self.height() - height + height // 2)  # whole, also in a low panel
            if not label or y - used < height - 2:
                continue
            used = y
            box = QRect(0, y - height // 2, area.left() - self._theme.px(GAP), height)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label)

    def _restyle(self) -> None:
        self.set_compact(self.legend.width() < self._theme.px(LEGEND) - self._theme.px(EDGE))
        if self.plot is not None:
            self.plot.restyle()
        self.update()

    def stops(self) -> list[QWidget]:
        """What takes the keyboard, in order."""
        return self.legend.stops()
