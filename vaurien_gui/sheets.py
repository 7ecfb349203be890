"""What lies over the window for a while: export, a backend of one's own, and texts to read."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QObject, Qt, Signal

from vaurien_core.registry import Registry
from vaurien_gui import help_texts, paths
from vaurien_gui.presenters.export import export
from vaurien_gui.presenters.own_backend import OwnBackendPresenter
from vaurien_gui.session import Session
from vaurien_gui.style.theme import Theme
from vaurien_gui.views import dialogs
from vaurien_gui.views.export_sheet import ExportSheet
from vaurien_gui.views.own_backend import OwnBackendSheet
from vaurien_gui.views.sheet import Sheet
from vaurien_gui.views.window import MainWindow


class Sheets(QObject):
    """Owned by the app; the sheets belong to the window."""

    copied = Signal(str, str)
    """A form's text, and its title."""
    save_as = Signal(str)
    """The key of the form."""
    own_backend = Signal(object)
    """The `Profile` to start."""

    def __init__(self, session: Session, window: MainWindow, theme: Theme, registry: Registry) -> None:
        super().__init__(window)
        self._session, self._window, self._theme, self._registry = session, window, theme, registry
        self.export = ExportSheet(theme)
        self.own = OwnBackendSheet(theme)
        self.own_values = OwnBackendPresenter(session, self)
        self.export_sheet = Sheet(theme, window, window.band, self.export, 720, 650)
        self.own_sheet = Sheet(theme, window, window.band, self.own, 520, 330)
        self._connect()

    def show_export(self) -> None:
        """The profile in all its forms."""
        if self._session.profile is None:
            return
        made = export(self._session, self._registry)
        self.export.show_export(made.pages, made.ok, made.verdict, made.detail)
        self.export_sheet.open()

    def show_own_backend(self) -> None:
        """Three fields and Start."""
        self.own_values.begin()
        self.own.show_form(self.own_values.form(), fresh=True)
        self.own_sheet.open()

    def close(self) -> None:
        """Put them away."""
        for sheet in (self.export_sheet, self.own_sheet):
            sheet.close_sheet()

    def read(self, title: str, text: str) -> None:
        """Show a text to read and copy."""
        dialog = dialogs.TextDialog(self._window, self._theme, title, text)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    async def doctor(self) -> None:
        """What this installation can and can't do."""
        from vaurien_gui.doctor import report

        self.read("Doctor", await asyncio.to_thread(report, try_display=False))

    def about(self) -> None:
        """Version, engine, log file."""
        place = self._session.link.engine.place if self._session.link else "not running"
        self.read("About Vaurien", help_texts.about(place, paths.log_file()))

    def _connect(self) -> None:
        self.export.copy.connect(self.copied)
        self.export.save_as.connect(self.save_as)
        self.export.done.connect(self.close)
        own, values = self.own, self.own_values
        own.protocol_edited.connect(values.set_protocol)
        own.backend_edited.connect(values.set_backend)
        own.backend_typed.connect(values.probe)
        own.listen_edited.connect(values.set_listen)
        own.action.connect(values.act)
        own.done.connect(self.close)
        own.start.connect(self._start_own)
        values.changed.connect(lambda: own.show_form(values.form()))

    def _start_own(self) -> None:
        profile = self.own_values.profile()
        if profile is not None:
            self.own_backend.emit(profile)
