"""Probing a backend: on demand, and 600 ms after an edit; the verdict of each question is remembered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer

from vaurien_core.model.events import ProbeResult
from vaurien_core.model.profile import ProxySpec
from vaurien_gui.loop import runs
from vaurien_gui.models.question import Question
from vaurien_gui.models.shown import ProbeLine
from vaurien_gui.presenters.verdicts import verdict_line
from vaurien_gui.session import Session

WAIT_MS = 600
"""How long typing rests before a probe (workbench section 7)."""
REMEMBERED = 200
"""Verdicts that are kept."""
UNKNOWN = "127.0.0.1:9"
"""The demo's backend before it has started: nothing to probe."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked last, and what the profile's own question was at that time."""

    question: Question
    own: Question


class ProbePresenter(QObject):
    """The verdict under the backend field. One probe at a time; a newer one ends the older.

    The view says what is typed only after a pause; a changed profile rests here for 600 ms.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._results: dict[Question, ProbeResult] = {}
        self._asked: dict[str, _Asked] = {}
        self._busy: Question | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self.now)
        self._watched: Question | None = None
        session.restarted.connect(self.later)
        session.changed.connect(self._watch)

    def line(self, spec: ProxySpec) -> ProbeLine:
        """What stands under the field of this proxy."""
        asked, question = self._asked.get(spec.name), Question.of(spec)
        if asked is not None and asked.own == question:
            question = asked.question
        if self._busy == question:
            return ProbeLine("busy", "Probing…")
        result = self._results.get(question)
        return ProbeLine() if result is None else verdict_line(result, question, self._session.catalogue)

    def later(self) -> None:
        """Probe the selected proxy's backend when edits have rested."""
        self._timer.start()

    def now(self) -> None:
        """Probe the selected proxy's backend."""
        self.ask()

    def ask(self, typed: ProxySpec | str = "") -> None:
        """Probe what is being typed: an address, or the proxy that a URL would make; "" is the profile's."""
        self._timer.stop()
        spec = self._session.proxy
        if spec is None or self._session.link is None or not runs():
            return
        own = Question.of(spec)
        question = Question.of(typed) if isinstance(typed, ProxySpec) else replace(own, backend=typed or own.backend)
        if not question.backend or question.backend == UNKNOWN:
            return
        self._asked[spec.name] = _Asked(question, own)
        if self._task is not None:
            self._task.cancel()
        self._busy = question
        self._task = self._session.tasks.spawn(self._probe(question), "probe")
        self._session.announce()

    def _watch(self) -> None:
        """Another backend stands in the panel, whoever put it there: probe it in a while."""
        spec = self._session.proxy
        question = Question.of(spec) if spec is not None else None
        if question != self._watched:
            self._watched = question
            if question is not None and question not in self._results:
                self.later()

    async def _probe(self, question: Question) -> None:
        try:
            result = await self._session.probe(question)
        finally:
            if self._busy == question:
                self._busy = None
            self._session.announce()
        if result is not None:
            if len(self._results) > REMEMBERED:
                self._results.clear()
            self._results[question] = result
