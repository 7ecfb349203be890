"""New, open, save: the conversations around a profile's file. Nothing blocks; what is unsaved is asked about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QSettings

from vaurien_core.errors import ProfileError, UsageError
from vaurien_core.profiles import ChangedOnDiskError
from vaurien_core.registry import Registry
from vaurien_gui import files
from vaurien_gui.presenters.proxies import new_profile
from vaurien_gui.session import Session
from vaurien_gui.views import dialogs
from vaurien_gui.views.recent import RecentFile
from vaurien_gui.views.window import MainWindow

RECENT = 10
Tell = Callable[[str, str], None]
"""Shows a sentence and the details behind it."""


def recent_file(path: str) -> RecentFile:
    """A line of the recent list, with the time of the file's last change."""
    place = Path(path)
    folder = str(place.parent)
    home = str(Path.home())
    if folder.startswith(home):
        folder = f"~{folder[len(home) :]}"
    try:
        changed = datetime.fromtimestamp(place.stat().st_mtime).astimezone()
    except OSError:
        return RecentFile(path, place.name, folder)
    days = (datetime.now().astimezone().date() - changed.date()).days
    when = {0: f"today {changed:%H:%M}", 1: "yesterday"}.get(days, f"{changed.day} {changed:%B}")
    return RecentFile(path, place.name, folder, when)


class Filing:
    """Owned by the app."""

    def __init__(
        self, session: Session, window: MainWindow, registry: Registry, settings: QSettings, tell: Tell
    ) -> None:
        self._session, self._window, self._registry = session, window, registry
        self._settings, self._tell = settings, tell

    @property
    def recent(self) -> tuple[str, ...]:
        """Files that were open, newest first, as far as they are still there."""
        stored = self._settings.value("files/recent", [])
        paths = stored if isinstance(stored, list) else [stored]
        return tuple(p for p in map(str, paths) if Path(p).is_file())[:RECENT]

    async def may_leave(self) -> bool:
        """Whether the open profile may go: nothing is unsaved, or the user has said what becomes of it."""
        document = self._session.document
        if not document.modified or document.demo:
            return True
        answer = await dialogs.ask_save(self._window, document.name)
        if answer == "save":
            return await self.save()
        return answer == "discard"

    async def new(self) -> None:
        """A new profile with one proxy."""
        if await self.may_leave():
            self._session.document.replace(new_profile(), title="Untitled")

    async def open(self, path: Path | None = None) -> None:
        """Open a file; asks which unless told."""
        if not await self.may_leave():
            return
        if path is None:
            path = await dialogs.ask_open(self._window, self.folder)
        if path is not None:
            self.load(path)

    def load(self, path: Path) -> bool:
        """Open a file without asking; says what is wrong with it."""
        try:
            warnings = files.open_file(self._session.document, path, self._registry)
        except ProfileError as error:
            lines = str(error).splitlines()
            more = f" ({len(lines) - 1} more)" if len(lines) > 1 else ""
            self._tell(f"{path.name} was not opened. {_here(lines[0], path)}{more}", str(error))
            return False
        self._remember(path)
        if warnings:
            self._tell(f"{path.name}: {_here(warnings[0], path)}", "\n".join(warnings))
        return True

    async def save(self) -> bool:
        """Write the profile to its file; asks where if it has none. Whether it was written."""
        path = self._session.document.path
        return self.save_to(path) if path is not None else await self.save_as()

    async def save_as(self) -> bool:
        """Write the profile to a file of the user's choice."""
        document = self._session.document
        if document.profile is None:
            return False
        suggestion = document.path or self.folder / "profile.ini"
        path = await dialogs.ask_save_as(self._window, suggestion)
        return self.save_to(path) if path is not None else False

    def save_to(self, path: Path) -> bool:
        """Write the profile to a file, which becomes the document's own. Whether it was written."""
        try:
            files.save_file(self._session.document, path, self._registry)
        except ChangedOnDiskError as error:
            self._tell(
                f"{path.name} changed on disk and was not written: reload it, keep yours, or save as another file.",
                str(error),
            )
            return False
        except UsageError as error:
            self._tell(str(error), "")
            return False
        self._remember(path)
        return True

    def _remember(self, path: Path) -> None:
        own = str(path.resolve())
        self._settings.setValue("files/recent", [own, *(p for p in self.recent if p != own)][:RECENT])
        self._session.document.file_changed.emit()

    @property
    def folder(self) -> Path:
        """Where files are looked for first: beside the open one, or the last one that was open."""
        path = self._session.document.path
        if path is not None:
            return path.parent
        return Path(self.recent[0]).parent if self.recent else Path.cwd()


def _here(line: str, path: Path) -> str:
    """An error of a file whose name was just said: `Line 4 [vaurien] ...` instead of the whole path again."""
    place, colon, rest = line.partition(f"{path.name}:")
    number, blank, words = rest.partition(" ")
    said = colon and blank and number.isdigit() and Path(f"{place}{path.name}").name == path.name
    return f"Line {number} {words}" if said else line
