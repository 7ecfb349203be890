"""From the demo, or from nothing, to a backend of one's own: three values, probed while they are typed."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from vaurien_core.model.events import ProbeResult
from vaurien_core.model.profile import Profile
from vaurien_gui.loop import runs
from vaurien_gui.models.shown import FieldProblem, ProbeLine, ProxyForm
from vaurien_gui.presenters.addresses import address_problem, loop_problem, read_url
from vaurien_gui.presenters.probe import KINDS
from vaurien_gui.presenters.proxies import NEW_PROXY, SEEDS
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
        self._asked = ""
        self._line = ProbeLine()
        self._task: asyncio.Task[None] | None = None
        self._tried = False

    def begin(self) -> None:
        """Empty fields."""
        self._listen, self._backend, self._line, self._tried = NEW_PROXY.proxy, "", ProbeLine(), False
        self._asked = ""
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
        self._asked = ""
        self.probe(self._backend)
        self.changed.emit()

    def set_listen(self, text: str) -> None:
        """Where clients will connect."""
        self._listen = text.strip()
        self.changed.emit()

    def set_backend(self, text: str) -> None:
        """What stands behind; a pasted URL names the protocol too."""
        protocol, address = read_url(text, {p.name: p.default_port for p in self._session.catalogue.protocols})
        self._backend = address.strip()
        if protocol:
            self._spec = replace(self._spec, protocol=protocol)
        self.probe(self._backend)
        self.changed.emit()

    def probe(self, text: str) -> None:
        """Say what answers there, if it can be an address; a newer question ends the older."""
        _, address = read_url(text, {})
        address = address.strip()
        if address_problem(address, "backend") or address == self._asked or not runs():
            return
        self._asked = address
        if self._task is not None:
            self._task.cancel()
        self._line = ProbeLine("busy", "Probing…")
        self._task = self._session.tasks.spawn(self._probe(address), "probe of an own backend")
        self.changed.emit()

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
            FieldProblem("backend", address_problem(self._backend, "backend") if self._backend else NO_BACKEND),
            FieldProblem("listen", address_problem(self._listen, "proxy")),
        ]
        if not any(problem.message for problem in found):
            found.append(FieldProblem("backend", loop_problem(self._listen, self._backend)))
        return [problem for problem in found if problem.message]

    async def _probe(self, address: str) -> None:
        result: ProbeResult | None = await self._session.probe(address, self._spec.protocol)
        self._line = ProbeLine(KINDS.get(result.verdict, "bad"), result.message) if result else ProbeLine()
        self.changed.emit()
