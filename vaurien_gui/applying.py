"""How edits reach the engine, and how others' changes reach the document: live after 80 ms, or staged until Apply.

Between the document, its staging and the engine's link; owned by the session, lives on the window's loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from vaurien_core.engine.revisions import edits_between
from vaurien_core.errors import ConflictError, VaurienError
from vaurien_core.model.change import Edit, Path
from vaurien_core.model.events import Changed
from vaurien_core.model.profile import Profile
from vaurien_gui.document import Document
from vaurien_gui.link import EngineLink
from vaurien_gui.loop import Tasks
from vaurien_gui.models.difference import Difference, differences
from vaurien_gui.opening import without_code
from vaurien_gui.staging import ApplyMode, Staging

SHOWN = 4
"""Differences in a marker; the rest is counted."""


class Applying(QObject):
    """See the module. `link` is the engine's, None without one.

    Args:
        document: the open one.
        tasks: of the session.
        parent: Qt parent.
    """

    trouble = Signal(str, str)
    """A sentence, and details or ""."""
    happened = Signal(str)
    """This moment deserves a marker."""

    def __init__(self, document: Document, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._tasks = document, tasks
        self.staging = Staging(self)
        self.link: EngineLink | None = None
        self._codeless = self._whole = False
        document.edited.connect(self._edited)
        document.adopted.connect(self._adopted)

    def begin(self, link: EngineLink, running: Profile, *, whole: bool, codeless: bool) -> None:
        """Another engine runs.

        Args:
            link: to it.
            running: what the document said when it was made.
            whole: it does not run all of that, so the next edit tells it everything.
            codeless: it runs without the code that the profile names.
        """
        self.link, self._whole, self._codeless = link, whole, codeless
        self.staging.begin(running)
        link.changed_outside.connect(self._changed_outside)
        link.acknowledged.connect(self._acknowledged)
        link.refused.connect(self._refused)
        link.conflicted.connect(self._conflicted)
        link.behind.connect(self._behind)
        link.hearing_changed.connect(self._heard)

    def end(self) -> None:
        """No engine runs."""
        self.link = None
        self.staging.begin(None)

    @property
    def waiting(self) -> tuple[Difference, ...]:
        """What Apply would send; nothing where edits go out by themselves."""
        return self.staging.waiting(self._document.profile) if self.staging.staged else ()

    # --- what the user asks for

    def set_mode(self, mode: ApplyMode) -> None:
        """Live or staged. What waits goes out when live begins."""
        if mode == "live" and self.staging.conflict is not None:
            self.trouble.emit("First say whose change holds: Take theirs or Keep mine.", "")
            self.staging.changed.emit()
            return
        if mode == "live" and self.waiting:
            self.apply()
        self.staging.set_mode(mode)

    def apply(self) -> None:
        """Send what waits as one change, all or none."""
        profile, link = self._document.profile, self.link
        if profile is None or link is None or not self.waiting:
            return
        if self.staging.conflict is not None:
            self.trouble.emit("First say whose change holds: Take theirs or Keep mine.", "")
            return
        edits = self.staging.edits(profile)
        if self._needs_whole(edits):
            link.commit((), self._runnable(profile), shown=profile)
        else:
            link.commit(edits)

    def discard(self) -> None:
        """Put the document back to what the engine runs, as one step of undo."""
        profile, running = self._document.profile, self.staging.running
        if profile is None or running is None or not self.waiting:
            return
        count = len(self.waiting)
        back = [(e.path, e.value) for e in edits_between(profile, running)]
        self.staging.keep_mine()
        self._document.edit_all(back, f"Discard {count} staged change{'s' if count > 1 else ''}")

    def take_theirs(self) -> None:
        """What others set replaces our waiting edits of the same places, as one step of undo."""
        edits = self.staging.take_theirs()
        if edits:
            self._document.edit_all([(e.path, e.value) for e in edits], "Take theirs")

    def keep_mine(self) -> None:
        """Our edits stay; Apply puts them over what others set."""
        self.staging.keep_mine()

    # --- the document

    def resend(self) -> None:
        """The document was edited while its engine was made: tell it all."""
        profile, link = self._document.profile, self.link
        if profile is not None and link is not None and not self.staging.staged:
            link.apply(self._runnable(profile), shown=profile)

    def _edited(self, edits: Sequence[Edit]) -> None:
        if self.staging.staged:
            self.staging.changed.emit()
        else:
            self._send(edits)

    def _adopted(self, edits: Sequence[Edit]) -> None:
        self._send(edits)

    def _send(self, edits: Sequence[Edit]) -> None:
        profile, link = self._document.profile, self.link
        if link is None or profile is None:
            return
        if self._needs_whole(edits):
            link.apply(self._runnable(profile), shown=profile)
        else:
            link.edit(edits)

    def _needs_whole(self, edits: Iterable[Edit]) -> bool:
        """The order of proxies counts, and only a whole profile has one; likewise without its code."""
        return self._whole or self._codeless or any(len(e.path) == 2 and e.path[0] == "proxies" for e in edits)

    def _runnable(self, profile: Profile) -> Profile:
        return without_code(profile) if self._codeless else profile

    # --- the engine

    def _acknowledged(self, what: Any) -> None:
        self._whole = False
        made = self.staging.taken(what)
        if made and self.staging.staged:
            count = len(made)
            self.happened.emit(f"Applied {count} change{'s' if count > 1 else ''}: {told(made)}")

    def _refused(self, reason: str) -> None:
        """The engine does not run what the document says: from now on it gets all of it, until it takes it."""
        self._whole = True
        self.trouble.emit(reason, "")

    def _conflicted(self, error: ConflictError) -> None:
        self._catch_up(error.author or "somebody else")

    def _behind(self, _other: bool) -> None:
        self._catch_up("somebody else")

    def _heard(self) -> None:
        """Edits that could not be sent while nothing was heard go out now."""
        link, profile = self.link, self._document.profile
        if link is not None and profile is not None and not link.hearing.silent:
            edits = self.staging.edits(profile)
            if edits and not self.staging.staged:
                self._send(edits)

    def _changed_outside(self, changed: Changed) -> None:
        paths = [tuple(p.split("/")) for p in changed.paths]
        edited = [path for path in paths if path[2:] != ("override",)]
        if not edited:
            self.happened.emit(f"{changed.author or 'API'}: {', '.join(changed.paths)}")
        elif self.link is not None:
            self._tasks.spawn(self._merge(self.link, edited, changed.author or "API"), "merge")

    def _catch_up(self, author: str) -> None:
        if self.link is not None:
            self._tasks.spawn(self._merge(self.link, None, author), "catch up")

    async def _merge(self, link: EngineLink, paths: Sequence[Path] | None, author: str) -> None:
        """Take over what others changed; without `paths`, whatever is different."""
        try:
            newest = (await link.engine.profile()).profile
        except VaurienError:
            return  # it is gone, which the link tells
        if link is self.link:
            self._take_in(newest, paths, author)

    def rejoin(self, newest: Profile) -> None:
        """The engine runs this already: it may have been changed since we last heard of it."""
        self._take_in(newest, None, "somebody else")

    def _take_in(self, newest: Profile, paths: Sequence[Path] | None, author: str) -> None:
        profile, running = self._document.profile, self.staging.running
        if profile is None or running is None:
            return
        if paths is None:
            paths = [each.path for each in differences(self._runnable(running), newest)]
        if not paths:
            return
        takes = self.staging.outside(newest, paths, author, profile)
        if takes:
            self._document.merge(newest, takes)
        made = differences(running, self.staging.running or running)
        self.happened.emit(f"{author}: {told(made) or ', '.join('/'.join(p) for p in paths)}")


def told(made: Sequence[Difference]) -> str:
    """The first few differences in words: `Delay 8 → 10 %, Error 0 → 5 % and 3 more`."""
    words = ", ".join(each.text for each in made[:SHOWN])
    return f"{words} and {len(made) - SHOWN} more" if len(made) > SHOWN else words
