"""Tools and whole-mix actions: client settings, doctor, verify, the log's tab and folder, validate, solo, split.

Owned by the app. The log is read from `logging` while the window lives, and drawn only while its tab is in front.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication

from vaurien_core.registry import Registry
from vaurien_gui import paths
from vaurien_gui.models.log_lines import LogLines
from vaurien_gui.presenters.client_settings import client_settings
from vaurien_gui.presenters.export import export
from vaurien_gui.presenters.shaping import Shaping
from vaurien_gui.session import Session
from vaurien_gui.style.theme import Theme
from vaurien_gui.verifying import Verifying
from vaurien_gui.views.log_view import LogView
from vaurien_gui.views.window import MainWindow

if TYPE_CHECKING:
    from vaurien_gui.actions import Actions
    from vaurien_gui.workbench import Workbench

LOG = 3
"""The log's tab."""
DRAW_MS = 200


class Tools(QObject):
    """See the module."""

    read = Signal(str, str)
    """A title and a text to read."""
    doctor_wanted = Signal()

    def __init__(
        self, session: Session, window: MainWindow, theme: Theme, registry: Registry, bench: Workbench
    ) -> None:
        super().__init__(window)
        self._session, self._window, self._registry = session, window, registry
        self._shaping = Shaping(session, bench.mix)
        self.verifying = Verifying(window, theme)
        self.lines = LogLines()
        self.lines.listen()
        self.log_view = LogView(theme, self.lines)
        window.journal.add_page("Log", self.log_view, self.log_view.tools)
        self._drawing = QTimer(self, interval=DRAW_MS)
        self._drawing.timeout.connect(self.log_view.refresh)
        window.journal.turned.connect(self._turned)
        self.log_view.copy_wanted.connect(lambda: QGuiApplication.clipboard().setText(self.log_view.selected))
        self.log_view.clear_wanted.connect(self._clear)
        self.log_view.folder_wanted.connect(self.open_logs)

    def close(self) -> None:
        """Collect and draw no more."""
        self._drawing.stop()
        self.lines.close()
        self.verifying.close()

    def enable(self, actions: Actions) -> None:
        """What can be done now."""
        there = self._session.profile is not None
        actions.enable(
            solo=self._shaping.possible, split=self._shaping.possible,
            validate=there, client_settings=there, tab_log=there,
        )  # fmt: skip

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What each action does, by its id."""
        return {
            "solo": lambda: self._shaping.solo(self._window.mix.in_hand),
            "split": self._shaping.split,
            "validate": self.validate,
            "client-settings": self.show_client_settings,
            "doctor": self.doctor_wanted.emit,
            "verify": self.verifying.start,
            "tab-log": self.show_log,
            "open-logs": self.open_logs,
        }

    def show_log(self) -> None:
        """The log's tab, the keyboard with it."""
        self._window.journal.show_tab(LOG)
        self.log_view.list.setFocus()

    def open_logs(self) -> None:
        """The folder of the log file, in the desktop's own program."""
        folder = paths.log_file().parent
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.read.emit("Logs", f"No program opens folders here. The log is\n{paths.log_file()}")

    def validate(self) -> None:
        """What the headless core says of the profile as it stands."""
        if self._session.profile is None:
            return
        made = export(self._session, self._registry)
        self.read.emit("Validate", f"{made.verdict}.\n\n{made.detail}")

    def show_client_settings(self) -> None:
        """What to point clients at."""
        profile, state = self._session.profile, self._session.state
        if profile is None:
            return
        bound = {p.name: p.bound or "" for p in state.proxies} if state is not None else {}
        text = client_settings((spec, bound.get(spec.name, "")) for spec in profile.proxies)
        self.read.emit("Client settings", text)

    def _turned(self, tab: int) -> None:
        if tab == LOG:
            self.log_view.refresh()
            self._drawing.start()
        else:
            self._drawing.stop()

    def _clear(self) -> None:
        self.lines.clear()
        self.log_view.refresh()
