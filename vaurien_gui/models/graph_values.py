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


@dataclass(frozen=True, slots=True)
class TableRows:
    """The data table's rows, the newest first; texts are made when they are asked for."""

    columns: tuple[TableColumn, ...] = ()
    times: tuple[float, ...] = ()
    """History time of each row."""
    wall: float = 0.0
    values: tuple[tuple[float, ...], ...] = ()
    """The values of each column, by row."""

    def text(self, row: int, column: int) -> str:
        """A cell; the first column is the time of day."""
        if column == 0:
            return f"{datetime.fromtimestamp(self.times[row] + self.wall):%H:%M:%S}"
        return text_of(self.columns[column - 1], self.values[column - 1][row])


def rows(series: Series, wanted: tuple[TableColumn, ...]) -> TableRows:
    """A row for each second (or step of a long window) that has values."""
    import numpy as np

    step = step_of(series)
    last = series.end // step * step
    count = min(MOST_ROWS, int((last - series.start) // step) + 1)
    times = last - step * np.arange(max(0, count))
    times = times[times > series.start]
    if not len(series.t) or not len(times):
        return TableRows(wanted)
    after = np.minimum(series.t.searchsorted(times), len(series.t) - 1)
    before = np.maximum(after - 1, 0)
    near = np.where(times - series.t[before] < series.t[after] - times, before, after)
    bars = np.clip(series.bins.searchsorted(times, side="right") - 1, 0, max(0, len(series.bins) - 1))
    known = np.isfinite(series.values["exchanges"][near])
    found: list[tuple[float, ...]] = []
    for column in wanted:
        if column.key in series.values:
            found.append(tuple(series.values[column.key][near][known].tolist()))
        else:
            injected = series.injected.get(column.key.removeprefix(INJECTED))
            found.append((0.0,) * int(known.sum()) if injected is None else tuple(injected[bars][known].tolist()))
    return TableRows(wanted, tuple(times[known].tolist()), series.wall, tuple(found))


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
