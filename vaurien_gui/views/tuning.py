"""The fold of the proxy panel: TLS, timeouts, limits, and what the protocol has to set."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from vaurien_gui.forms.option_form import OptionForm
from vaurien_gui.models.shown import TuningForm
from vaurien_gui.style.controls import Button
from vaurien_gui.style.theme import Theme


class TuningFold(QWidget):
    """A button, and under it the generated form. It unfolds by itself where something is wrong."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.button = Button(theme, self._words(0), "chevron-right", "link", token="accent")
        self.button.setCheckable(True)
        self.form = OptionForm(theme)
        self.form.hide()
        self._shown = TuningForm()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.form)
        self.form.tab_after(self.button)
        self.button.toggled.connect(self._unfold)

    def show_tuning(self, tuning: TuningForm) -> None:
        """Show values; they are laid out only once they are looked at."""
        self._shown = tuning
        self.setVisible(bool(tuning.rows))
        words = self._words(tuning.changed)
        if words != self.button.text():
            self.button.setText(words)
        if any(row.problem for row in tuning.rows):
            self.button.setChecked(True)
        if self.button.isChecked():
            self.form.show_rows("", tuning.rows)

    def _unfold(self, on: bool) -> None:
        if on:
            self.form.show_rows("", self._shown.rows)
        self.form.setVisible(on)
        self.button.show_icon("chevron-down" if on else "chevron-right")

    def _words(self, changed: int) -> str:
        text = self.tr("TLS, timeouts, limits")
        return self.tr("{} · {} set").format(text, changed) if changed else text
