"""Probing a backend: on demand, and 600 ms after an edit; the verdict of each address is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer

from vaurien_core.model.events import ProbeResult
from vaurien_core.model.profile import ProxySpec
from vaurien_gui.models.shown import BandAction, ProbeLine
from vaurien_gui.session import Session

WAIT_MS = 600
"""How long typing rests before a probe (workbench section 7)."""
_KINDS: Mapping[str, str] = {"ok": "ok", "wrong-protocol": "warn", "tls": "warn"}
RETRY = BandAction("retry", "Retry")


class ProbePresenter(QObject):
    """The verdict under the backend field. One probe at a time; a newer one ends the older."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._results: dict[tuple[str, str], ProbeResult] = {}
        self._busy: tuple[str, str] | None = None
        self._task: asyncio.Task[None] | None = None
        self._text: str | None = None
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._due)

    def line(self, spec: ProxySpec) -> ProbeLine:
        """What stands under the field of this proxy."""
        place = (spec.backend, spec.protocol)
        if self._busy == place:
            return ProbeLine("busy", "Probing…")
        result = self._results.get(place)
        if result is None:
            return ProbeLine()
        known = any(p.name == result.speaks for p in self._session.catalogue.protocols)
        if result.verdict == "wrong-protocol" and known and result.speaks != spec.protocol:
            switch = BandAction(f"switch-protocol:{result.speaks}", f"Switch to {result.speaks}")
            return ProbeLine("warn", result.message, (switch,))
        kind = _KINDS.get(result.verdict, "bad")
        return ProbeLine(kind, result.message, () if kind == "ok" else (RETRY,))

    def later(self, text: str | None = None) -> None:
        """Probe when typing has rested; `text` is what is in the field, None: what the profile says."""
        self._text = text
        self._timer.start()

    def now(self) -> None:
        """Probe the selected proxy's backend."""
        self._text = None
        self._due()

    def _due(self) -> None:
        self._timer.stop()
        spec = self._session.proxy
        if spec is None or self._session.link is None:
            return
        place = ((self._text or spec.backend).strip(), spec.protocol)
        if self._task is not None:
            self._task.cancel()
        self._busy = place
        self._task = self._session.tasks.spawn(self._probe(place), "probe")
        self._session.announce()

    async def _probe(self, place: tuple[str, str]) -> None:
        try:
            result = await self._session.probe(*place)
        finally:
            if self._busy == place:
                self._busy = None
            self._session.announce()
        if result is not None:
            if len(self._results) > 200:
                self._results.clear()
            self._results[place] = result
