"""The bar's offers about the open file: unsaved changes of a crashed window, and a file that changed on disk.

Between `recovery`, the file system and the message bar; owned by the app. What an offer does to the document goes
through `files`, so it is read as any other file.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer

from vaurien_core.errors import ProfileError, VaurienError
from vaurien_core.profiles import Document as Source
from vaurien_core.registry import Registry
from vaurien_gui import files, recovery
from vaurien_gui.document import Document
from vaurien_gui.models.shown import BandAction
from vaurien_gui.views.messagebar import MessageBar

SETTLE_MS = 300
"""Editors write a file in several steps."""
Tell = Callable[[str, str], None]
Read = Callable[[str, str], None]


class Offers(QObject):
    """Shows one offer at a time: a recovered profile first.

    Args:
        document: the open one.
        bar: where offers stand.
        registry: what profiles may name.
        folder: of the recovery.
        tell: says that something failed: a sentence and details.
        read: shows a text to read: title and text.
    """

    def __init__(
        self, document: Document, bar: MessageBar, registry: Registry, folder: Path, tell: Tell, read: Read
    ) -> None:
        super().__init__(bar)
        self._document, self._bar, self._registry, self._folder = document, bar, registry, folder
        self._tell, self._read = tell, read
        self._left: list[recovery.Recovered] = []
        self._watcher = QFileSystemWatcher(self)
        self._settled = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settled.timeout.connect(self.look)
        self._watcher.fileChanged.connect(lambda _: self._settled.start())
        self._watcher.directoryChanged.connect(lambda _: self._settled.start())
        document.file_changed.connect(self._watch)
        bar.action.connect(self._act)
        self._changed = False

    def begin(self) -> None:
        """Offer what crashed windows left."""
        self._left = recovery.found(self._folder)
        self._show()

    def look(self) -> None:
        """Compare the open file with the disk."""
        self._watch_again()
        before, self._changed = self._changed, self._on_disk() is not None
        if self._changed != before:
            self._show()

    # -- showing

    def _show(self) -> None:
        if self._left:
            first = self._left[0]
            when = f"{first.at.astimezone():%H:%M}"
            self._bar.show_message(
                f"Vaurien ended without saving {first.name}. Its changes of {when} were kept.",
                (
                    BandAction("restore", "Restore"),
                    BandAction("compare", "Compare"),
                    BandAction("discard", "Discard"),
                ),
                "warn",
            )
        elif self._changed:
            self._bar.show_message(
                f"{self._document.name} changed on disk.",
                (BandAction("reload", "Reload"), BandAction("keep", "Keep mine"), BandAction("diff", "Diff")),
                "warn",
            )
        else:
            self._bar.hide()

    def _act(self, name: str) -> None:
        {
            "restore": self._restore, "compare": self._compare, "discard": self._discard,
            "reload": self._reload, "keep": self._keep, "diff": self._diff,
        }[name]()  # fmt: skip

    # -- a crashed window's profile

    def _restore(self) -> None:
        """Open the profile as it was: changed against its file, so that saving is what is left to do."""
        left = self._left[0]
        try:
            files.restore(self._document, left.text, left.path, left.title, self._registry)
        except ProfileError as error:
            self._tell(f"{left.name} can't be restored. {str(error).splitlines()[0]}", f"{error}\n\n{left.text}")
            return
        self._next()

    def _compare(self) -> None:
        left = self._left[0]
        self._read(f"What was not saved of {left.name}", _difference(_text(left.path), left.text, "saved", "recovered"))

    def _discard(self) -> None:
        self._next()

    def _next(self) -> None:
        recovery.remove(self._left.pop(0).file)
        self._show()

    # -- a file that changed

    def _watch(self) -> None:
        """Another file is open, or this one was saved."""
        self._changed = False
        self._watch_again()
        self._show()

    def _watch_again(self) -> None:
        old = [*self._watcher.files(), *self._watcher.directories()]
        if old:
            self._watcher.removePaths(old)
        path = self._document.path
        if path is not None:
            self._watcher.addPaths([str(p) for p in (path, path.parent) if p.exists()])

    def _on_disk(self) -> bytes | None:
        """What is in the file now, if that isn't what was opened or saved; a file that is gone is no change."""
        path, source = self._document.path, self._document.source
        if path is None or not isinstance(source, Source):
            return None
        try:
            now = path.read_bytes()
        except OSError:
            return None
        return now if now != source.data else None

    def _reload(self) -> None:
        path = self._document.path
        if path is None:
            return
        try:
            warnings = files.open_file(self._document, path, self._registry)
        except VaurienError as error:
            self._tell(f"{path.name} was not read again. {str(error).splitlines()[0]}", str(error))
            return
        if warnings:
            self._tell(f"{path.name}: {warnings[0]}", "\n".join(warnings))

    def _keep(self) -> None:
        """From now on the file on disk is known: saving replaces it."""
        now = self._on_disk()
        if now is not None:
            self._document.source = replace(self._document.source, data=now)
        self._changed = False
        self._show()

    def _diff(self) -> None:
        mine = files.profile_text(self._document, self._registry)
        self._read(
            f"{self._document.name}: on disk and here", _difference(_text(self._document.path), mine, "disk", "here")
        )


def _text(path: Path | None) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path is not None else ""
    except OSError:
        return ""


def _difference(before: str, after: str, left: str, right: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), left, right, lineterm="")
    return "\n".join(lines) or "Both say the same."
