"""The graphs: the history that they draw, and the numbered markers through it.

A view asks for a redraw at 5 Hz at most; samples arrive at 10 Hz and go into the history whether it is visible or not.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from vaurien_core.model.events import Sample
from vaurien_gui.models.history import History
from vaurien_gui.models.history_csv import snapshot, write_csv
from vaurien_gui.models.shown import EmptyGraphs, Marker
from vaurien_gui.opening import Happening
from vaurien_gui.presenters.states import down_now, mute_now
from vaurien_gui.session import Session

SAME_S = 2.0
"""Happenings with one key within this time are one marker."""
MOST = 200


class GraphsPresenter(QObject):
    """Feeds the history and keeps the markers; `markers_changed` says that they are others now."""

    markers_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.history = History()
        self._markers: list[Marker] = []
        self._count = 0
        self._last: Happening | None = None
        self._seen: set[str] = set()
        self._early: list[Happening] = []
        """What a new engine did before its first sample, which says where its clock stands on the axis."""
        session.sampled.connect(self._sampled)
        session.happened.connect(self._happened)

    @property
    def markers(self) -> tuple[Marker, ...]:
        """All of them, oldest first, in history time."""
        return tuple(self._markers)

    def clear(self) -> None:
        """Forget curves and markers."""
        self.history.clear()
        self._markers.clear()
        self._last = None
        self._early.clear()
        self._seen.clear()
        self.markers_changed.emit()

    def note(self, text: str, t: float | None = None) -> Marker:
        """A marker of the user's own, now or at a history time."""
        self._count += 1
        now = self.history.place(self._session.engine_t)
        marker = Marker(self._count, now if t is None else t, text, "note")
        self._markers.append(marker)
        self._markers.sort(key=lambda each: each.t)
        self._last = None
        self.markers_changed.emit()
        return marker

    def marker(self, number: int) -> Marker | None:
        """One marker by its number."""
        return next((m for m in self._markers if m.number == number), None)

    async def write_csv(self, path: Path, seconds: float | None = None, end: float | None = None) -> bool:
        """Write `seconds` up to `end` (None: all that the history holds) of what is shown; False if that failed."""
        series = snapshot(self.history, seconds or self.history.seconds, self.shown_proxy, end)

        def write() -> None:
            with path.open("w", encoding="utf-8", newline="") as stream:
                write_csv(series, stream)

        try:
            await asyncio.to_thread(write)
        except OSError:
            return False
        return True

    @property
    def shown_proxy(self) -> str | None:
        """The proxy that the graphs show; None: the only one, which is all of them together."""
        spec, profile = self._session.proxy, self._session.profile
        several = profile is not None and len(profile.proxies) > 1
        return spec.name if spec is not None and several else None

    def empty(self) -> EmptyGraphs | None:
        """What stands there while nothing has come through what is shown; None once something has."""
        last, shown = self._session.last, self.shown_proxy
        if last is not None:
            self._seen.update(p.name for p in last.proxies if p.exchanges or p.connections)
        return None if (shown in self._seen if shown is not None else self._seen) else self._invitation()

    def behaviors(self) -> tuple[tuple[str, str], ...]:
        """(name, title) of every rule of the open profile, in order."""
        profile = self._session.profile
        if profile is None:
            return ()
        names: dict[str, str] = {}
        for spec in profile.proxies:
            for rule in spec.mix:
                info = self._session.behavior(spec, rule.behavior)
                titled = info is not None and info.name == rule.behavior
                names.setdefault(rule.behavior, info.title if info is not None and titled else rule.behavior)
        names.pop("dummy", None)
        return tuple(names.items())

    def _invitation(self) -> EmptyGraphs:
        session = self._session
        spec = session.proxy
        state = session.state
        if spec is None or state is None or not session.started:
            return EmptyGraphs(
                "No traffic yet", "Press Start (F5), then point your client at the proxy.", "", demo=False
            )
        own = state.proxy(spec.name)
        if mute_now(session, spec):
            title = "No traffic yet" if self.shown_proxy is None else f"No traffic on {spec.name} yet"
            return EmptyGraphs(title, f"Connects to {spec.name} time out, on purpose.", "", demo=False)
        if own.running:
            title = "No traffic yet" if self.shown_proxy is None else f"No traffic on {spec.name} yet"
            return EmptyGraphs(title, "Point your client at", own.bound)
        ready = next((p for p in state.proxies if p.running), None)
        if down_now(session, spec):
            title = "No traffic yet" if self.shown_proxy is None else f"No traffic on {spec.name} yet"
            return EmptyGraphs(title, f"{spec.name} is down on purpose: it refuses every connection.", "", demo=False)
        if ready is None:
            text = f"{spec.name} cannot be reached until it listens."
            return EmptyGraphs("No traffic yet", text, "", demo=False)
        text = f"{spec.name} cannot be reached until it listens. {ready.name} is ready:"
        return EmptyGraphs("No traffic yet", text, ready.bound)

    def _sampled(self, sample: Sample) -> None:
        self.history.add(sample)
        early, self._early = self._early, []
        for event in early:
            self._mark(event)

    def _happened(self, event: Happening) -> None:
        if self.history.knows(event.t):
            self._mark(event)
        else:
            self._early.append(event)

    def _mark(self, event: Happening) -> None:
        last, newest = self._last, next((i for i, m in enumerate(self._markers) if m.number == self._count), None)
        same = last is not None and event.key and event.key == last.key and event.t - last.t <= SAME_S
        if same and newest is not None:
            # "Delay 8 → 9 %" and "9 → 10 %" are "Delay 8 → 10 %"
            before, text = self._markers[newest], event.text
            if " → " in text and " → " in before.text:
                text = f"{before.text.partition(' → ')[0]} → {text.partition(' → ')[2]}"
            self._markers[newest] = replace(before, text=text)
        else:
            self._count += 1
            self._markers.append(Marker(self._count, self.history.place(event.t), event.text, event.kind))
            self._markers.sort(key=lambda marker: marker.t)
            del self._markers[:-MOST]
        self._last = event
        self.markers_changed.emit()
