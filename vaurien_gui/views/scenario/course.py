"""How a scenario runs as a whole: what begins it, how many rounds, what comes at its end. Floats under a button."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from vaurien_gui.forms.fields import CommitEdit, QuietCombo, mark_problem
from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.models.scenario_shown import ScenarioPage
from vaurien_gui.style.controls import Text
from vaurien_gui.style.theme import Theme

STARTS = (("launch", "with Start"), ("first-exchange", "with the first exchange"), ("api", "when Play is pressed"))
ENDS = (("hold", "the last phase holds"), ("stop", "the proxies stop"))
_SHORT = {"launch": "On Start", "first-exchange": "First exchange", "api": "On Play"}


class Course(QFrame):
    """Three fields; Escape or a click elsewhere closes it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("form")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self.words = ""
        """All of it in a few words, for the button."""
        self.start, self.end = QuietCombo(theme, "Begins"), QuietCombo(theme, "At its end")
        self.repeat = CommitEdit(theme, "Rounds", "1, or forever")
        self._problem = ProblemLine(theme)
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 10)
        grid.setSpacing(8)
        for at, (words, field) in enumerate((("Begins", self.start), ("Rounds", self.repeat), ("Then", self.end))):
            label = Text(theme, words, token="text2")
            label.setBuddy(field)
            grid.addWidget(label, 2 * at, 0)
            grid.addWidget(field, 2 * at, 1)
        grid.addWidget(self._problem, 3, 1)

    def show_page(self, page: ScenarioPage) -> None:
        """Show what is set; a number of rounds that was refused stays, with its reason."""
        self.start.show_items(STARTS, page.start)
        self.end.show_items(ENDS, page.end)
        self.repeat.show_text(page.repeat, keep=bool(page.repeat_problem))
        mark_problem(self.repeat, bool(page.repeat_problem))
        self._problem.show_problem(page.repeat_problem)
        rounds = {"1": "once", "forever": "forever"}.get(page.repeat, f"{page.repeat} rounds")
        self.words = f"{_SHORT.get(page.start, page.start)}, {rounds}{', then stop' if page.end == 'stop' else ''}"

    def open_under(self, button: QWidget) -> None:
        """Above the button, as that stands low in the window."""
        self.adjustSize()
        self.move(button.mapToGlobal(QPoint(button.width() - self.width(), -self.height() - 4)))
        self.show()
        self.start.setFocus(Qt.FocusReason.PopupFocusReason)
