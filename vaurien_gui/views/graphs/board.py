"""The panels over one time axis, with the marker strip above, the times below, and the crosshair through all.

Holds which part of time is shown (`TimeView`) and where the crosshair stands; hands and keys change both here, and
`view_changed` tells it. What is drawn comes from a `History`; nothing is decided about profiles or engines.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from vaurien_gui.models.graph_values import INJECTED, at, step_of
from vaurien_gui.models.graphs_look import POPULATION_TITLES, GraphsLook
from vaurien_gui.models.markers import neighbour
from vaurien_gui.models.rates import QUANTILES, latency_key
from vaurien_gui.models.shown import Marker
from vaurien_gui.models.time_view import Limits, TimeView
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.glass import Glass
from vaurien_gui.views.graphs.lines import PANELS
from vaurien_gui.views.graphs.panel import Panel
from vaurien_gui.views.graphs.readout import Block, Readout
from vaurien_gui.views.graphs.strips import MarkerStrip, TimeStrip

if TYPE_CHECKING:
    from vaurien_gui.models.history import History, Series

ZOOM = 0.5
"""Of one press of +."""
FAR = 10
"""Steps of the crosshair with Shift."""


class Board(QWidget):
    """Owned by the graphs' view."""

    view_changed = Signal()
    """Another part of time is shown, by hand."""
    pause_wanted = Signal()
    """Space: stand still, or go on."""
    live_wanted = Signal()
    note_wanted = Signal()
    marker_clicked = Signal(int)
    maximise = Signal(str)
    menu_wanted = Signal(str, QPoint)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Graphs")
        self._theme = theme
        self.view = TimeView()
        self.history: History | None = None
        self.proxy: str | None = None
        self.behaviors: tuple[str, ...] = ()
        self.look = GraphsLook()
        self.compact = False
        self._markers: tuple[Marker, ...] = ()
        self._series: Series | None = None
        self.latest: dict[str, float] = {}
        """The newest values on screen: those of `RATES`, and `injected.NAME` per second."""
        self._hover: int | None = None
        self._cross: float | None = None
        self.strip, self.times = MarkerStrip(theme), TimeStrip(theme)
        self._by_key = {kind.key: Panel(theme, kind) for kind in PANELS}
        self.panels = list(self._by_key.values())
        for panel in self.panels:
            panel.setParent(self)  # before any is shown: it would be a window of its own for a moment
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.glass, self.readout = Glass(theme, self), Readout(theme, self)
        self._connect()
        self.arrange()

    # what the view calls

    def arrange(self) -> None:
        """Panels in the order of the look, those shown that there is room for; latencies of whom it says."""
        while self._column.count():
            self._column.takeAt(0)
        self._column.addWidget(self.strip)
        shown = self.shown_keys()
        for key in self.look.panels.order:
            self._by_key[key].setVisible(key in shown)
            self._by_key[key].set_compact(self.compact)
            self._column.addWidget(self._by_key[key], 1)
        self._column.addWidget(self.times)
        population = self.look.population
        title = "Latency" if population == "all" else f"Latency, {POPULATION_TITLES[population].lower()}"
        self._by_key["latency"].set_columns({name: latency_key(name, population) for name, _ in QUANTILES}, title)
        order = [self.strip, *(w for k in self.look.panels.order for w in self._by_key[k].stops()), self.times]
        for before, after in zip([self, *order[:-1]], order, strict=False):
            QWidget.setTabOrder(before, after)
        self.glass.raise_()
        self.readout.raise_()

    def shown_keys(self) -> tuple[str, ...]:
        """The panels on screen: with little room the errors go, unless they are what was asked for."""
        shown = self.look.panels.shown
        if self.compact and len(shown) > 3:
            shown = tuple(key for key in shown if key != "errors")
        return shown

    @property
    def shown_panels(self) -> list[Panel]:
        """Those on screen, from the top."""
        shown = self.shown_keys()
        return [self._by_key[key] for key in self.look.panels.order if key in shown]

    @property
    def built(self) -> bool:
        """Whether there are plots yet."""
        return self.panels[0].plot is not None

    def build(self) -> None:
        """Import what draws, and make the plots."""
        for panel in self.panels:
            panel.build()
        self.glass.raise_()
        self.readout.raise_()

    def set_markers(self, markers: tuple[Marker, ...]) -> None:
        """All of them; the look says which are drawn."""
        self._markers = markers

    @property
    def limits(self) -> Limits:
        """What can be looked at now."""
        history = self.history
        return Limits(history.oldest, history.now) if history is not None else Limits(0.0, 0.0)

    @property
    def cross(self) -> float | None:
        """The time at which the keyboard's crosshair stands, if it does."""
        return self._cross

    @property
    def seen_markers(self) -> tuple[Marker, ...]:
        """Those that may be drawn."""
        return tuple(marker for marker in self._markers if self.look.shows(marker.kind))

    def draw(self) -> None:
        """Draw what there is now."""
        history = self.history
        if history is None or not self.built or not self.isVisible():
            return
        view, limits = self.view, self.limits
        series = self._series = history.window(view.span, self.proxy, view.end)
        now = at(series, series.end) if not view.live else {}
        if view.live:
            known = {*self.behaviors, *series.injected}
            injected = {name: history.share(self.proxy, name)[1] for name in known}
            latest = {name: float(values[-1]) for name, values in series.values.items()}
        else:
            whole = at(series, series.end - series.bin_s)  # the last bar may have only begun
            injected = {name: whole.get(f"{INJECTED}{name}", 0.0) for name in {*self.behaviors, *series.injected}}
            latest = now
        self.latest = latest | {f"{INJECTED}{name}": value for name, value in injected.items()}
        seen = tuple(m for m in self.seen_markers if series.start <= m.t <= series.end)
        for panel in self.shown_panels:
            panel.show_series(series, latest if panel.kind.lines else injected, live=view.live)
            if panel.plot is not None:
                panel.plot.draw_markers(tuple(m.t - series.end for m in seen))
        self._place(series, limits)
        self.strip.show_markers(seen)
        self._show_cross()

    def _place(self, series: Series, limits: Limits) -> None:
        """Plots, strips and pane over the same columns of pixels."""
        shown = self.shown_panels
        axis = max(panel.axis_width() for panel in shown)
        for panel in self.panels:
            panel.set_axis(axis)
            panel.activate()
        area = shown[0].plot_area()
        self.times.set_wall(series.wall)
        for strip in (self.strip, self.times):
            strip.set_area(area.x(), area.width())
            strip.set_time(series.end, self.view.span)
        top, bottom = shown[0].y() + area.y(), shown[-1].geometry().bottom()
        self.glass.setGeometry(QRect(area.x(), top, area.width(), bottom - top + 1))

    # the crosshair

    def time_at(self, x: float) -> float:
        """The history time at a pixel column of the pane."""
        end, width = self.view.last(self.limits), max(1, self.glass.width())
        return end - self.view.span * (1 - x / width)

    def set_cross(self, t: float | None) -> None:
        """Let the crosshair stand at a time, or take it away."""
        self._hover = None
        self._cross = t
        self._show_cross()

    def _show_cross(self) -> None:
        series = self._series
        t = self._cross if self._hover is None else self.time_at(self._hover)
        near = series is not None and t is not None and series.start - 1e-6 <= t <= series.end + 1e-6
        if series is None or t is None or not near or all(p.said for p in self.shown_panels):
            self.glass.show_line(None)
            self.readout.hide()
            return
        x = round(self.glass.width() * (1 + (t - series.end) / self.view.span))
        self.glass.show_line(min(x, self.glass.width() - 1))
        values = at(series, t)
        blocks = [Block(p.kind.title, p.readings(values)) for p in self.shown_panels]
        said = f"{datetime.fromtimestamp(t + series.wall):%H:%M:%S}"
        marker = next((m for m in self.seen_markers if abs(m.t - t) <= step_of(series) / 2), None)
        if marker is not None and self._hover is None:
            said = f"{said}  {marker.number} {marker.text}"
        self.readout.show_values(said, blocks, x + self.glass.x(), self.glass.geometry())
        if self._hover is None:
            self.setAccessibleDescription(self.readout.text)

    # hands and keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the manual: arrows, +, -, Home, M, N, Space, Enter."""
        keys, key = Qt.Key, event.key()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in (keys.Key_Left, keys.Key_Right):
            self._step((-1 if key == keys.Key_Left else 1) * (FAR if shift else 1))
        elif key in (keys.Key_Plus, keys.Key_Equal):
            self._zoom_key(ZOOM)
        elif key == keys.Key_Minus:
            self._zoom_key(1 / ZOOM)
        elif key == keys.Key_M:
            self.go_to_marker(-1 if shift else 1)
        elif key == keys.Key_Home:
            self.live_wanted.emit()
        elif key == keys.Key_Space:
            self.pause_wanted.emit()
        elif key == keys.Key_N:
            self.note_wanted.emit()
        elif key in (keys.Key_Return, keys.Key_Enter):
            self._open_marker()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard is here: show it."""
        super().focusInEvent(event)
        mouse = event.reason() is Qt.FocusReason.MouseFocusReason
        self.glass.show_ring(not mouse)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """It went; so does its crosshair."""
        super().focusOutEvent(event)
        self.glass.show_ring(False)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.set_cross(None)

    def go_to_marker(self, step: int) -> None:
        """The crosshair to the next marker (or the one before), into sight if need be."""
        limits = self.limits
        here = self._cross if self._cross is not None else (self.view.last(limits) if step < 0 else limits.oldest - 1)
        markers = [m for m in self.seen_markers if limits.oldest <= m.t <= limits.now]
        marker = neighbour(markers, here, step)
        if marker is not None:
            self._cross, self._hover = marker.t, None
            self.show_view(self.view.showing(marker.t, limits))

    def show_view(self, view: TimeView) -> None:
        """Show another part of time, by hand."""
        if view != self.view:
            self.view = view
            self.view_changed.emit()
        self.draw()

    def panel_at(self, y: int) -> Panel:
        """The panel at a height of this widget; between two, the lower one."""
        return next((p for p in self.shown_panels if y <= p.geometry().bottom()), self.shown_panels[-1])

    def _step(self, steps: int) -> None:
        if self._series is None:
            return
        limits, step = self.limits, step_of(self._series)
        start = self._cross if self._cross is not None else self.view.last(limits) - (step if steps < 0 else 0)
        t = min(max(start + (steps * step if self._cross is not None else 0), limits.oldest), limits.now)
        self._cross, self._hover = t, None
        end = self.view.last(limits)
        if not end - self.view.span <= t <= end:
            self.show_view(
                self.view.panned(t - (end - self.view.span) if t < end - self.view.span else t - end, limits)
            )
        else:
            self._show_cross()

    def _zoom_key(self, factor: float) -> None:
        limits = self.limits
        middle = self.view.last(limits) - self.view.span / 2
        self.show_view(self.view.zoomed(factor, self._cross if self._cross is not None else middle, limits))

    def _open_marker(self) -> None:
        t = self._cross
        if t is not None and self._series is not None:
            near = [m for m in self.seen_markers if abs(m.t - t) <= step_of(self._series) / 2]
            if near:
                self.marker_clicked.emit(min(near, key=lambda m: abs(m.t - t)).number)

    def _hovered(self, x: object) -> None:
        self._hover = x if isinstance(x, int) else None
        self._show_cross()

    def _pressed(self, _where: QPoint) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._cross = None

    def _connect(self) -> None:
        glass = self.glass
        glass.hovered.connect(self._hovered)
        glass.pressed.connect(self._pressed)
        glass.zoomed.connect(lambda f, x: self.show_view(self.view.zoomed(f, self.time_at(x), self.limits)))
        glass.panned.connect(lambda part: self.show_view(self.view.panned(part * self.view.span, self.limits)))
        glass.live_wanted.connect(self.live_wanted)
        glass.menu_wanted.connect(
            lambda at_, where: self.menu_wanted.emit(self.panel_at(at_.y() + glass.y()).kind.key, where)
        )
        self.strip.clicked.connect(self.marker_clicked)
        for panel in self.panels:
            panel.toggled.connect(self.draw)
            panel.maximise.connect(self.maximise)
            panel.menu_wanted.connect(self.menu_wanted)
