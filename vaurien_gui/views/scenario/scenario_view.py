"""The page of the scenario's tab. Shows a `ScenarioPage`; tells what a hand wants."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from vaurien_gui.forms.fields import CommitEdit, QuietCombo, mark_problem
from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.models.scenario_shown import MIX, PHASE, TITLES, ScenarioPage
from vaurien_gui.style.controls import Button, ElidedText, IconButton, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.cell_table import CellTable
from vaurien_gui.views.scenario.track import TrackView

STARTS = (("launch", "on Start"), ("first-exchange", "first exchange"), ("api", "on Play"))
ENDS = (("hold", "last phase holds"), ("stop", "proxies stop"))
WIDTHS = ("▸ long-phase-name", "until skipped", "400 ms", "", "as set  ")
NARROW = 700


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
        self.repeat = CommitEdit(theme, "Repeat the scenario", "1")
        self.repeat.setToolTip("How many rounds, or forever")
        self.start, self.end = QuietCombo(theme, "Begins"), QuietCombo(theme, "At its end")
        self.add_button = Button(theme, "Add a phase", "plus")
        self.problem = ProblemLine(theme)
        self._pages = QStackedWidget()
        self._proxies = QMenu(self)
        self.tools = QWidget()
        self._lay_out()
        self._connect()
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_page(self, page: ScenarioPage) -> None:
        """Everything anew."""
        self._page = page
        self._pages.setCurrentIndex(0 if page.rows else 1)
        self.tools.setVisible(bool(page.rows) and self.isVisible())
        if not page.rows:
            return
        self.table.show_rows(page.rows)
        self.repeat.show_text(page.repeat, keep=bool(page.repeat_problem))
        mark_problem(self.repeat, bool(page.repeat_problem))
        self.start.show_items(STARTS, page.start)
        self.end.show_items(ENDS, page.end)
        problem = page.repeat_problem or next((row.problem for row in page.rows if row.problem), "")
        self.problem.show_problem(problem)
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
        layout.insertWidget(1, self._for_proxy)
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
        """The words about what comes next need room."""
        super().resizeEvent(event)
        self._settings.setVisible(self.width() >= self._theme.px(560))

    def _lay_out(self) -> None:
        theme = self._theme
        top = QHBoxLayout()
        top.setContentsMargins(8, 4, 8, 0)
        top.setSpacing(4)
        for widget in (self.play_button, self.skip_button, self.restart_button):
            top.addWidget(widget)
        top.addSpacing(4)
        top.addWidget(self.track, 1)
        self._settings = QWidget()
        line = QHBoxLayout(self._settings)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        for words, field in (("Begins", self.start), ("Rounds", self.repeat), ("Then", self.end)):
            label = Text(theme, words, "caption", "text2")
            label.setBuddy(field)
            line.addWidget(label)
            line.addWidget(field)
        under = QHBoxLayout()
        under.setContentsMargins(8, 2, 8, 2)
        under.setSpacing(8)
        under.addWidget(self.now, 1)
        under.addStretch(0)
        under.addWidget(self._settings)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addLayout(under)
        column.addWidget(self.table, 1)
        column.addWidget(self.problem)
        self._pages.addWidget(inside)
        self._pages.addWidget(self._nothing())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)
        tools = QHBoxLayout(self.tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(2)

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
        self.repeat.committed.connect(self.repeat_edited)
        self.start.chosen.connect(lambda value: self.key_edited.emit("start", value))
        self.end.chosen.connect(lambda value: self.key_edited.emit("end", value))

    def _chose(self, key: str) -> None:
        self.track.choose(int(key.partition("@")[0]))
        self.row_chosen.emit(key)

    def _restyle(self) -> None:
        self.repeat.setFixedWidth(self._theme.px(64))


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
