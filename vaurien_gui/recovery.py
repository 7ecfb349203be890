"""What survives a crash of the window: the unsaved profile, as the INI text that saving would have written.

Every ten seconds a changed document is written beside the window's own state, readable by its owner only. A lock file
says that its window lives; when the next window finds a text whose lock nobody holds, it offers to restore it.
Reading a text runs no code that it names. Owned by the app.
"""

from __future__ import annotations

import json
import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QTimer

from vaurien_core.cli.ready import write_private
from vaurien_core.errors import UsageError, VaurienError
from vaurien_core.registry import Registry
from vaurien_gui.document import Document
from vaurien_gui.files import profile_text

EVERY_MS = 10_000


@dataclass(frozen=True, slots=True)
class Recovered:
    """A text that a window left behind."""

    file: Path
    """Of the text, in the recovery folder."""
    text: str
    path: Path | None
    """The profile's own file, if it had one."""
    title: str
    at: datetime

    @property
    def name(self) -> str:
        """The profile's name for people."""
        return self.path.name if self.path else self.title or "Untitled"


class Recovery(QObject):
    """Keeps a copy of what is unsaved; `close` when the window ends in order."""

    def __init__(self, document: Document, registry: Registry, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._registry, self._folder = document, registry, folder
        self._file = folder / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.ini"
        self._lock: QLockFile | None = None
        self._written = ""
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.keep)
        document.file_changed.connect(self.keep)

    def start(self) -> None:
        """Look every ten seconds."""
        self._timer.start()

    def every(self, seconds: float) -> None:
        """Look so often from now on."""
        self._timer.setInterval(round(seconds * 1000))

    def keep(self) -> None:
        """Write what is unsaved now, or take the copy away where nothing is. Never raises: a full disk stops nobody."""
        document = self._document
        if not document.modified or document.demo:
            self._forget()
            return
        try:
            text = profile_text(document, self._registry)
        except VaurienError:
            return
        if text == self._written:
            return
        about = {
            "path": str(document.path) if document.path else "",
            "title": document.title,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with suppress(OSError, UsageError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._lock is None:
                self._lock = QLockFile(str(self._file.with_suffix(".lock")))
                self._lock.setStaleLockTime(0)
                self._lock.tryLock(0)
            write_private(self._file.with_suffix(".json"), json.dumps(about))
            write_private(self._file, text)
            self._written = text

    def close(self, *, leave: bool = False) -> None:
        """The window ends: nothing is left behind, or with `leave` what is unsaved (nobody was asked about it)."""
        self._timer.stop()
        if leave:
            self.keep()
            if self._lock is not None:
                self._lock.unlock()
        else:
            self._forget()

    def _forget(self) -> None:
        if self._lock is None:
            return
        remove(self._file)
        self._lock.unlock()
        self._lock, self._written = None, ""


def found(folder: Path) -> list[Recovered]:
    """What windows left that are not alive any more, newest first; broken leftovers are taken away."""
    left = []
    for file in sorted(folder.glob("*.ini")) if folder.is_dir() else ():
        lock = QLockFile(str(file.with_suffix(".lock")))
        lock.setStaleLockTime(0)
        if not lock.tryLock(0):
            continue  # its window lives
        lock.unlock()
        try:
            about = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
            at = datetime.fromisoformat(about["at"])
            path = Path(about["path"]) if about["path"] else None
            left.append(Recovered(file, file.read_text(encoding="utf-8"), path, str(about["title"]), at))
        except (OSError, ValueError, KeyError, TypeError):
            remove(file)
    return sorted(left, key=lambda r: r.at, reverse=True)


def remove(file: Path) -> None:
    """Take a text and what belongs to it away."""
    for suffix in (".ini", ".json"):
        with suppress(OSError):
            file.with_suffix(suffix).unlink()
