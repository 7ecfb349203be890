"""The conversation around an engine that somebody else runs: attach, detach, and the question before it is stopped."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox

from vaurien_core.cli.runtime import RunningEngine, running
from vaurien_core.engine.remote import RemoteEngine
from vaurien_core.errors import EngineLostError, UsageError, VaurienError
from vaurien_core.registry import Registry
from vaurien_gui import engines
from vaurien_gui.models.shown import LocalEngineRow
from vaurien_gui.session import Session
from vaurien_gui.style.theme import Theme
from vaurien_gui.views import dialogs
from vaurien_gui.views.attach import AttachSheet
from vaurien_gui.views.sheet import Sheet
from vaurien_gui.views.window import MainWindow

TOKEN = "VAURIEN_TOKEN"
Spawn = Callable[[Coroutine[Any, Any, object]], None]
MayLeave = Callable[[], Awaitable[bool]]


class Attaching(QObject):
    """Owned by the app; the sheet belongs to the window. Tokens live in the engine's link and nowhere else."""

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        theme: Theme,
        registry: Registry,
        spawn: Spawn,
        may_leave: MayLeave,
    ) -> None:
        super().__init__(window)
        self._registry = registry
        self._session, self._window, self._spawn, self._may_leave = session, window, spawn, may_leave
        self.form = AttachSheet(theme)
        self.sheet = Sheet(theme, window, window.band, self.form, 520)
        self.form.attach.connect(lambda address, token: spawn(self._try(address, token)))
        self.form.done.connect(self.sheet.close_sheet)

    def show(self) -> None:
        """Ask which engine."""
        rows = tuple(_row(engine) for engine in running())
        self.form.begin(rows, os.environ.get(TOKEN, ""))
        self.sheet.open()

    async def attach(self, address: str, token: str) -> None:
        """Show what the engine at an address runs, in place of what is open.

        Raises:
            VaurienError: it can't be reached, or refuses us; says why.
        """
        address = _url(address)
        asked = RemoteEngine(address, token, retry_for_s=0.0)
        try:
            found = await asked.profile()
        except EngineLostError as error:
            raise EngineLostError(str(error).replace(" any more", "")) from None
        finally:
            await asked.aclose()
        if await self._may_leave():
            self._session.attach(engines.attached(address, token), found.profile, address.partition("://")[2])

    def detach(self) -> None:
        """Leave the engine running; what it runs stays open here, stopped and unsaved."""
        session, profile = self._session, self._session.profile
        if profile is not None and session.attached:
            if engines.is_url(session.place):
                session.use_place(engines.CHILD, engines.opener(engines.CHILD, self._registry))
            session.detach()

    async def stop_remote(self) -> None:
        """Stop somebody else's engine, if that is really meant."""
        box = dialogs.box_of(
            self._window,
            "Stop remote",
            f"Stop every proxy of {self._session.remote or 'the remote engine'}?",
            "Whoever uses it loses the connection. Detach leaves it running.",
        )
        stop = box.addButton("Stop remote", QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(cancel)
        box.setEscapeButton(cancel)
        pressed: list[object] = []
        box.buttonClicked.connect(pressed.append)
        await dialogs.ask(box)
        if stop in pressed:
            self._session.stop()

    async def _try(self, address: str, token: str) -> None:
        self.form.show_problem("")
        self.form.show_busy(True)
        try:
            await self.attach(address, token)
        except VaurienError as error:
            self.form.show_problem(str(error))
        else:
            self.sheet.close_sheet()
            self.form.token.clear()
        finally:
            self.form.show_busy(False)


def _url(address: str) -> str:
    """With its scheme.

    Raises:
        UsageError: no address.
    """
    if not address:
        raise UsageError("An address is needed: http://host:port, as the run says after `control server on`.")
    scheme, separator, rest = address.partition("://")
    if separator and scheme != "http":
        raise UsageError(f"expected http://host:port, got {scheme}://: an engine speaks plain HTTP.")
    rest = rest if separator else address
    return f"http://{rest.rstrip('/')}"


def _row(engine: RunningEngine) -> LocalEngineRow:
    place = engine.url.partition("://")[2]
    return LocalEngineRow(
        engine.profile or "A run without a profile", f"{place}, process {engine.pid}, seed {engine.seed}", engine.url,
        engine.token,
    )  # fmt: skip
