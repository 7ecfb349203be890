"""Live or staged: what the engine has taken, what waits to be applied, and where others changed the same place.

The session asks it about every edit and tells it what the engine took. It sends nothing itself. Lives on the window's
loop; owned by the session.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from vaurien_core.engine.revisions import edits_between
from vaurien_core.errors import UsageError
from vaurien_core.model.change import Edit, Path, edit, value_at
from vaurien_core.model.profile import Profile
from vaurien_gui.models.difference import Difference, differences, touching

ApplyMode = Literal["live", "staged"]
Mark = Literal["", "waits", "done"]
DONE_S = 1.5
"""How long a row shows that the engine took its change."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody changed places that edits of ours, which wait, touch too."""

    author: str
    paths: tuple[Path, ...]
    theirs: Profile
    """As the engine has it, for Take theirs."""


class Staging(QObject):
    """See the module. `running` is what the engine has taken, as far as we were told; None without an engine."""

    changed = Signal()
    """Mode, marks, what waits, or a conflict is different."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.mode: ApplyMode = "live"
        self.running: Profile | None = None
        self.conflict: Conflict | None = None
        self._done: dict[Path, float] = {}
        self._fade = QTimer(self, singleShot=True, interval=round(DONE_S * 1000) + 20)
        self._fade.timeout.connect(self.changed)
        self._cached: tuple[Profile | None, Profile | None, tuple[Difference, ...]] = (None, None, ())

    @property
    def staged(self) -> bool:
        """Whether edits wait for Apply."""
        return self.mode == "staged"

    def set_mode(self, mode: ApplyMode) -> None:
        """Live or staged from now on; what waits is the session's to send."""
        if mode != self.mode:
            self.mode = mode
            self.changed.emit()

    def begin(self, running: Profile | None) -> None:
        """An engine runs this profile now; None: there is none."""
        self.running, self.conflict = running, None
        self._done.clear()
        self._fade.stop()
        self.changed.emit()

    def waiting(self, profile: Profile | None) -> tuple[Difference, ...]:
        """What differs between the document and the engine."""
        if profile is None or self.running is None:
            return ()
        if self._cached[0] is not self.running or self._cached[1] is not profile:
            self._cached = (self.running, profile, differences(self.running, profile))
        return self._cached[2]

    def edits(self, profile: Profile) -> tuple[Edit, ...]:
        """What the engine has to be told so that it runs this profile."""
        return edits_between(self.running, profile) if self.running is not None else ()

    def mark(self, profile: Profile, *places: Path) -> Mark:
        """What a row about these places shows: it waits (staged), or was just taken."""
        if self.staged and any(touching(places, each.path) for each in self.waiting(profile)):
            return "waits"
        since = time.monotonic() - DONE_S
        return "done" if any(at > since and touching(places, path) for path, at in self._done.items()) else ""

    def taken(self, what: Sequence[Edit] | Profile) -> tuple[Difference, ...]:
        """The engine took edits, or a whole profile; what is different there now."""
        before = self.running
        if isinstance(what, Profile):
            self.running = what
        elif before is not None:
            self.running = _laid_over(before, what)
        if before is None or self.running is None:
            return ()
        now = time.monotonic()
        made = differences(before, self.running)
        self._done = {path: at for path, at in self._done.items() if at > now - DONE_S}
        self._done.update((each.path, now) for each in made)
        self._fade.start()
        self.changed.emit()
        return made

    def outside(self, theirs: Profile, paths: Iterable[Path], author: str, profile: Profile) -> tuple[Path, ...]:
        """Others changed these places of the engine's profile; returns those that the document takes over.

        The rest collides with edits that wait: they stay as they are, and `conflict` says so.
        """
        paths = tuple(paths)
        waits = [each.path for each in self.waiting(profile)] if self.staged else []
        ours = tuple(path for path in paths if touching(waits, path))
        if self.running is not None:
            self.running = _taken_over(self.running, theirs, paths)
        if ours and any(each.path for each in differences(profile, _taken_over(profile, theirs, ours))):
            former = self.conflict.paths if self.conflict is not None else ()
            self.conflict = Conflict(author or "the API", tuple(dict.fromkeys((*former, *ours))), theirs)
        self.changed.emit()
        return tuple(path for path in paths if path not in ours)

    def keep_mine(self) -> None:
        """Our edits stay and wait; Apply will put them over what others set."""
        self.conflict = None
        self.changed.emit()

    def take_theirs(self) -> tuple[Edit, ...]:
        """The edits that put what others set over ours; the conflict is over."""
        conflict, self.conflict = self.conflict, None
        self.changed.emit()
        if conflict is None:
            return ()
        made = []
        for path in conflict.paths:
            try:
                made.append(Edit(path, value_at(conflict.theirs, path)))
            except UsageError:
                continue  # its proxy is gone there, which is a change of its own
        return tuple(made)


def _laid_over(profile: Profile, edits: Iterable[Edit]) -> Profile:
    for each in edits:
        try:
            profile = edit(profile, each.path, each.value)
        except UsageError:
            continue  # somebody removed its proxy meanwhile, which comes as a change of theirs
    return profile


def _taken_over(profile: Profile, theirs: Profile, paths: Iterable[Path]) -> Profile:
    try:
        for path in paths:
            profile = edit(profile, path, value_at(theirs, path))
    except UsageError:
        return theirs
    return profile
