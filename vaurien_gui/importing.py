"""File > Import: what other tools wrote, as a new profile that no file holds yet.

A file goes in, a document comes out, or one sentence about what is wrong with the file; nothing else changes then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vaurien_core.engine.checks import check_profile
from vaurien_core.errors import UsageError, VaurienError
from vaurien_core.profiles.toxiproxy import read_config
from vaurien_core.registry import Registry
from vaurien_gui.document import Document
from vaurien_gui.presenters.proxies import new_profile
from vaurien_gui.views import dialogs

if TYPE_CHECKING:
    from vaurien_gui.app import App

LARGEST = 16 << 20
"""Bytes of a file that is read at all; one of a thousand proxies has a tenth of that."""


def handlers(app: App) -> dict[str, Callable[[], object]]:
    """What the actions do."""
    return {"import-toxiproxy": lambda: app.spawn(ask_toxiproxy(app))}


async def ask_toxiproxy(app: App) -> None:
    """Ask which file, and about unsaved changes; then open what it says."""
    path = await dialogs.ask_import(app.window, app.filing.folder)
    if path is not None and await app.filing.may_leave():
        load_toxiproxy(app.session.document, path, app.registry, app.tell)


def load_toxiproxy(document: Document, path: Path, registry: Registry, tell: Callable[[str], None]) -> bool:
    """Open a JSON file of Toxiproxy as a new, unsaved profile. Whether it was one.

    Args:
        document: what is replaced.
        path: of the file.
        registry: which toxics there are.
        tell: says what is wrong with the file.
    """
    try:
        profile = read_config(_text(path), path.name, registry.catalogue())
        if not profile.proxies:
            raise UsageError(f"{path.name}: expected at least one proxy, got none.")
        profile = check_profile(profile, registry)
    except VaurienError as error:
        tell(f"Not imported. {str(error).splitlines()[0]}")
        return False
    document.replace(replace(profile, seed=new_profile().seed), title=f"{path.stem}.ini", unsaved=True)
    return True


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise UsageError(f"{path.name}: expected at most {LARGEST >> 20} MiB, got a larger file.")
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path.name}: can't be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path.name}: can't be read (it is not UTF-8).") from None
