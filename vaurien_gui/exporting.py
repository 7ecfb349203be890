"""The profile leaves the window in one of its forms: to the clipboard, or to a file with the profile beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from vaurien_core.errors import VaurienError
from vaurien_gui import files
from vaurien_gui.export_actions import FORMS
from vaurien_gui.models.shown import ExportPage
from vaurien_gui.presenters.export import export, proxy_ini
from vaurien_gui.views import dialogs

if TYPE_CHECKING:
    from vaurien_gui.app import App


def handlers(app: App) -> dict[str, Callable[[], object]]:
    """What the actions of Copy as do, by id."""
    made: dict[str, Callable[[], object]] = {f"copy-{key}": partial(copy, app, key) for key in FORMS}
    return made | {"copy-proxy": partial(copy_proxy, app)}


def copy(app: App, key: str) -> None:
    """One form to the clipboard; says so, or why there is none."""
    if app.session.profile is None:
        return
    made = export(app.session, app.registry)
    page = made.page(key)
    if not made.ok:
        app.tell(f"{page.title} was not copied. {made.verdict}.", made.detail)
    else:
        _to_clipboard(app, page.text, page.title)


def copy_proxy(app: App) -> None:
    """The selected proxy alone, as INI, to the clipboard."""
    if app.session.proxy is None:
        return
    try:
        text = proxy_ini(app.session, app.registry)
    except VaurienError as error:
        app.tell("The proxy was not copied.", str(error))
    else:
        _to_clipboard(app, text, f"INI of {app.session.proxy.name}")


def copied(app: App, text: str, title: str) -> None:
    """What the sheet shows was asked for."""
    _to_clipboard(app, text, title)


async def save(app: App, key: str) -> None:
    """Ask where, and write one form; those that read the profile from their folder get it there."""
    if app.session.profile is None:
        return
    if key == "ini":
        if await app.filing.save_as():
            app.toast.show_text(f"Saved {app.session.document.name}")
        return
    page = export(app.session, app.registry).page(key)
    kind = page.file_name.rpartition(".")[2]
    path = await dialogs.ask_save_as(app.window, app.filing.folder / page.file_name, f"*.{kind} (*.{kind})")
    if path is None:
        return
    beside = await _beside(app, path.parent) if page.beside else ""
    if beside is None or not await _written(app, path, page):
        return
    app.toast.show_text(f"Saved {path.name}{f' and {beside}' if beside else ''}")


async def _beside(app: App, folder: Path) -> str | None:
    """The profile in the same folder; its name, or "" if it was there already, None if it could not be put there."""
    document = app.session.document
    path = folder / (document.path.name if document.path else "profile.ini")
    if document.path is not None and path.resolve() == document.path:
        if document.modified:
            return path.name if await app.filing.save() else None
        return ""
    if path.exists() and not await dialogs.ask_replace(app.window, path.name, folder):
        return None
    if document.path is None:
        return path.name if app.filing.save_to(path) else None
    try:
        files.copy_file(document, path, app.registry)
    except VaurienError as error:
        app.tell(str(error))
        return None
    return path.name


async def _written(app: App, path: Path, page: ExportPage) -> bool:
    """Write it as if it began with the profile as it is now: another name may have changed what it says."""
    text = export(app.session, app.registry).page(page.key).text
    try:
        await asyncio.to_thread(path.write_text, text, encoding="utf-8")
    except OSError as error:
        app.tell(f"{path} could not be written: {error.strerror}.")
        return False
    return True


def _to_clipboard(app: App, text: str, title: str) -> None:
    QGuiApplication.clipboard().setText(text)
    app.toast.show_text(f"Copied {title}")
