"""Save as preset: a name, a sentence, and whether one of that name is written over."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from vaurien_gui.forms.fields import mark_problem
from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.style.controls import Button, IconButton, Rule, Text
from vaurien_gui.style.theme import Theme


class PresetSaving(QWidget):
    """The content of a `Sheet`."""

    typed = Signal(str)
    """The name as it is now."""
    saved = Signal(str, str)
    """Name and description."""
    done = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(self.tr("Save as preset"))
        self.name, self.description = QLineEdit(), QLineEdit()
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setPlaceholderText(self.tr("Friday evening"))
        self.description.setAccessibleName(self.tr("Description"))
        self.description.setPlaceholderText(self.tr("What it is like, in a sentence"))
        self._problem = ProblemLine(theme)
        self._remark = ProblemLine(theme, "warning", "warn")
        self.save_button = Button(theme, self.tr("Save"), "download", "ink")
        self.cancel_button = Button(theme, self.tr("Cancel"))
        self.close_button = IconButton(theme, "close", self.tr("Close"))
        self._folder = Text(theme, token="text2", wrap=True)
        self.setFocusProxy(self.name)
        self._lay_out()
        self.name.textChanged.connect(self.typed)
        for field in (self.name, self.description):
            field.returnPressed.connect(self._save)
        self.save_button.clicked.connect(self._save)
        self.cancel_button.clicked.connect(self.done)
        self.close_button.clicked.connect(self.done)
        theme.changed.connect(self._follow)
        self._follow()

    def begin(self, folder: str) -> None:
        """Empty fields."""
        self._folder.show_text(self.tr("The mix of this proxy and its options, as a file in %1.").replace("%1", folder))
        self.name.clear()
        self.description.clear()
        self.show_words()

    def show_words(self, problem: str = "", remark: str = "") -> None:
        """What is wrong, and what saving writes over."""
        mark_problem(self.name, bool(problem))
        self._problem.show_problem(problem)
        self._remark.show_problem(remark)
        self.save_button.setText(self.tr("Replace") if remark else self.tr("Save"))

    def _save(self) -> None:
        self.saved.emit(self.name.text(), self.description.text())

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(Text(self._theme, self.tr("Save as preset"), "sheet-title"))
        head.addStretch(1)
        head.addWidget(self.close_button)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for line, words, field in ((0, self.tr("Name"), self.name), (3, self.tr("Description"), self.description)):
            label = Text(self._theme, words, token="text2")
            label.setBuddy(field)
            grid.addWidget(label, line, 0)
            grid.addWidget(field, line, 1)
        grid.addWidget(self._problem, 1, 1)
        grid.addWidget(self._remark, 2, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.save_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._folder)
        column.addSpacing(16)
        column.addLayout(grid)
        column.addStretch(1)
        column.addSpacing(16)
        column.addWidget(Rule(self._theme))
        column.addSpacing(12)
        column.addLayout(buttons)

    def _follow(self) -> None:
        for field in (self.name, self.description):
            field.setFont(self._theme.font("body"))
