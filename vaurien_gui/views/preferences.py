"""The sheet of preferences: a generated form; what is changed holds at once."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from vaurien_gui.forms.option_form import OptionForm
from vaurien_gui.models.shown import FormRow
from vaurien_gui.style.controls import Button, IconButton, Text
from vaurien_gui.style.theme import Theme


class PreferencesSheet(QWidget):
    """Shows rows, tells edits."""

    edited = Signal(str, str)
    reset = Signal(str)
    done = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Preferences"))
        self.form = OptionForm(theme)
        self.close_button = IconButton(theme, "close", self.tr("Close"))
        self.done_button = Button(theme, self.tr("Done"), kind="ink")
        head = QHBoxLayout()
        head.addWidget(Text(theme, self.tr("Preferences"), "sheet-title"))
        head.addStretch(1)
        head.addWidget(self.close_button)
        inner = QWidget()
        inner.setObjectName("leftBody")
        inner.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.form)
        inside.addStretch(1)
        scroll = QScrollArea()
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.done_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(scroll, 1)
        column.addLayout(buttons)
        self.form.edited.connect(self.edited)
        self.form.reset.connect(self.reset)
        for button in (self.close_button, self.done_button):
            button.clicked.connect(self.done)

    def show_rows(self, rows: tuple[FormRow, ...]) -> None:
        """Show values."""
        self.form.show_rows(self.tr("What is changed here holds at once, and next time."), rows)
