"""The composition root: makes the parts, ties them together, opens the window, and ends everything in order."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, cast

os.environ.setdefault("QT_API", "pyside6")

from PySide6.QtCore import QObject, QSettings, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QIcon
from PySide6.QtWidgets import QApplication

import vaurien_core
from vaurien_core.cli.registries import make_registry
from vaurien_core.errors import VaurienError
from vaurien_core.model.profile import Profile
from vaurien_core.resources import resource
from vaurien_gui import engines, exporting, exports, graph_handlers, help_texts, hints, loop, paths
from vaurien_gui.actions import Actions
from vaurien_gui.arguments import Arguments
from vaurien_gui.attaching import TOKEN, Attaching
from vaurien_gui.autooff import AutoOff
from vaurien_gui.crash import CrashReporter
from vaurien_gui.filing import Filing, recent_file
from vaurien_gui.folders import Folders
from vaurien_gui.handlers import handlers
from vaurien_gui.models.shown import BandAction
from vaurien_gui.offers import Offers
from vaurien_gui.opening import OpenEngine
from vaurien_gui.preferences import Preferences
from vaurien_gui.preferring import Preferring
from vaurien_gui.presenters.demo import DemoScript
from vaurien_gui.presenters.new_from_preset import NewFromPreset
from vaurien_gui.preset_sheets import PresetSheets
from vaurien_gui.recovery import Recovery
from vaurien_gui.session import Session
from vaurien_gui.sheets import Sheets
from vaurien_gui.style.theme import Mode, Theme
from vaurien_gui.tools import Tools
from vaurien_gui.trust import Trust
from vaurien_gui.views import dialogs
from vaurien_gui.views.menus import Menus
from vaurien_gui.views.messagebar import Toast
from vaurien_gui.views.window import MainWindow
from vaurien_gui.workbench import Workbench

logger = logging.getLogger("vaurien.window")
DETAILS = BandAction("details", "Details")


class App(QObject):
    """One window with its session. Owns everything; `run` opens it and ends it."""

    def __init__(
        self,
        qt: QApplication,
        arguments: Arguments,
        *,
        settings: QSettings | None = None,
        reporter: CrashReporter | None = None,
        open_engine: OpenEngine | None = None,
    ) -> None:
        super().__init__()
        self.arguments = arguments
        self.settings = settings or QSettings(str(paths.settings_file()), QSettings.Format.IniFormat)
        self.reporter = reporter or CrashReporter(None)
        self.preferences = Preferences(self.settings, self)
        mode = arguments.theme or self.preferences.values.theme
        self.theme = Theme(cast("Mode", mode), parent=self)
        self.theme.apply(qt)
        self.registry = make_registry()
        self.place = arguments.engine or self.preferences.engine
        token = arguments.token or os.environ.get(TOKEN, "")
        opener = open_engine or engines.opener(self.place, self.registry, token)
        folder = Path(self.settings.fileName()).parent
        trust = Trust(folder / "trusted-code.json")
        self.session = Session(opener, self.reporter.report, self.registry.catalogue(), self, trust=trust)
        self.session.place = self.place
        self.window = MainWindow(self.theme)
        self.workbench = Workbench(self.session, self.window, self.theme, self.registry)
        self.filing = Filing(self.session, self.window, self.registry, self.settings, self.tell)
        self.tasks = loop.Tasks("window", self.reporter.report)
        state = folder / "recovery"
        self.recovery = Recovery(self.session.document, self.registry, state, self)
        self.sheets = Sheets(self.session, self.window, self.theme, self.registry)
        beginning = NewFromPreset(self.session, self.registry, self.workbench.presets.folder, self)
        self.preset_sheets = PresetSheets(self.session, self.window, self.theme, self.workbench.presets, beginning)
        self.tools = Tools(self.session, self.window, self.theme, self.registry, self.workbench)
        self.tools.doctor_wanted.connect(lambda: self.spawn(self.sheets.doctor()))
        self.tools.read.connect(self.sheets.read)
        self.attaching = Attaching(
            self.session, self.window, self.theme, self.registry, self.spawn, self.filing.may_leave
        )
        self.folders = Folders(self.session, self)
        self.auto_off = AutoOff(self.session, self.tell, self)
        self.workbench.band.auto_off = lambda: self.auto_off.left_s
        self.preferring = Preferring(self)
        self.actions = Actions(self.window, self.theme, handlers(self))
        self.workbench.actions = self.actions
        self.workbench.enable_more.append(self.tools.enable)
        self.menus = Menus(self.window.menuBar(), self.actions, lambda path: self.spawn(self.filing.open(Path(path))))
        self.toast = Toast(self.theme, self.window)
        self.offers = Offers(
            self.session.document, self.window.offers, self.registry, state, self.tell, self.sheets.read
        )
        self._details = ""
        self._closed: asyncio.Future[None] | None = None
        self._leaving = self._ended = self._unasked = False
        self.reporter.show = self.tell
        self._connect()

    async def run(self) -> int:
        """Open the window, wait until the user leaves, end the engine."""
        running = asyncio.get_running_loop()
        self._closed = running.create_future()
        self._watch_signals(running)
        self.open()
        try:
            await self._closed
        finally:
            await self.aclose()
        return 0

    def open(self) -> None:
        """Show the window with what the command line asks for."""
        self.window.restore_state(self.settings)
        self.workbench.look.restore(self.settings)
        self.workbench.start()
        self.window.show()
        self.show_recent()
        self.recovery.start()
        self.preferring.begin()
        self.auto_off.start()
        self.offers.begin()
        if self.arguments.demo:
            self.run_demo()
        elif self.arguments.profile is not None:
            self.filing.load(self.arguments.profile)
        elif engines.is_url(self.arguments.engine):
            self.spawn(self._attach())

    async def aclose(self) -> None:
        """End everything, once: the window first, so that nobody waits in front of it."""
        if self._ended:
            return
        self._ended = True
        self.window.save_state(self.settings)
        self.workbench.look.save(self.settings)
        self.settings.sync()
        self.workbench.close()
        self.auto_off.close()
        self.tools.close()
        self.recovery.close(leave=self._unasked)
        self.window.hide()
        await self.tasks.aclose()
        await self.session.aclose()
        self.window.let_close()
        self.window.deleteLater()

    def leave(self) -> None:
        """The user wants to go: asks about unsaved changes, once."""
        if not self._leaving:
            self._leaving = True
            self.spawn(self._leave())

    def quit_now(self) -> None:
        """Leave without a question; unsaved changes are offered next time (SIGINT, SIGTERM)."""
        self._unasked = True
        self._end()

    def _end(self) -> None:
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)

    def tell(self, text: str, details: str = "") -> None:
        """Say that something failed, in a bar; more on request."""
        self._details = details
        self.window.messages.show_message(text, (DETAILS,) if details else (), "warn")

    def run_demo(self) -> None:
        """The demo in place of what is open (asked about before)."""
        self.spawn(self._demo())

    def show_recent(self) -> None:
        """Recent files in the menu and on the empty page."""
        self.menus.show_recent(self.filing.recent)
        self.window.empty.show_recent(tuple(recent_file(path) for path in self.filing.recent[:4]))

    # --- wiring

    def _connect(self) -> None:
        window, bench, filing = self.window, self.workbench, self.filing
        window.close_requested.connect(self.leave)
        window.file_dropped.connect(lambda path: self.spawn(filing.open(Path(path))))
        window.messages.action.connect(lambda _: self.sheets.read("Details", self._details))
        window.empty.demo.connect(self.run_demo)
        window.empty.new.connect(lambda: self.spawn(filing.new()))
        window.empty.preset.connect(self.preset_sheets.show_new)
        window.empty.open.connect(lambda: self.spawn(filing.open()))
        window.empty.recent.connect(lambda path: self.spawn(filing.open(Path(path))))
        bench.export_wanted.connect(self.sheets.show_export)
        bench.own_backend_wanted.connect(self.sheets.show_own_backend)
        bench.details_wanted.connect(self.sheets.read)
        bench.stop_remote_wanted.connect(lambda: self.spawn(self.attaching.stop_remote()))
        bench.touched.connect(self.auto_off.touch)
        window.key_pressed.connect(self.auto_off.touch)
        bench.ticks_changed.connect(lambda: graph_handlers.show_ticks(self))
        window.graphs.menu_wanted.connect(lambda key, where: graph_handlers.panel_menu(self, key, where))
        graph_handlers.give_menus(self)
        self.workbench.scenes.give_actions(self.actions)
        window.journal.export_requested.connect(lambda: self.spawn(exports.journal(self)))
        self.sheets.copied.connect(lambda text, title: exporting.copied(self, text, title))
        self.sheets.save_as.connect(lambda key: self.spawn(exporting.save(self, key)))
        self.sheets.own_backend.connect(lambda profile: self.spawn(self._own_backend(profile)))
        self.preset_sheets.told.connect(self.toast.show_text)
        self.preset_sheets.new_wanted.connect(lambda profile: self.spawn(self._new_from_preset(profile)))
        bench.presets_wanted.connect(self.preset_sheets.show_list)
        self.session.trouble.connect(self.tell)
        self.session.notice.connect(lambda text: window.messages.show_message(text))
        self.session.document.file_changed.connect(self.show_recent)

    def spawn(self, coro: Coroutine[Any, Any, object]) -> None:
        """Run a conversation that nobody awaits; it ends with the window."""
        self.tasks.spawn(coro, getattr(coro, "__name__", "task"))

    def _watch_signals(self, running: asyncio.AbstractEventLoop) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                running.add_signal_handler(number, self.quit_now)
            except (NotImplementedError, RuntimeError, ValueError):
                logger.debug("signal %s can't be watched here", number)

    # --- doing

    async def _leave(self) -> None:
        try:
            if await self.filing.may_leave() and await self._may_stop():
                self._end()
        finally:
            self._leaving = False

    async def _may_stop(self) -> bool:
        """Whether what runs may end, where the user wants to be asked; a remote engine runs on anyway."""
        session = self.session
        if not self.preferences.values.confirm_quit or not session.started or session.attached:
            return True
        return await dialogs.ask_quit(self.window)

    async def save(self) -> None:
        """Write the profile, and say so."""
        if await self.filing.save():
            self.toast.show_text(f"Saved {self.session.document.name}")

    async def _demo(self) -> None:
        if await self.filing.may_leave():
            try:
                await DemoScript(self.session).run()
            except VaurienError as error:
                self.tell(f"The demo ended. {error}")
                return
            if self.session.document.demo and self.session.proxy is not None:
                hints.show_once(self.theme, self.window, self.settings)

    async def _new_from_preset(self, profile: Profile) -> None:
        """Leave what is open for this profile."""
        if await self.filing.may_leave():
            self.preset_sheets.new_sheet.close_sheet()
            self.session.document.replace(profile, title="Untitled")

    async def _own_backend(self, profile: Profile) -> None:
        """Leave the demo for this profile, and start it."""
        if await self.filing.may_leave():
            self.sheets.close()
            self.session.document.replace(profile, title="Untitled")
            self.session.start()

    async def _attach(self) -> None:
        """Show what the engine at the URL runs."""
        token = self.arguments.token or os.environ.get(TOKEN, "")
        try:
            await self.attaching.attach(self.arguments.engine, token)
        except VaurienError as error:
            self.tell(str(error))

    def set_theme(self, mode: Mode) -> None:
        """Change the colours, now and next time."""
        self.theme.set_mode(mode)
        self.preferences.put("theme", mode)
        self.actions[f"theme-{mode}"].setChecked(True)

    def open_manual(self) -> None:
        """The manual in the browser, or the folder where its pages are."""
        place = help_texts.manual(Path(vaurien_core.__file__).parent)
        if place is None or not QDesktopServices.openUrl(QUrl.fromLocalFile(str(place))):
            self.tell(
                f"The manual can't be opened from here. It is at {place}." if place else "No manual is installed."
            )

    def full_screen(self) -> None:
        """All of the screen, and back."""
        self.window.setWindowState(self.window.windowState() ^ Qt.WindowState.WindowFullScreen)


def main(arguments: Arguments) -> int:
    """Open the window; returns the exit status when it was closed."""
    threading.Thread(target=_warm_up, name="import numpy", daemon=True).start()
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    qt.setApplicationName("vaurien")
    qt.setApplicationDisplayName("")
    qt.setDesktopFileName("vaurien")
    qt.setWindowIcon(QIcon(str(resource("desktop", "vaurien.svg"))))
    qt.setQuitOnLastWindowClosed(False)
    reporter = CrashReporter(paths.log_file())

    async def open_window() -> int:
        reporter.install(asyncio.get_running_loop())
        return await App(qt, arguments, reporter=reporter).run()

    try:
        return loop.run(qt, open_window())
    finally:
        reporter.uninstall()


def _warm_up() -> None:
    import numpy  # noqa: F401 - takes 150 ms, and the window can be built meanwhile
