"""The graphs' values as CSV, one value a line: `time_iso, t_s, series, value`."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import TextIO

from vaurien_gui.models.history import History, Series


def snapshot(history: History, seconds: float, proxy: str | None = None, end: float | None = None) -> Series:
    """`seconds` up to `end` (None: now) of one proxy, or of all together, as copies that later samples don't change."""
    series = history.window(seconds, proxy, end, whole=True)
    return replace(
        series,
        values={name: values.copy() for name, values in series.values.items()},
        injected={name: values.copy() for name, values in series.injected.items()},
    )


def write_csv(series: Series, stream: TextIO) -> int:
    """Write a snapshot; returns the number of lines after the head. Any thread: an hour is 120,000 lines.

    Rates are per second, throughput in bytes per second, latencies in seconds. `injected.NAME` counts the
    second that begins then. Times at which nothing was measured are left out.
    """
    columns = [(name, series.t, values) for name, values in series.values.items()]
    columns += [(f"injected.{name}", series.bins, values) for name, values in sorted(series.injected.items())]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("time_iso", "t_s", "series", "value"))
    lines = 0
    for name, times, values in columns:
        for t, value in zip(times.tolist(), values.tolist(), strict=True):
            if not math.isnan(value) and series.start <= t <= series.end:
                at = datetime.fromtimestamp(t + series.wall, UTC).isoformat(timespec="milliseconds")
                writer.writerow((at, f"{t:.3f}", name, f"{value:.6g}"))
                lines += 1
    return lines
