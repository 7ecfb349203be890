"""The right upper part of the window: shows a `History` at 5 Hz and decides nothing.

pyqtgraph and numpy are imported after the view was first shown; until then the panels have legends and no plots.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from vaurien_gui.models import amounts
from vaurien_gui.models.rates import Figures
from vaurien_gui.models.shown import EmptyGraphs, Marker
from vaurien_gui.style.controls import Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.controls import SPANS, Controls
from vaurien_gui.views.graphs.empty import EmptyState
from vaurien_gui.views.graphs.lines import PANELS
from vaurien_gui.views.graphs.panel import EDGE, LEGEND, Panel
from vaurien_gui.views.graphs.picture import save_picture
from vaurien_gui.views.graphs.strips import MarkerStrip, TimeStrip
from vaurien_gui.views.graphs.tiles import Tiles, tiles_of

if TYPE_CHECKING:
    from vaurien_gui.models.history import History

COMPACT = 760
"""Under this width (of a 12 px font) the errors and some controls go."""
LEAST = 540
"""Narrower it can't be; said here, as the layout would ask for what the wide form needs."""


class GraphsView(QWidget):
    """Tiles, controls, marker strip, panels, times; or the empty state.

    Markers and `set_paused` speak history time: `History.place` gives it for an engine's time.
    """

    marker_clicked = Signal(int)
    note_requested = Signal()
    clear_requested = Signal()
    export_requested = Signal(str)
    """`png` or `csv`; the presenter asks for a path."""
    paused = Signal(bool)
    span_chosen = Signal(int)
    """Seconds, chosen by the user."""
    copy_address = Signal()
    demo_traffic = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("graphs")
        self.setAccessibleName("Graphs")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._theme = theme
        self._history: History | None = None
        self._proxy: str | None = None
        self._markers: tuple[Marker, ...] = ()
        self._behaviors: tuple[str, ...] = ()
        self._span, self._chosen = SPANS[0][0], False
        self._frozen: float | None = None
        self._compact = False
        self._state: EmptyGraphs | None = None
        self._tiles, self._controls = Tiles(theme), Controls(theme)
        self._head = QWidget()
        self._strip, self._times = MarkerStrip(theme), TimeStrip(theme)
        self._pause_note = Text(theme, "", "caption-strong", "text2")
        self.panels = [Panel(theme, kind) for kind in PANELS]
        self._empty = EmptyState(theme)
        self._pages, self._graphs = QStackedWidget(), QWidget()
        self._lay_out()
        self._connect()
        self._tiles.show_tiles(tiles_of(Figures(), None))
        self._pause_note.hide()

    # what the presenter calls

    def set_history(self, history: History) -> None:
        """Where the values come from."""
        self._history = history
        self._draw()

    def set_proxy(self, name: str | None) -> None:
        """Show one proxy, or all together."""
        if name != self._proxy:
            self._proxy = name
            self._draw()

    def set_behaviors(self, order: tuple[str, ...]) -> None:
        """The behaviors of the mix, in the order of the stack; others appear when they have a history."""
        if order == self._behaviors:
            return
        self._behaviors = order
        for panel in self.panels:
            panel.set_behaviors(order)
        self._draw()

    def set_markers(self, markers: tuple[Marker, ...]) -> None:
        """All markers, oldest first; `t` is history time."""
        self._markers = markers
        self._draw()

    def set_empty(self, state: EmptyGraphs | None) -> None:
        """Say what to do next where the graphs would be; None brings them back."""
        if state == self._state:
            return
        self._state = state
        if state is not None:
            self._empty.show_state(state)
        self._pages.setCurrentIndex(0 if state is None else 1)
        self._draw()

    def set_span(self, seconds: int) -> None:
        """Show this window of time, one of `SPANS`."""
        self._chosen = True
        self._show_span(seconds)

    def set_paused(self, on: bool) -> None:
        """Stand still, or go live."""
        self._controls.pause.setChecked(on)

    @property
    def span(self) -> int:
        """Seconds in sight."""
        return self._span

    def refresh(self) -> None:
        """Draw what came since; costs nothing while nobody can see it or it is paused."""
        if self._history is None or not self.isVisible() or self.window().isMinimized():
            return
        if self._frozen is not None:
            self._pause_note.show_text(f"Paused +{amounts.clock(self._history.now - self._frozen)}")
            return
        if not self._chosen and self._span == SPANS[0][0] and self._history.age > SPANS[0][0]:
            self._show_span(SPANS[1][0])
        else:
            self._draw()

    def save_picture(self, path: Path, title: str) -> bool:
        """Write what is in sight, with a title, as a PNG; false if that failed."""
        return save_picture(self._theme, self._graphs, path, title)

    # drawing

    def _draw(self) -> None:
        history = self._history
        if history is None or not self.isVisible():
            return
        figures = history.tiles(self._proxy)
        if self._frozen is None:
            self._tiles.show_tiles(tiles_of(figures, self._proxy))
        if self._pages.currentIndex() or self.panels[0].plot is None:
            return
        series = history.window(self._span, self._proxy, self._frozen)
        injected = {name: history.share(self._proxy, name)[1] for name in {*self._behaviors, *series.injected}}
        latest = {name: float(values[-1]) for name, values in series.values.items()}
        seen = tuple(m for m in self._markers if series.start <= m.t <= series.end)
        for panel in self._shown_panels():
            panel.show_series(series, latest if panel.kind.lines else injected)
            if panel.plot is not None:
                panel.plot.draw_markers(tuple(m.t - series.end for m in seen))
        axis = max(panel.axis_width() for panel in self._shown_panels())
        for panel in self.panels:
            panel.set_axis(axis)
            panel.activate()
        area = self.panels[0].plot_area()
        self._times.set_wall(series.wall)
        for strip in (self._strip, self._times):
            strip.set_area(area.x(), area.width())
            strip.set_time(series.end, self._span)
        self._strip.show_markers(seen)

    def _shown_panels(self) -> list[Panel]:
        return [panel for panel in self.panels if not panel.isHidden()]

    def _build(self) -> None:
        """Import pyqtgraph and make the plots."""
        if self.panels[0].plot is None:
            for panel in self.panels:
                panel.build()
            self._place_note()
            QTimer.singleShot(0, self, self._draw)

    # reactions

    def _show_span(self, seconds: int) -> None:
        self._span = seconds
        self._controls.show_span(seconds)
        self._draw()

    def _pause(self, on: bool) -> None:
        self._frozen = self._history.now if on and self._history is not None else None
        self._pause_note.show_text("Paused +00:00")
        self._pause_note.setVisible(on)
        self._draw()
        self.paused.emit(on)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space pauses and goes live."""
        if event.key() == Qt.Key.Key_Space:
            self._controls.pause.toggle()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """The first time, fetch what draws."""
        super().showEvent(event)
        if self.panels[0].plot is None:
            QTimer.singleShot(0, self, self._build)
        else:
            QTimer.singleShot(0, self, self._draw)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        compact = self.width() < self._theme.px(COMPACT)
        if compact != self._compact:
            self._compact = compact
            self._tiles.set_compact(compact)
            self._controls.set_compact(compact)
            for panel in self.panels:
                panel.set_compact(compact)
                panel.setVisible(not compact or panel.kind.key != "errors")
        self._place_note()
        QTimer.singleShot(0, self, self._draw)

    def _restyle(self) -> None:
        self._head.setMinimumHeight(self._theme.px(52))
        self.setMinimumWidth(self._theme.px(LEAST))
        QTimer.singleShot(0, self, self._draw)

    # construction

    def _lay_out(self) -> None:
        head = QHBoxLayout(self._head)
        head.setContentsMargins(16, 4, 12, 4)
        head.addWidget(self._tiles)
        head.addStretch(1)
        head.addWidget(self._controls)
        self._tiles.resized.connect(head.activate)
        column = QVBoxLayout(self._graphs)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._strip)
        for panel in self.panels:
            column.addWidget(panel, 1)
        column.addWidget(self._times)
        self._pause_note.setParent(self._strip)
        self._pages.addWidget(self._graphs)
        self._pages.addWidget(self._empty)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 2)
        whole.setSpacing(0)
        whole.addWidget(self._head)
        whole.addWidget(self._pages, 1)
        self._restyle()

    def _connect(self) -> None:
        controls = self._controls
        controls.span_chosen.connect(self.set_span)
        controls.span_chosen.connect(self.span_chosen)
        controls.pause_toggled.connect(self._pause)
        controls.note_requested.connect(self.note_requested)
        controls.clear_requested.connect(self.clear_requested)
        controls.export_requested.connect(self.export_requested)
        self._strip.clicked.connect(self.marker_clicked)
        self._empty.copy_address.connect(self.copy_address)
        self._empty.demo_traffic.connect(self.demo_traffic)
        for panel in self.panels:
            panel.toggled.connect(self._draw)
        self._theme.changed.connect(self._restyle)

    def _place_note(self) -> None:
        """Over the legends, at the right of the marker strip."""
        width = self._theme.px(LEGEND - EDGE)
        self._pause_note.setGeometry(self.width() - width - self._theme.px(EDGE), 0, width, self._theme.px(22))
