"""Line and stack charts as inline SVG: no script, no fonts, no colours of their own (the page styles their classes)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from vaurien_core.frozen import dataclass

WIDTH, HEIGHT = 720, 150
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 8, 22
_TICKS = 4
_TIME_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
"""Seconds between the times of an axis."""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: its name, and (seconds, value) at the end of each stretch; NaN leaves a gap."""

    name: str
    points: Sequence[tuple[float, float]]


def chart(title: str, unit: str, lines: Sequence[Line], *, stacked: bool = False) -> str:
    """A figure with its legend.

    Args:
        title: over the chart.
        unit: of the values, behind the numbers of the axis.
        lines: drawn in the order of the legend; all with the same times where they are stacked.
        stacked: each one on top of the ones before, filled.
    """
    layers = _stacked(lines) if stacked else [list(line.points) for line in lines]
    values = [v for points in layers for _, v in points if not math.isnan(v)]
    times = [t for line in lines for t, _ in line.points]
    if not values or not times:
        return f'<figure><figcaption>{escape(title)}</figcaption><p class="none">Nothing was measured.</p></figure>'
    scale = _Scale(max(max(times), 1e-3), ceiling(max(values)))
    drawn = [_axis(scale, unit)]
    for number in reversed(range(len(lines))):
        if stacked:
            floor = layers[number - 1] if number else [(t, 0.0) for t, _ in layers[0]]
            drawn.append(f'<path class="f{number % 8}" d="{scale.area(layers[number], floor)}"/>')
        else:
            drawn.append(f'<path class="l{number % 8}" d="{scale.path(layers[number])}"/>')
    legend = "".join(
        f'<li><svg width="14" height="10"><rect class="{"f" if stacked else "b"}{n % 8}" width="14" height="10"/></svg>'
        f"{escape(line.name)}</li>"
        for n, line in enumerate(lines)
    )
    label = f"{title}: {', '.join(line.name for line in lines)}"
    return (
        f"<figure><figcaption>{escape(title)}</figcaption><ul class=legend>{legend}</ul>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">{"".join(drawn)}</svg></figure>'
    )


def ceiling(value: float) -> float:
    """The end of an axis: 1, 2, 2.5 or 5 times a power of ten, not below the value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * (1 - 1e-9))


def amount(value: float) -> str:
    """A number for an axis: `0`, `2.5`, `40 k`, `1.2 M`."""
    for limit, suffix in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{suffix}"
    return f"{value:.3g}"


def with_unit(value: float, unit: str) -> str:
    """`0 B/s`, `40 kB/s`, `2.5 ms`."""
    number = amount(value)
    return f"{number if number[-1:].isalpha() else f'{number} '}{unit}".strip()


@dataclass(frozen=True, slots=True)
class _Scale:
    end: float
    top: float

    def x(self, t: float) -> float:
        return LEFT + t / self.end * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return TOP + (1 - value / self.top) * (HEIGHT - TOP - BOTTOM)

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        parts, pen = [], "M"
        for t, value in points:
            if math.isnan(value):
                pen = "M"
                continue
            parts.append(f"{pen}{self.x(t):.1f},{self.y(value):.1f}")
            pen = "L"
        return " ".join([*parts, f"h{0.1}"]) if len(parts) == 1 else " ".join(parts)

    def area(self, upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]]) -> str:
        there = [f"{self.x(t):.1f},{self.y(v):.1f}" for t, v in upper]
        back = [f"{self.x(t):.1f},{self.y(v):.1f}" for t, v in reversed(lower)]
        return f"M{' L'.join([*there, *back])} Z"


def _axis(scale: _Scale, unit: str) -> str:
    drawn = []
    for tick in range(_TICKS + 1):
        value = scale.top * tick / _TICKS
        y = scale.y(value)
        drawn.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        if tick % 2 == 0:
            drawn.append(
                f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(with_unit(value, unit))}</text>'
            )
    every = next(step for step in _TIME_STEPS if scale.end / step <= 6 or step == _TIME_STEPS[-1])
    for number in range(int(scale.end / every) + 1):
        t = number * every
        drawn.append(f'<text x="{scale.x(t):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{_time(t)}</text>')
    return "".join(drawn)


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}" if whole < 3600 else f"{whole // 3600}:{whole // 60 % 60:02d} h"


def _stacked(lines: Sequence[Line]) -> list[list[tuple[float, float]]]:
    layers: list[list[tuple[float, float]]] = []
    for line in lines:
        under = layers[-1] if layers else [(t, 0.0) for t, _ in line.points]
        layers.append([(t, below + (0.0 if math.isnan(v) else v)) for (t, v), (_, below) in
                       zip(line.points, under, strict=True)])  # fmt: skip
    return layers
