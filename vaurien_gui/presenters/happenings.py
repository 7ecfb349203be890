"""What deserves a marker and is not told by anybody else: edits, undo and redo, failing probes, phases that begin.

One turn of the loop is one marker: a preset of ten edits is one, and an edit that somebody told in better words
(`Delay 8 → 10 %`) has no second one.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer

from vaurien_core.model.change import Edit
from vaurien_gui.opening import Happening
from vaurien_gui.presenters.playing import Playing
from vaurien_gui.presenters.probe import ProbePresenter
from vaurien_gui.session import Session

TELLING = frozenset({"change", "preset"})
"""Kinds of happenings that tell of an edit."""


class Happenings(QObject):
    """Watches the session; lives as long as the workbench."""

    def __init__(self, session: Session, probe: ProbePresenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._probe = session, probe
        self._undo = session.document.undo
        self._index, self._text = 0, ""
        self._key = ""
        self._told = False
        self._failed: dict[str, str] = {}
        self._playing, self._phase = Playing(session), (0, 0, "")
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._tell)
        session.document.edited.connect(self._edited)
        session.document.replaced.connect(self._replaced)
        session.happened.connect(self._happened)
        session.changed.connect(self._watch_probe)
        session.changed.connect(self._watch_phase)

    def _edited(self, edits: Sequence[Edit]) -> None:
        self._key = "/".join(edits[-1].path)
        self._soon.start()

    def _replaced(self) -> None:
        self._soon.stop()
        self._index, self._text, self._told = 0, "", False
        self._failed.clear()

    def _happened(self, event: Happening) -> None:
        self._told = self._told or event.kind in TELLING

    def _tell(self) -> None:
        """The undo stack has the words. Edits that aren't on it (the demo's own) are not the user's."""
        index, text = self._undo.index(), self._undo.undoText()
        back = index < self._index
        made = index > self._index or (index == self._index and text != self._text)
        self._index, self._text = index, text
        staged = self._session.applying.staging.staged  # Apply tells of them, when they have an effect
        if not self._told and not staged and self._session.last is not None:
            if back:
                self._session.happen(f"Undo: {self._undo.redoText()}", "change")
            elif made and text:
                self._session.happen(text, "change", self._key)
        self._told = False

    def _watch_phase(self) -> None:
        """A phase begins: the marker stands where it began, by the engine's clock."""
        state = self._playing.state
        if state is None or state.waiting:
            self._phase = (0, 0, "")
            return
        here = (state.round, state.number, state.phase)
        if here != self._phase and not state.over:
            lap = f", round {state.round}" if state.repeat != 1 else ""
            self._session.happened.emit(Happening(f"Phase {state.phase}{lap}", "scenario", state.began))
        self._phase = here

    def _watch_probe(self) -> None:
        spec = self._session.proxy
        if spec is None or self._session.last is None:
            return
        line = self._probe.line(spec)
        if line.kind in ("ok", "warn"):
            self._failed.pop(spec.name, None)
        elif line.kind == "bad" and self._failed.get(spec.name) != line.text:
            self._failed[spec.name] = line.text
            self._session.happen(f"Probe of {spec.name}: {line.text}", "probe")
