"""The page of the expectations' tab: each with how it stands now."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.models.cells import CellRow
from vaurien_gui.style.controls import Button, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.cell_table import CellTable
from vaurien_gui.views.scenario.scenario_view import ActionButton

TITLES = ("Now", "Name", "Expected", "Found")
WIDTHS = ("not measured  ", "orders really failed   ", "", "1,234.567 ms")
EXPECTED = 2


class ExpectationsView(QWidget):
    """Shows rows; tells edits."""

    add = Signal()
    cell_edited = Signal(str, int, str)
    row_chosen = Signal(str)
    remove = Signal(str)
    move_wanted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.table = CellTable(theme, "Expectations", TITLES, WIDTHS, EXPECTED)
        self.add_button = Button(theme, "Add an expectation", "plus")
        self.problem = ProblemLine(theme)
        self.problem.setContentsMargins(8, 3, 8, 3)
        self.tools = QWidget()
        self._pages = QStackedWidget()
        self._lay_out()
        self.add_button.clicked.connect(self.add)
        self.table.edited.connect(self.cell_edited)
        self.table.chosen.connect(self.row_chosen)
        self.table.remove_wanted.connect(self.remove)
        self.table.move_wanted.connect(self.move_wanted)

    def show_rows(self, rows: tuple[CellRow, ...]) -> None:
        """How they stand."""
        self._pages.setCurrentIndex(0 if rows else 1)
        self.tools.setVisible(bool(rows) and self.isVisible())
        self.table.show_rows(rows)
        self.problem.show_problem(next((row.problem for row in rows if row.problem), ""))

    def set_actions(self, edits: list[QAction]) -> None:
        """The registry's own, as buttons and in the table's menu."""
        layout = self.tools.layout()
        assert layout is not None
        for action in edits:
            layout.addWidget(ActionButton(self._theme, action))
        self.table.addActions(edits)

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        column.addWidget(self.problem)
        nothing = QWidget()
        words = Text(
            self._theme,
            "What a run is to show, judged live here and at its end in CI: exchanges >= 1, latency.p95 < 250ms.",
            token="text2",
            wrap=True,
        )
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        lines = QVBoxLayout(nothing)
        lines.setContentsMargins(24, 4, 24, 4)
        lines.addStretch(1)
        lines.addWidget(words)
        lines.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignHCenter)
        lines.addStretch(1)
        self._pages.addWidget(inside)
        self._pages.addWidget(nothing)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)
        line = QHBoxLayout(self.tools)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
