"""The right upper part of the window: shows a `History` at 5 Hz and decides nothing.

pyqtgraph and numpy are imported after the view was first shown; until then the panels have legends and no plots.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from vaurien_gui.models import graph_values
from vaurien_gui.models.graphs_look import PANEL_TITLES, GraphsLook
from vaurien_gui.models.rates import Figures
from vaurien_gui.models.shown import EmptyGraphs, Marker
from vaurien_gui.models.time_view import SPANS, TimeView
from vaurien_gui.style.controls import Button
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.board import Board
from vaurien_gui.views.graphs.controls import Controls
from vaurien_gui.views.graphs.empty import EmptyState
from vaurien_gui.views.graphs.note_field import NoteField
from vaurien_gui.views.graphs.panel import EDGE, LEGEND, LEGEND_COMPACT, Panel
from vaurien_gui.views.graphs.paused import PausedNote
from vaurien_gui.views.graphs.picture import picture_of
from vaurien_gui.views.graphs.table import GraphTable, TablePage
from vaurien_gui.views.graphs.tiles import Tiles, tiles_of

if TYPE_CHECKING:
    from vaurien_gui.models.history import History

COMPACT = 760
"""Under this width (of a 12 px font) the errors and some controls go."""
LEAST = 540
"""Narrower it can't be; said here, as the layout would ask for what the wide form needs."""
BOARD, EMPTY, TABLE = range(3)


class GraphsView(QWidget):
    """Tiles, controls and the board; or the empty state, or the values as a table.

    Markers and notes speak history time: `History.place` gives it for an engine's time.
    """

    marker_clicked = Signal(int)
    note_added = Signal(str, object)
    """Text, and the history time it is about (None: now)."""
    clear_requested = Signal()
    paused = Signal(bool)
    span_chosen = Signal(int)
    """Seconds, chosen by the user."""
    copy_address = Signal()
    demo_traffic = Signal()
    maximise = Signal(str)
    verdicts_wanted = Signal()
    """The summary of the expectations was pressed."""
    menu_wanted = Signal(str, QPoint)
    """A panel's key, and where on the screen its menu is to stand."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("graphs")
        self.setAccessibleName("Graphs")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._chosen = False
        self._span = float(SPANS[0][0])
        self._state: EmptyGraphs | None = None
        self._table_on = False
        self._tabled, self._was_live = -1.0, True
        self._tiles, self.controls = Tiles(theme), Controls(theme)
        self.verdicts = Button(theme, kind="small")
        self.verdicts.setParent(self)
        self.verdicts.setProperty("floats", True)
        self.verdicts.setAccessibleName("Expectations met")
        self.verdicts.hide()
        self._head = QWidget()
        self.board, self._empty, self._table = Board(theme), EmptyState(theme), TablePage(theme)
        self._pages = QStackedWidget()
        self.pause_note, self.note_field = PausedNote(theme, self), NoteField(theme, self)
        self._lay_out()
        self._connect()
        self._tiles.show_tiles(tiles_of(Figures(), None))

    # what presenters call

    def set_history(self, history: History) -> None:
        """Where the values come from."""
        self.board.history = history
        self._draw()

    def set_proxy(self, name: str | None) -> None:
        """Show one proxy, or all together."""
        if name != self.board.proxy:
            self.board.proxy = name
            self._tabled = -1.0
            self._draw()

    def set_behaviors(self, order: tuple[str, ...], titles: Mapping[str, str] | None = None) -> None:
        """The behaviors of the mix, in the order of the stack; others appear when they have a history."""
        if order != self.board.behaviors:
            self.board.behaviors = order
            for panel in self.board.panels:
                panel.set_behaviors(order, titles or {})
            self._draw()

    def set_markers(self, markers: tuple[Marker, ...]) -> None:
        """All markers, oldest first; `t` is history time."""
        self.board.set_markers(markers)
        self._draw()

    def set_look(self, look: GraphsLook) -> None:
        """Which panels, latencies and markers."""
        if look != self.board.look:
            self.board.look = look
            self.board.arrange()
            self._tabled = -1.0
            QTimer.singleShot(0, self, self._draw)

    def set_empty(self, state: EmptyGraphs | None) -> None:
        """Say what to do next where the graphs would be; None brings them back."""
        if state == self._state:
            return
        self._state = state
        if state is not None:
            self._empty.show_state(state)
        self._turn()

    def set_verdicts(self, met: int, count: int) -> None:
        """How many of the expectations are met now; none to show without any."""
        if self.verdicts.isHidden() == bool(count):
            self.verdicts.setVisible(bool(count))
            self._place_note()
        words = f"{met} of {count} met"
        if count and words != self.verdicts.text():
            self.verdicts.setText(words)
            self.verdicts.show_icon(*(("tick-circle", "ok") if met == count else ("failed", "bad")))
            self.verdicts.setAccessibleName(f"{met} of {count} expectations met")
            self.verdicts.setToolTip(f"{met} of {count} expectations are met now (Ctrl+3)")

    def set_table(self, on: bool) -> None:
        """The values as a table, or the graphs again."""
        if on != self._table_on:
            self._table_on = on
            self._turn()
            (self.table if on else self.board).setFocus(Qt.FocusReason.OtherFocusReason)

    def set_span(self, seconds: float) -> None:
        """Show so much time, up to where it was; live if it was live."""
        self._chosen, self._span = True, float(seconds)
        self.board.show_view(TimeView(self._span, self.board.view.end))
        self._show_view()

    def set_paused(self, on: bool) -> None:
        """Stand still, or go live."""
        board = self.board
        if on == board.view.live:
            board.show_view(board.view.paused(board.limits) if on else TimeView(self._span))

    def toggle_pause(self) -> None:
        """Stand still, or go on."""
        self.set_paused(self.board.view.live)

    @property
    def table(self) -> GraphTable:
        """The values as a table."""
        return self._table.table

    @property
    def panels(self) -> list[Panel]:
        """All of them, shown or not."""
        return self.board.panels

    @property
    def span(self) -> float:
        """Seconds in sight."""
        return self.board.view.span

    @property
    def live(self) -> bool:
        """Whether the graphs move with the time."""
        return self.board.view.live

    def refresh(self) -> None:
        """Draw what came since; costs nothing while nobody can see it, and little while it is paused."""
        board, history = self.board, self.board.history
        if history is None or not self.isVisible() or self.window().isMinimized():
            return
        self._tiles.show_tiles(tiles_of(history.tiles(board.proxy), board.proxy))
        if not board.view.live:
            self._say_paused()
        elif not self._chosen and self._span == SPANS[0][0] and history.age > SPANS[0][0]:
            self._span = float(SPANS[1][0])
            board.show_view(TimeView(self._span))
        else:
            self._draw()

    def ask_note(self) -> None:
        """Ask for the text of a note: at the crosshair of the keyboard, in the past at its edge, else now."""
        board = self.board
        at = board.cross if board.cross is not None else board.view.end
        if self._pages.currentIndex() != BOARD:
            at = None
        place = board.strip.x_of(at if at is not None else board.limits.now)
        top = board.strip.mapTo(self, QPoint(0, 0)).y()
        self.note_field.ask(at, place, max(0, top), self.width() - self._theme.px(EDGE))

    def picture(self, title: str, panel: str = "", scale: int = 2) -> QImage:
        """What is in sight, of all panels or of one, with title, times and legends."""
        board = self.board
        one = next((p for p in board.shown_panels if p.kind.key == panel), None)
        panels: list[QWidget] = [one] if one is not None else list(board.shown_panels)
        limits = board.limits
        end = board.view.last(limits) + (board.history.wall if board.history is not None else 0.0)
        begin, until = (datetime.fromtimestamp(t) for t in (end - board.view.span, end))
        detail = f"{begin:%d %b %Y, %H:%M:%S} – {until:%H:%M:%S}"
        title = f"{PANEL_TITLES[panel]}, {title}" if one is not None else title
        return picture_of(self._theme, [board.strip, *panels, board.times], title, detail, scale)

    def save_picture(self, path: Path, title: str, panel: str = "", scale: int = 2) -> bool:
        """Write `picture` as a PNG; false if that failed."""
        return bool(self.picture(title, panel, scale).save(str(path)))

    # drawing

    def _draw(self) -> None:
        page = self._pages.currentIndex()
        if page == BOARD:
            self.board.draw()
        elif page == TABLE:
            self._fill_table()

    def _fill_table(self) -> None:
        """Once a second, so that a reader can read."""
        board, history = self.board, self.board.history
        if history is None or not self.isVisible():
            return
        end = board.view.last(board.limits)
        if board.view.live and 0 <= end - self._tabled < 1.0:
            return
        self._tabled = end
        series = history.window(board.view.span, board.proxy, board.view.end)
        names = list(dict.fromkeys([*board.behaviors, *series.injected]))
        behaviors = [(name, name.replace("_", " ").capitalize()) for name in names]
        columns = graph_values.columns(behaviors, board.look.population)
        begin, until = (datetime.fromtimestamp(t + series.wall) for t in (series.start, series.end))
        span = f"{begin:%H:%M:%S} – {until:%H:%M:%S}"
        self._table.show_rows(graph_values.rows(series, columns), span)

    def _turn(self) -> None:
        """Bring the page to the front that is due."""
        self._pages.setCurrentIndex(EMPTY if self._state is not None else TABLE if self._table_on else BOARD)
        self._tabled = -1.0
        self._show_view()
        self._draw()

    def _build(self) -> None:
        """Import pyqtgraph and make the plots."""
        if not self.board.built:
            self.board.build()
            self._place_note()
            QTimer.singleShot(0, self, self._draw)

    # reactions

    def _show_view(self) -> None:
        """Another part of time is shown: say which."""
        view = self.board.view
        self.controls.show_span(view.span)
        self.controls.show_paused(not view.live)
        self._tabled = -1.0
        if view.live or self._pages.currentIndex() == EMPTY:
            self.pause_note.hide()
            self.board.strip.keep_free(0)
        else:
            self._say_paused()
        if view.live != self._was_live:
            self._was_live = view.live
            self.paused.emit(not view.live)
        if self._table_on:
            self._draw()

    def _say_paused(self) -> None:
        board = self.board
        if self._pages.currentIndex() != EMPTY and board.view.end is not None:
            board.strip.keep_free(self.width() - self.pause_note.x() + self._theme.px(8))
            self.pause_note.show_behind(board.limits.now - board.view.end)
            self._place_note()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that nobody here wanted move the graphs."""
        if self._pages.currentIndex() == BOARD and QApplication.focusWidget() is not self.board:
            self.board.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """The first time, fetch what draws."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._draw if self.board.built else self._build)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        self._fit()
        self._place_note()
        QTimer.singleShot(0, self, self._draw)

    def _fit(self) -> None:
        compact = self.width() < self._theme.px(COMPACT)
        if compact != self.board.compact:
            self.board.compact = compact
            self._tiles.set_compact(compact)
            self.controls.set_compact(compact)
            self.board.arrange()

    def _restyle(self) -> None:
        self._head.setMinimumHeight(self._theme.px(52))
        self.setMinimumWidth(self._theme.px(LEAST))
        QTimer.singleShot(0, self, self._draw)

    def _place_note(self) -> None:
        """Over the legends, at the right of the marker strip; the verdicts under them, beside the times."""
        px = self._theme.px
        width = px(LEGEND_COMPACT if self.board.compact else LEGEND) - px(EDGE)
        top = self._head.height()
        self.pause_note.setGeometry(self.width() - width - px(EDGE), top, width, px(22))
        height = self.verdicts.sizeHint().height()
        width -= px(16)  # the last time of day reaches beyond the plots
        self.verdicts.setGeometry(self.width() - width - px(EDGE), self.height() - height - 1, width, height)
        self.verdicts.raise_()

    # construction

    def _lay_out(self) -> None:
        head = QHBoxLayout(self._head)
        head.setContentsMargins(16, 4, 12, 4)
        head.addWidget(self._tiles)
        head.addStretch(1)
        head.addWidget(self.controls)
        self._tiles.resized.connect(head.activate)
        for page in (self.board, self._empty, self._table):
            self._pages.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 2)
        whole.setSpacing(0)
        whole.addWidget(self._head)
        whole.addWidget(self._pages, 1)
        self.pause_note.raise_()
        self.note_field.raise_()
        self._restyle()

    def _connect(self) -> None:
        controls, board = self.controls, self.board
        controls.span_chosen.connect(self.set_span)
        controls.span_chosen.connect(self.span_chosen)
        controls.pause_toggled.connect(self.set_paused)
        controls.note_requested.connect(self.ask_note)
        controls.clear_requested.connect(self.clear_requested)
        board.view_changed.connect(self._show_view)
        board.pause_wanted.connect(self.toggle_pause)
        board.live_wanted.connect(lambda: self.set_paused(False))
        board.note_wanted.connect(self.ask_note)
        board.marker_clicked.connect(self.marker_clicked)
        board.maximise.connect(self.maximise)
        board.menu_wanted.connect(self.menu_wanted)
        self.verdicts.clicked.connect(self.verdicts_wanted)
        self.pause_note.live_wanted.connect(lambda: self.set_paused(False))
        self.note_field.added.connect(self.note_added)
        self.note_field.gone.connect(lambda: self.board.setFocus(Qt.FocusReason.OtherFocusReason))
        self._empty.copy_address.connect(self.copy_address)
        self._empty.demo_traffic.connect(self.demo_traffic)
        self._theme.changed.connect(self._restyle)
