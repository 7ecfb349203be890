"""Probing a backend: on demand, and 600 ms after an edit; the verdict of each address is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

from vaurien_core.model.events import ProbeResult
from vaurien_core.model.profile import ProxySpec
from vaurien_gui.loop import runs
from vaurien_gui.models.shown import BandAction, ProbeLine
from vaurien_gui.session import Session

WAIT_MS = 600
"""How long typing rests before a probe (workbench section 7)."""
KINDS: Mapping[str, str] = {"ok": "ok", "wrong-protocol": "warn", "tls": "warn"}
"""How a verdict looks; others are bad."""
REMEMBERED = 200
"""Verdicts that are kept."""
UNKNOWN = "127.0.0.1:9"
"""The demo's backend before it has started: nothing to probe."""
RETRY = BandAction("retry", "Retry")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which address was asked for last, and what the profile said at that time."""

    address: str
    protocol: str
    backend: str


class ProbePresenter(QObject):
    """The verdict under the backend field. One probe at a time; a newer one ends the older.

    The view says what is typed only after a pause; a changed profile rests here for 600 ms.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._results: dict[tuple[str, str], ProbeResult] = {}
        self._asked: dict[str, _Asked] = {}
        self._busy: tuple[str, str] | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self.now)
        self._watched: tuple[str, str] | None = None
        session.restarted.connect(self.later)
        session.changed.connect(self._watch)

    def line(self, spec: ProxySpec) -> ProbeLine:
        """What stands under the field of this proxy."""
        asked = self._asked.get(spec.name)
        place = (spec.backend, spec.protocol)
        if asked is not None and (asked.backend, asked.protocol) == place:
            place = (asked.address, asked.protocol)
        if self._busy == place:
            return ProbeLine("busy", "Probing…")
        result = self._results.get(place)
        if result is None:
            return ProbeLine()
        known = any(p.name == result.speaks for p in self._session.catalogue.protocols)
        if result.verdict == "wrong-protocol" and known and result.speaks != spec.protocol:
            switch = BandAction(f"switch-protocol:{result.speaks}", f"Switch to {result.speaks}")
            return ProbeLine("warn", result.message, (switch,))
        kind = KINDS.get(result.verdict, "bad")
        return ProbeLine(kind, result.message, () if kind == "ok" else (RETRY,))

    def later(self) -> None:
        """Probe the selected proxy's backend when edits have rested."""
        self._timer.start()

    def now(self) -> None:
        """Probe the selected proxy's backend."""
        self.ask("")

    def ask(self, address: str) -> None:
        """Probe an address that is being typed; "" is the profile's."""
        self._timer.stop()
        spec = self._session.proxy
        if spec is None or self._session.link is None or not runs():
            return
        address = address.strip() or spec.backend
        if not address or address == UNKNOWN:
            return
        self._asked[spec.name] = _Asked(address, spec.protocol, spec.backend)
        place = (address, spec.protocol)
        if self._task is not None:
            self._task.cancel()
        self._busy = place
        self._task = self._session.tasks.spawn(self._probe(place), "probe")
        self._session.announce()

    def _watch(self) -> None:
        """Another backend stands in the panel, whoever put it there: probe it in a while."""
        spec = self._session.proxy
        place = (spec.backend, spec.protocol) if spec is not None else None
        if place != self._watched:
            self._watched = place
            if place is not None and place not in self._results:
                self.later()

    async def _probe(self, place: tuple[str, str]) -> None:
        try:
            result = await self._session.probe(*place)
        finally:
            if self._busy == place:
                self._busy = None
            self._session.announce()
        if result is not None:
            if len(self._results) > REMEMBERED:
                self._results.clear()
            self._results[place] = result
