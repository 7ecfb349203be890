"""The page of the scenario's tab. Shows a `ScenarioPage`; tells what a hand wants."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.models.scenario_shown import MIX, PHASE, TITLES, ScenarioPage
from vaurien_gui.style.controls import Button, ElidedText, IconButton, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.cell_table import CellTable
from vaurien_gui.views.scenario.course import Course
from vaurien_gui.views.scenario.track import TrackView

NARROW = 700
WIDTHS = ("▸ long-phase-name", "until skipped", "400 ms", "", "as set  ")


class ScenarioView(QWidget):
    """Transport and track above, phases below."""

    toggle = Signal()
    skip = Signal()
    restart = Signal()
    jump = Signal(int)
    add = Signal()
    proxy_wanted = Signal(str)
    """The chosen phase shall say something of this proxy."""
    cell_edited = Signal(str, int, str)
    row_chosen = Signal(str)
    remove = Signal(str)
    move_wanted = Signal(int)
    repeat_edited = Signal(str)
    key_edited = Signal(str, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._page = theme, ScenarioPage()
        self.track = TrackView(theme)
        self.table = CellTable(theme, "Phases", TITLES, WIDTHS, MIX)
        self.play_button = Button(theme, "Play", "play", "small")
        self.skip_button = IconButton(theme, "skip", "Skip to the next phase (F8)")
        self.restart_button = IconButton(theme, "restart", "Begin again (Shift+F7)")
        self.now = ElidedText(theme, "caption", "text2")
        self.course = Course(theme, self)
        self.course_button = Button(theme, "", "sliders", "small")
        self.course_button.setAccessibleName("Course of the scenario")
        self.course_button.setToolTip("What begins it, how often it goes round, what comes at its end")
        self.add_button = Button(theme, "Add a phase", "plus")
        self.problem = ProblemLine(theme)
        self.problem.setContentsMargins(8, 3, 8, 3)
        self._pages = QStackedWidget()
        self._proxies = QMenu(self)
        self.tools = QWidget()
        self._lay_out()
        self._connect()

    def show_page(self, page: ScenarioPage) -> None:
        """Everything anew."""
        self._page = page
        self._pages.setCurrentIndex(0 if page.rows else 1)
        self.tools.setVisible(bool(page.rows) and self.isVisible())
        if not page.rows:
            return
        self.table.show_rows(page.rows)
        self.course.show_page(page)
        self.course_button.setAccessibleName(f"Course of the scenario: {self.course.words}")
        self._fit()
        self.problem.show_problem(next((row.problem for row in page.rows if row.problem), ""))
        self.play_button.setEnabled(page.playable)
        self.restart_button.setEnabled(page.playable)
        self.skip_button.setEnabled(page.skippable)
        words, icon = ("Pause", "pause") if page.plays else ("Play", "play")
        if self.play_button.text() != words:
            self.play_button.setText(words)
            self.play_button.show_icon(icon)
            self.play_button.setToolTip(f"{words} the scenario (F7)")
        self.show_moving(page)

    def show_moving(self, page: ScenarioPage) -> None:
        """What moves by itself: the playhead and the countdown."""
        self.track.show_track(page.track)
        self.now.show_text(page.now)

    def set_actions(self, edits: list[QAction], row: list[QAction]) -> None:
        """The registry's own: as buttons beside the tabs, and in the table's menu."""
        layout = self.tools.layout()
        assert isinstance(layout, QHBoxLayout)
        for action in edits:
            layout.addWidget(ActionButton(self._theme, action))
        self._for_proxy = IconButton(self._theme, "layers", "What this phase replaces of one proxy")
        self._for_proxy.clicked.connect(self.ask_proxy)
        layout.insertWidget(layout.count() - len(edits) + 1, self._for_proxy)
        self.table.addActions(row)

    def ask_proxy(self) -> None:
        """Which proxy the chosen phase shall name."""
        self._proxies.clear()
        for name in self._page.proxies:
            action = self._proxies.addAction(f"In this phase, for {name}")
            action.triggered.connect(lambda _=False, name=name: self.proxy_wanted.emit(name))
        if self._page.proxies:
            self._proxies.popup(self._for_proxy.mapToGlobal(self._for_proxy.rect().bottomLeft()))

    def show_proxies(self, on: bool) -> None:
        """Whether there are several proxies to tell apart."""
        self._for_proxy.setVisible(on)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """With little room the course's button has no words."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        words = self.course.words if self.width() >= self._theme.px(NARROW) else ""
        if self.course_button.text() != words:
            self.course_button.setText(words)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(8, 4, 8, 0)
        top.setSpacing(4)
        for widget in (self.play_button, self.skip_button, self.restart_button):
            top.addWidget(widget)
        top.addSpacing(4)
        top.addWidget(self.track, 1)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addSpacing(4)
        column.addWidget(self.table, 1)
        column.addWidget(self.problem)
        self._pages.addWidget(inside)
        self._pages.addWidget(self._nothing())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)
        tools = QHBoxLayout(self.tools)
        tools.setContentsMargins(8, 0, 0, 0)
        tools.setSpacing(2)
        tools.addStretch(1)
        tools.addWidget(self.now)
        tools.addSpacing(8)
        tools.addWidget(self.course_button)
        tools.addSpacing(4)

    def _nothing(self) -> QWidget:
        page = QWidget()
        words = Text(
            self._theme,
            "A scenario is the profile over time: phases that replace mixes and states, one after the other.",
            token="text2",
            wrap=True,
        )
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 4, 24, 4)
        column.addStretch(1)
        column.addWidget(words)
        column.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        return page

    def _connect(self) -> None:
        self.play_button.clicked.connect(self.toggle)
        self.skip_button.clicked.connect(self.skip)
        self.restart_button.clicked.connect(self.restart)
        self.add_button.clicked.connect(self.add)
        self.track.jump.connect(self.jump)
        self.track.chosen.connect(lambda at: self.table.choose(str(at), PHASE))
        self.table.edited.connect(self.cell_edited)
        self.table.chosen.connect(self._chose)
        self.table.remove_wanted.connect(self.remove)
        self.table.move_wanted.connect(self.move_wanted)
        self.course_button.clicked.connect(lambda: self.course.open_under(self.course_button))
        self.course.repeat.committed.connect(self.repeat_edited)
        self.course.start.chosen.connect(lambda value: self.key_edited.emit("start", value))
        self.course.end.chosen.connect(lambda value: self.key_edited.emit("end", value))

    def _chose(self, key: str) -> None:
        self.track.choose(int(key.partition("@")[0]))
        self.row_chosen.emit(key)


class ActionButton(IconButton):
    """An action of the registry as a small square button."""

    def __init__(self, theme: Theme, action: QAction) -> None:
        keys = action.shortcut().toString()
        name = action.text().replace("&", "")
        super().__init__(theme, str(action.property("drawing")), f"{name} ({keys})" if keys else name)
        self._action = action
        self.clicked.connect(action.trigger)
        action.enabledChanged.connect(self.setEnabled)
        self.setEnabled(action.isEnabled())
