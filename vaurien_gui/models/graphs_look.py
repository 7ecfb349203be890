"""How the graphs look: which panels in which order, whose latencies, which markers. Values; texts for the settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vaurien_gui.models.rates import POPULATIONS

PANEL_TITLES = {
    "throughput": "Throughput",
    "injected": "Injected faults",
    "errors": "Errors",
    "latency": "Latency",
    "connections": "Connections",
}
OFF_AT_FIRST = frozenset({"connections"})
POPULATION_TITLES = {"all": "All exchanges", "normal": "Normal only", "faulted": "Faulted only"}
MARKER_CLASSES = {
    "change": "Profile changes",
    "preset": "Presets",
    "normal": "All normal",
    "engine": "Start and stop",
    "probe": "Probe failures",
    "scenario": "Scenario phases",
    "note": "Notes",
}
"""By `Marker.kind`."""


@dataclass(frozen=True, slots=True)
class PanelLayout:
    """The panels' order, and which of them are shown."""

    order: tuple[str, ...] = tuple(PANEL_TITLES)
    hidden: frozenset[str] = OFF_AT_FIRST
    alone: str = ""
    """The one that has all the room, or ""."""

    @property
    def shown(self) -> tuple[str, ...]:
        """Those on screen, from the top."""
        return (self.alone,) if self.alone else tuple(key for key in self.order if key not in self.hidden)

    def toggled(self, key: str) -> PanelLayout:
        """One panel shown or hidden; the last one stays."""
        if key in self.hidden:
            return replace(self, hidden=self.hidden - {key}, alone="")
        if len(self.order) - len(self.hidden) == 1:
            return replace(self, alone="")
        return replace(self, hidden=self.hidden | {key}, alone="")

    def moved(self, key: str, by: int) -> PanelLayout:
        """One panel so many places lower (negative: higher) among those that are shown."""
        seen = [other for other in self.order if other not in self.hidden]
        if key not in seen:
            return self
        to = min(max(seen.index(key) + by, 0), len(seen) - 1)
        seen.remove(key)
        seen.insert(to, key)
        places = iter(seen)
        return replace(self, order=tuple(o if o in self.hidden else next(places) for o in self.order))

    def maximised(self, key: str) -> PanelLayout:
        """One panel with all the room, or all of them again."""
        return replace(self, alone="" if self.alone == key else key)

    def to_text(self) -> str:
        """For the settings: `throughput injected -errors`."""
        return " ".join(f"-{key}" if key in self.hidden else key for key in self.order)

    @staticmethod
    def from_text(text: str) -> PanelLayout:
        """What `to_text` wrote; what is unknown is left out, what is missing comes last as it was at first."""
        words = [word for word in text.split() if word.lstrip("-") in PANEL_TITLES]
        order = tuple(dict.fromkeys(word.lstrip("-") for word in words))
        missing = tuple(key for key in PANEL_TITLES if key not in order)
        hidden = frozenset(w[1:] for w in words if w.startswith("-")) | (OFF_AT_FIRST & set(missing))
        made = PanelLayout(order + missing, hidden)
        return made if made.shown else PanelLayout()


@dataclass(frozen=True, slots=True)
class GraphsLook:
    """All choices about the graphs that outlive the window."""

    panels: PanelLayout = field(default_factory=PanelLayout)
    population: str = POPULATIONS[0]
    hidden_markers: frozenset[str] = frozenset()
    """Classes of `MARKER_CLASSES` that are not drawn."""

    def markers_toggled(self, kind: str) -> GraphsLook:
        """One class of markers shown or hidden."""
        return replace(self, hidden_markers=self.hidden_markers ^ {kind})

    def shows(self, kind: str) -> bool:
        """Whether markers of this class are drawn."""
        return kind not in self.hidden_markers
