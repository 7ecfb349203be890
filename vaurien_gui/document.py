"""The open document: a frozen `Profile` that is swapped, the file it came from, and its undo stack.

Comes in: edits from presenters, changes that others made to the engine's profile. Goes out: `edited` with what the
engine has to be told. Lives on the window's loop; owned by the session.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from vaurien_core.errors import UsageError
from vaurien_core.model.change import Edit, Path, edit, value_at
from vaurien_core.model.profile import Profile
from vaurien_gui.commands import SetValue
from vaurien_gui.models.naming import leaving, renaming

UNDO_LIMIT = 500


class Document(QObject):
    """What is open. `profile` is None on the empty page."""

    changed = Signal()
    """Profile, file or dirty marker are different now."""
    file_changed = Signal()
    """Another file is open, or this one was saved."""
    edited = Signal(object)
    """`Edit`s that were made here (also by undo) and that nobody told the engine yet."""
    adopted = Signal(object)
    """`Edit`s that are neither dirty nor undoable and that the engine needs at once (the demo's own steps)."""
    replaced = Signal()
    """Another profile was opened; the engine needs all of it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.profile: Profile | None = None
        self.baseline: Profile | None = None
        """What is in the file."""
        self.source: Any = None
        """The lossless file model of `profiles` (kept for saving), or None for a profile that has no file. Any: only
        `files` looks into it."""
        self.path: FilePath | None = None
        self.title = ""
        self.demo = self.unsaved = False
        self.undo = QUndoStack(self)
        self.undo.setUndoLimit(UNDO_LIMIT)
        self._order: tuple[str, ...] = ()

    @property
    def modified(self) -> bool:
        """Whether saving would change the file. Going back by hand counts as going back."""
        return self.profile is not None and (self.unsaved or self.profile != self.baseline)

    @property
    def name(self) -> str:
        """File name, or what the document is called without one."""
        return self.path.name if self.path else self.title or "Untitled"

    def replace(
        self,
        profile: Profile | None,
        *,
        path: FilePath | None = None,
        source: Any = None,
        title: str = "",
        demo: bool = False,
        baseline: Profile | None = None,
        unsaved: bool = False,
    ) -> None:
        """Open this profile in place of what was open.

        `baseline` is what its file says, where that differs; `unsaved`: there is no file that says it.
        """
        self.undo.clear()
        self.profile, self.baseline = profile, baseline or profile
        self.path, self.source, self.title, self.demo, self.unsaved = path, source, title, demo, unsaved
        self._order = tuple(p.name for p in profile.proxies) if profile else ()
        self.replaced.emit()
        self.changed.emit()
        self.file_changed.emit()

    def saved(self, path: FilePath, source: Any, profile: Profile) -> None:
        """`profile` is in this file now."""
        self.path, self.source, self.baseline, self.demo, self.unsaved = path, source, profile, False, False
        self.undo.setClean()
        self.changed.emit()
        self.file_changed.emit()

    def edit(self, path: Path, value: Any, label: str, *, drag: str = "") -> None:
        """Put a value, as one undo step.

        Raises:
            UsageError: no such place.
        """
        profile = self._open()
        old = value_at(profile, path)
        if old != value:
            edit(profile, path, value)
            self.undo.push(SetValue(self._put, path, old, value, label, drag=drag))

    def edit_all(self, edits: Sequence[tuple[Path, Any]], label: str) -> None:
        """Put several values as one undo step.

        Raises:
            UsageError: no such place.
        """
        profile = self._open()
        if all(value_at(profile, path) == value for path, value in edits):
            return
        self.undo.beginMacro(label)
        try:
            for path, value in edits:
                self.edit(path, value, label)
        finally:
            self.undo.endMacro()

    def rename(self, proxy: str, wanted: str) -> None:
        """Give a proxy another name, in its place, as one undo step.

        Raises:
            UsageError: no such proxy.
        """
        spec = self._open().proxy(proxy)
        if wanted not in self._order:
            at = self._order.index(proxy) + 1
            self._order = (*self._order[:at], wanted, *self._order[at:])
        profile = self._open()
        steps: list[tuple[Path, Any]] = [*leaving(profile, proxy), (("proxies", proxy), None)]
        steps += [(("proxies", wanted), replace(spec, name=wanted)), *renaming(profile, proxy, wanted)]
        self.edit_all(steps, f"Rename {proxy} to {wanted}")

    def adopt(self, edits: Sequence[tuple[Path, Any]]) -> None:
        """Change the profile and what counts as saved alike: neither dirty nor undoable (the demo's own steps).

        Raises:
            UsageError: no such place.
        """
        profile = self._open()
        baseline = self.baseline or profile
        for path, value in edits:
            profile, baseline = edit(profile, path, value), edit(baseline, path, value)
        self.profile, self.baseline = profile, baseline
        self.changed.emit()
        self.adopted.emit(tuple(Edit(path, value) for path, value in edits))

    def merge(self, remote: Profile, paths: Iterable[Path]) -> None:
        """Take over what others changed: dirty, not on the undo stack. With an unknown place, the whole profile."""
        profile = self._open()
        try:
            for path in paths:
                profile = edit(profile, path, value_at(remote, path))
        except UsageError:
            profile = remote
        if profile != self.profile:
            self.profile = profile
            self.changed.emit()

    def _put(self, path: Path, value: Any) -> None:
        self.profile = self._ordered(edit(self._open(), path, value))
        self.changed.emit()
        self.edited.emit((Edit(path, value),))

    def _ordered(self, profile: Profile) -> Profile:
        """A proxy that undo brings back stands where it stood."""
        names = [p.name for p in profile.proxies]
        self._order = (*self._order, *(n for n in names if n not in self._order))
        ordered = tuple(sorted(profile.proxies, key=lambda p: self._order.index(p.name)))
        return profile if ordered == profile.proxies else replace(profile, proxies=ordered)

    def _open(self) -> Profile:
        if self.profile is None:
            raise RuntimeError("no profile is open")
        return self.profile
