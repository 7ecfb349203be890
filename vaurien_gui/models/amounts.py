"""Amounts as texts with their unit: what legends, tiles and the journal show. Without a figure they say `–`."""

from __future__ import annotations

import math

NONE = "–"
_BYTES = ("B", "kB", "MB", "GB", "TB")


def scaled(value: float) -> tuple[float, str]:
    """A number of bytes (at least 0) as a figure under 1,000 and its unit."""
    for unit in _BYTES[:-1]:
        if value < 999.5:
            return value, unit
        value /= 1000
    return value, _BYTES[-1]


def size(count: float) -> str:
    """Bytes: `312 B`, `4.1 kB`."""
    value, unit = scaled(count)
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def throughput(rate: float) -> str:
    """Bytes per second to three digits: `262 kB/s`, `22.9 kB/s`, `0 B/s`."""
    if math.isnan(rate):
        return NONE
    value, unit = scaled(max(rate, 0.0))
    decimals = 0 if unit == "B" or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{decimals}f} {unit}/s"


def count_rate(rate: float) -> str:
    """How often per second, without the unit: `12.1`, `1,234`."""
    if math.isnan(rate):
        return NONE
    return f"{rate:,.1f}" if rate < 999.95 else f"{rate:,.0f}"


def figure(value: float) -> str:
    """A whole number: `172`."""
    return NONE if math.isnan(value) else f"{value:,.0f}"


def percent(value: float) -> str:
    """Without the sign: `19.8`."""
    return NONE if math.isnan(value) else f"{value:.1f}"


def duration(seconds: float) -> tuple[str, str]:
    """A time as figure and unit: `0.9`, `ms`; `301`, `ms`; `12.4`, `s`."""
    if math.isnan(seconds):
        return NONE, ""
    ms = seconds * 1000
    if ms < 0.0995:
        return f"{ms:.2f}", "ms"
    if ms < 9.95:
        return f"{ms:.1f}", "ms"
    return (f"{ms:.0f}", "ms") if ms < 9_999.5 else (f"{seconds:,.1f}", "s")


def latency(seconds: float) -> str:
    """`0.9 ms`, `301 ms`, `12.4 s`."""
    value, unit = duration(seconds)
    return f"{value} {unit}".rstrip()


def clock(seconds: float) -> str:
    """A span as minutes and seconds: `00:42`, `61:05`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"
