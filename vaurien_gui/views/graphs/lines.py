"""The four panels as data: which curves each has, how they look and how their values are said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QColor

from vaurien_gui.models import amounts
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.scale import LinearScale, LogScale, Scale

DASHED = (6.0, 3.0)
DOTTED = (2.0, 2.0)


@dataclass(frozen=True, slots=True)
class Line:
    """One curve. `key` is the name of the series; `behavior` lends its line colour instead of `token`."""

    key: str
    title: str
    token: str = "series1"
    dash: tuple[float, ...] = ()
    behavior: str = ""
    text: Callable[[float], str] | None = None
    """A value of it as it is shown, where it differs from the panel's others."""

    def color(self, theme: Theme) -> QColor:
        """Its colour now."""
        return theme.behavior_line(self.behavior) if self.behavior else theme.color(self.token)


@dataclass(frozen=True, slots=True)
class PanelKind:
    """One panel. Without lines it stacks the injected faults."""

    key: str
    title: str
    scale: Callable[[], Scale]
    text: Callable[[float], str]
    """A value of its series as the legend shows it."""
    lines: tuple[Line, ...] = ()
    logarithmic: bool = False
    nothing: str = "Nothing was measured in this window of time"
    """What stands in the plot when there is nothing to draw."""
    unit: str = ""
    """Follows a value on the crosshair's card."""


PANELS = (
    PanelKind(
        "throughput",
        "Throughput",
        lambda: LinearScale(bytes_=True, least=1000.0),
        amounts.throughput,
        (Line("down", "downstream"), Line("up", "upstream", "series2", DASHED)),
    ),
    PanelKind(
        "injected",
        "Injected faults",
        LinearScale,
        amounts.count_rate,
        nothing="No fault was injected in this window of time",
        unit="/s",
    ),
    PanelKind(
        "errors",
        "Errors",
        LinearScale,
        amounts.count_rate,
        (
            Line("errors_injected", "injected", behavior="error"),
            Line("errors_backend", "backend", "series1", DASHED),
            Line("errors_client", "client", "series2", DOTTED),
        ),
        unit="/s",
    ),
    PanelKind(
        "latency",
        "Latency",
        LogScale,
        amounts.latency,
        (
            Line("p99", "p99", "series3", DOTTED),
            Line("p95", "p95"),
            Line("p50", "p50", "series2", DASHED),
        ),
        logarithmic=True,
        nothing="No exchange was answered in this window of time",
    ),
    PanelKind(
        "connections",
        "Connections",
        lambda: LinearScale(unit=""),
        amounts.count_rate,
        (Line("connections", "active", text=amounts.figure), Line("opened", "new /s", "series2", DASHED)),
    ),
)
"""In the order of `PANEL_TITLES`."""
