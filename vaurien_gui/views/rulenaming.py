"""Under a row of the mix: which name a rule that is made out of it, or the rule itself, shall have."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from vaurien_gui.forms.fields import mark_problem
from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.style.controls import Button, Text
from vaurien_gui.style.theme import Theme


class RuleNaming(QWidget):
    """Hidden until asked; goes again when the name was taken, or by Cancel or Escape."""

    named = Signal(str)
    """Of a rule to be made."""
    renamed = Signal(str)
    """Of the rule itself."""

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__()
        self._theme, self._title, self._own = theme, title, False
        self.field = QLineEdit()
        self.create_button = Button(theme, self.tr("Create"), kind="small")
        self.cancel_button = Button(theme, self.tr("Cancel"), kind="small")
        self._problem = ProblemLine(theme)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(Text(theme, self.tr("Rule"), token="text2"))
        line.addWidget(self.field, 1)
        line.addWidget(self.create_button)
        line.addWidget(self.cancel_button)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 6)
        stack.setSpacing(4)
        stack.addLayout(line)
        stack.addWidget(self._problem)
        self.create_button.clicked.connect(self._tell)
        self.field.returnPressed.connect(self._tell)
        self.cancel_button.clicked.connect(self.hide)
        theme.changed.connect(self._follow)
        self._follow()
        self.hide()

    def ask(self, suggestion: str, *, own: bool = False) -> None:
        """Show the field with a name, selected: a free one for a rule to be made, or the rule's `own`."""
        self._own = own
        name = self.tr("New name of {}") if own else self.tr("Name of the rule made of {}")
        self.field.setAccessibleName(name.format(self._title))
        self.create_button.setText(self.tr("Rename") if own else self.tr("Create"))
        self.field.setText(suggestion)
        self.show_problem("")
        self.show()
        self.field.selectAll()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_problem(self, problem: str) -> None:
        """Why the name can't be had; "" if it can."""
        self._problem.show_problem(problem)
        mark_problem(self.field, bool(problem))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives up."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        (self.renamed if self._own else self.named).emit(self.field.text().strip())

    def _follow(self) -> None:
        self.field.setFont(self._theme.font("body"))
