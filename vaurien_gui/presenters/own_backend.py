"""From the demo, or from nothing, to a backend of one's own: three values, probed while they are typed."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from vaurien_core.model.events import ProbeResult
from vaurien_core.model.profile import Profile
from vaurien_gui.loop import runs
from vaurien_gui.models.question import Question
from vaurien_gui.models.shown import FieldProblem, ProbeLine, ProxyForm
from vaurien_gui.presenters.addresses import address_problem, loop_problem, pasted, shown_url, with_pasted
from vaurien_gui.presenters.proxies import NEW_PROXY, SEEDS
from vaurien_gui.presenters.verdicts import changed_key, verdict_line
from vaurien_gui.session import Session

NO_BACKEND = "Type where your server listens, as host:port."


class OwnBackendPresenter(QObject):
    """The values of the sheet, until Start makes a profile of them."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._spec = replace(NEW_PROXY, name="default", backend="")
        self._listen, self._backend = self._spec.proxy, ""
        self._asked: Question | None = None
        self._unread = ""
        self._line = ProbeLine()
        self._task: asyncio.Task[None] | None = None
        self._tried = False

    def begin(self) -> None:
        """Empty fields."""
        self._listen, self._backend, self._line, self._tried = NEW_PROXY.proxy, "", ProbeLine(), False
        self._asked, self._unread = None, ""
        self._spec = replace(NEW_PROXY, name="default", backend="", protocol=self._spec.protocol)
        self.changed.emit()

    def form(self) -> ProxyForm:
        """What the sheet shows. An empty backend is a problem only after Start was pressed."""
        protocols = tuple((p.name, p.title) for p in self._session.catalogue.protocols)
        shown = [p for p in self._problems() if self._tried or getattr(self, f"_{p.field}")]
        return ProxyForm(
            "default", self._spec.protocol, protocols, self._listen, self._backend, self._line, tuple(shown)
        )

    def set_protocol(self, protocol: str) -> None:
        """Another protocol."""
        self._spec = replace(self._spec, protocol=protocol)
        self._asked = None
        self.probe(self._backend)
        self.changed.emit()

    def set_listen(self, text: str) -> None:
        """Where clients will connect."""
        self._listen = text.strip()
        self.changed.emit()

    def set_backend(self, text: str) -> None:
        """What stands behind; a pasted URL says protocol, TLS and options too."""
        target, self._unread = pasted(text, self._session.catalogue)
        if target is not None:
            self._spec = with_pasted(self._spec, target)
            if target.notice:
                self._session.notice.emit(target.notice)
        self._backend = target.backend if target is not None else shown_url(text.strip())
        self.probe(self._backend)
        self.changed.emit()

    def probe(self, text: str) -> None:
        """Say what answers there, if it can be an address or a URL; a newer question ends the older."""
        target, problem = pasted(text, self._session.catalogue)
        if problem or (target is None and address_problem(text, "backend")) or not runs():
            return
        spec = replace(self._spec, backend=text.strip()) if target is None else with_pasted(self._spec, target)
        question = Question.of(spec)
        if question == self._asked:
            return
        self._asked = question
        if self._task is not None:
            self._task.cancel()
        self._line = ProbeLine("busy", "Probing…")
        self._task = self._session.tasks.spawn(self._probe(question), "probe of an own backend")
        self.changed.emit()

    def act(self, action: str) -> None:
        """A button beside the verdict was pressed."""
        name, _, argument = action.partition(":")
        found = changed_key(argument) if name == "set" else None
        if name == "switch-protocol":
            self.set_protocol(argument)
            return
        if name == "demo-backend":
            self._session.tasks.spawn(self._demo_backend(), "demo backend")
            return
        if found is not None:
            self._spec = replace(self._spec, **{found[0]: found[1]})  # type: ignore[arg-type]
        self._asked = None
        self.probe(self._backend)
        self.changed.emit()

    async def _demo_backend(self) -> None:
        if self._session.link is not None:
            self.set_backend(await self._session.link.engine.demo("backend", protocol=self._spec.protocol))

    def profile(self) -> Profile | None:
        """The profile to start; None, and problems under the fields, while something is wrong."""
        self._tried = True
        if self._problems():
            self.changed.emit()
            return None
        spec = replace(self._spec, proxy=self._listen, backend=self._backend)
        return Profile(proxies=(spec,), seed=secrets.randbelow(SEEDS))

    def _problems(self) -> list[FieldProblem]:
        found = [
            FieldProblem("backend", self._backend_problem()),
            FieldProblem("listen", address_problem(self._listen, "proxy")),
        ]
        if not any(problem.message for problem in found):
            found.append(FieldProblem("backend", loop_problem(self._listen, self._backend)))
        return [problem for problem in found if problem.message]

    def _backend_problem(self) -> str:
        if not self._backend:
            return NO_BACKEND
        return self._unread or address_problem(self._backend, "backend")

    async def _probe(self, question: Question) -> None:
        result: ProbeResult | None = await self._session.probe(question)
        self._line = verdict_line(result, question, self._session.catalogue) if result else ProbeLine()
        self.changed.emit()
