"""Preferences in use: the sheet that shows them, and what each of them does to the open window. Owned by the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject
from PySide6.QtGui import QFont

from vaurien_gui import engines
from vaurien_gui.preferences import ACTUAL
from vaurien_gui.style import fonts
from vaurien_gui.style.theme import Mode
from vaurien_gui.views.preferences import PreferencesSheet
from vaurien_gui.views.sheet import Sheet

if TYPE_CHECKING:
    from vaurien_gui.app import App


class Preferring(QObject):
    """Between `Preferences` and the parts of the app that follow them."""

    def __init__(self, app: App) -> None:
        super().__init__(app)
        self._app, self._preferences = app, app.preferences
        self._scaled = 100
        self.form = PreferencesSheet(app.theme)
        self.sheet = Sheet(app.theme, app.window, app.window.band, self.form, 560, 420)
        self.form.edited.connect(self._preferences.edit)
        self.form.reset.connect(self._preferences.reset)
        self.form.done.connect(self.sheet.close_sheet)
        self._preferences.changed.connect(self._apply)
        app.workbench.ticks_changed.connect(self._follow)

    def begin(self) -> None:
        """Apply all that isn't as drawn already, when the window opens."""
        for name in ("text_size", "graph_rate", "autosave", "auto_off"):
            self._apply(name)

    def show(self) -> None:
        """Open the sheet."""
        self.form.show_rows(self._preferences.rows())
        self.sheet.open()

    def zoom(self, steps: int) -> None:
        """Everything larger or smaller; 0: as the desktop has it."""
        self._preferences.put("text_size", self._preferences.zoomed(steps) if steps else ACTUAL)

    def _apply(self, name: str) -> None:
        app, values = self._app, self._preferences.values
        match name:
            case "theme" if values.theme != app.theme.mode:
                app.set_theme(cast("Mode", values.theme))
            case "text_size":
                self._scale(_number(values.text_size))
            case "graph_rate" if app.workbench.rate_hz != _number(values.graph_rate):
                app.workbench.set_rate(_number(values.graph_rate))
            case "journal_rows" if app.workbench.look.journal_size != _number(values.journal_rows):
                app.workbench.look.set_journal_size(_number(values.journal_rows))
            case "engine" if not engines.is_url(app.session.place):
                app.session.use_place(values.engine, engines.opener(values.engine, app.registry))
            case "autosave":
                app.recovery.every(values.autosave)
            case "auto_off":
                app.auto_off.minutes = float(values.auto_off)
        if not self.sheet.isHidden():
            self.form.show_rows(self._preferences.rows())

    def _follow(self) -> None:
        """What menus chose is preferred from now on."""
        bench = self._app.workbench
        for name, value in (("graph_rate", f"{bench.rate_hz} Hz"), ("journal_rows", f"{bench.look.journal_size:,}")):
            if getattr(self._preferences.values, name) != value and value in self._choices(name):
                self._preferences.put(name, value)

    def _choices(self, name: str) -> tuple[str, ...]:
        return next(row.option.choices for row in self._preferences.rows() if row.option.name == name)

    def _scale(self, percent: int) -> None:
        wanted = QFont(fonts.system_font())
        if wanted.pixelSize() > 0:
            wanted.setPixelSize(max(6, round(wanted.pixelSize() * percent / 100)))
        else:
            wanted.setPointSizeF(wanted.pointSizeF() * percent / 100)
        if percent != self._scaled:
            self._scaled = percent
            self._app.theme.set_base_font(wanted)


def _number(text: str) -> int:
    """Of a choice: `20,000`, `5 Hz`."""
    return int("".join(c for c in text if c.isdigit()))
