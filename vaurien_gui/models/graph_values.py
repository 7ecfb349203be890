"""A `Series` as numbers to read: at one moment (the crosshair) and as rows (the data table). No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from vaurien_gui.models import amounts
from vaurien_gui.models.rates import QUANTILES, latency_key

if TYPE_CHECKING:
    from vaurien_gui.models.history import Series

INJECTED = "injected."
"""Before a behavior's name: its faults per second."""
MOST_ROWS = 900


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of the data table."""

    key: str
    title: str
    unit: str = ""


def step_of(series: Series) -> float:
    """Seconds between two readings: at least one."""
    spacing = float(series.t[-1] - series.t[-2]) if len(series.t) > 2 else 1.0
    return max(1.0, round(spacing))


def at(series: Series, t: float) -> dict[str, float]:
    """Every value at the second of history time `t`: those of `RATES`, and `injected.NAME`; NaN where none is."""
    found: dict[str, float] = {}
    if len(series.t):
        index = min(int(series.t.searchsorted(t)), len(series.t) - 1)
        if index and t - series.t[index - 1] < series.t[index] - t:
            index -= 1
        found = {name: float(values[index]) for name, values in series.values.items()}
    if len(series.bins):
        number = int(series.bins.searchsorted(t, side="right")) - 1
        if 0 <= number < len(series.bins) and t < series.bins[number] + series.bin_s:
            found |= {f"{INJECTED}{name}": float(values[number]) for name, values in series.injected.items()}
    return found


def columns(behaviors: Sequence[tuple[str, str]], population: str) -> tuple[TableColumn, ...]:
    """What the data table has; `behaviors` are (name, title)."""
    return (
        TableColumn("exchanges", "Exchanges", "/s"),
        TableColumn("down", "Downstream"),
        TableColumn("up", "Upstream"),
        *(TableColumn(f"{INJECTED}{name}", title, "/s") for name, title in behaviors),
        TableColumn("errors_injected", "Errors injected", "/s"),
        TableColumn("errors_backend", "Errors of backend", "/s"),
        TableColumn("errors_client", "Errors of client", "/s"),
        *(TableColumn(latency_key(name, population), name) for name, _ in QUANTILES),
        TableColumn("connections", "Connections"),
        TableColumn("opened", "New connections", "/s"),
    )


def rows(series: Series, wanted: Sequence[TableColumn]) -> list[tuple[float, tuple[str, ...]]]:
    """(history time, texts) of each second (or bin) that has values, the newest first; the time of day leads."""
    step = step_of(series)
    made: list[tuple[float, tuple[str, ...]]] = []
    t = series.end // step * step
    while t >= series.start and len(made) < MOST_ROWS:
        values = at(series, t)
        if any(value == value for value in values.values()):
            texts = [f"{datetime.fromtimestamp(t + series.wall):%H:%M:%S}"]
            texts += [text_of(column, values.get(column.key, 0.0)) for column in wanted]
            made.append((t, tuple(texts)))
        t -= step
    return made


def text_of(column: TableColumn, value: float) -> str:
    """One cell, with its unit."""
    if column.key in ("down", "up"):
        return amounts.throughput(value)
    if column.key == "connections":
        return amounts.figure(value)
    if column.unit:
        text = amounts.count_rate(value)
        return text if text == amounts.NONE else f"{text} {column.unit}"
    return amounts.latency(value)
