"""Where a panel's gridlines are and what stands beside them: round ceilings that grow at once and shrink late.

Pure arithmetic. Values of a linear scale are drawn as they are, those of a logarithmic one as the decimal logarithm of
milliseconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

SHRINK_S = 5.0
"""How long less must have sufficed before a ceiling comes down."""
HEADROOM = 0.13
FOOTROOM = 0.07
"""Of the height between the lowest and the highest gridline, above and below them."""
_ROUND = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_OVER = 1.04
"""How far a curve may reach over the top gridline."""


@dataclass(frozen=True, slots=True)
class Ticks:
    """The gridlines of a panel, lowest first, with their labels ("" has none)."""

    marks: tuple[tuple[float, str], ...]

    @property
    def low(self) -> float:
        """The lowest gridline."""
        return self.marks[0][0]

    @property
    def high(self) -> float:
        """The highest gridline."""
        return self.marks[-1][0]

    @property
    def bottom(self) -> float:
        """The lower end of the panel."""
        return self.low - (self.high - self.low) * FOOTROOM

    @property
    def top(self) -> float:
        """The upper end of the panel."""
        return self.high + (self.high - self.low) * HEADROOM


class Scale(Protocol):
    """Finds the ticks for what is in sight."""

    def ticks(self, low: float, high: float, now: float) -> Ticks:
        """Ticks for values between `low` and `high` (NaN: none in sight) at `now` seconds."""


def round_up(value: float) -> float:
    """The next round number: 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _ROUND if step * power >= value * (1 - 1e-9))


class Sticky:
    """A level that follows upwards at once, and downwards after `SHRINK_S` at the earliest."""

    __slots__ = ("_asked", "_since", "level")

    def __init__(self, level: float) -> None:
        self.level = level
        self._asked, self._since = level, 0.0

    def follow(self, wanted: float, now: float) -> float:
        """The level to use when `wanted` would do at `now` seconds."""
        if wanted >= self.level:
            self.level = self._asked = wanted
            self._since = now
        elif wanted > self._asked or self._asked >= self.level:
            self._asked, self._since = wanted, now  # the most that was wanted since the wait began
        elif now - self._since >= SHRINK_S or now < self._since:
            self.level = self._asked
            self._since = now
        return self.level


class LinearScale:
    """From zero to a round ceiling; `bytes_` counts in B/s, kB/s, ..., otherwise in `unit`."""

    def __init__(self, *, bytes_: bool = False, least: float = 2.0, unit: str = "/s") -> None:
        self._bytes, self._unit = bytes_, unit
        self._least = least
        self._ceiling = Sticky(least)

    def ticks(self, low: float, high: float, now: float) -> Ticks:
        """Zero, the middle and the ceiling."""
        wanted = self._least if math.isnan(high) else max(self._least, round_up(max(high, 1e-9) / _OVER))
        top = self._ceiling.follow(wanted, now)
        factor, unit = 1.0, self._unit
        if self._bytes:
            power = min(3, max(0, math.floor(math.log10(top) / 3 + 1e-9)))
            factor, unit = 1000.0**power, ("B/s", "kB/s", "MB/s", "GB/s")[power]
        middle = top / 2 / factor
        return Ticks(
            (
                (0.0, "0"),
                (top / 2, f"{middle:,.0f}" if abs(middle - round(middle)) < 1e-9 else ""),
                (
                    top,
                    (f"{top / factor:,.4g}" if top / factor < 1000 else f"{top / factor:,.0f}") + f" {unit}".rstrip(),
                ),
            )
        )


class LogScale:
    """Whole decades of milliseconds, at least two of them; the floor may be half a decade higher than a whole one."""

    def __init__(self) -> None:
        self._ceiling = Sticky(2.0)
        self._depth = Sticky(0.5)

    def ticks(self, low: float, high: float, now: float) -> Ticks:
        """A gridline per decade from just under `low` to just over `high`."""
        floor, ceiling = -0.5, 2.0
        if not math.isnan(low):
            floor = min(0.0, math.floor(low * 2) / 2)
            ceiling = max(floor + 2, math.ceil(high - 0.02))
        ceiling = float(self._ceiling.follow(math.ceil(ceiling), now))
        floor = -self._depth.follow(-floor, now)
        marks = [(floor, "")] if floor != math.ceil(floor) else []
        marks += [(float(e), f"{10.0**e:,g}") for e in range(math.ceil(floor), round(ceiling) + 1)]
        if len(marks) > 6:
            marks = [m for n, m in enumerate(reversed(marks)) if n % 2 == 0 or m[0] == floor][::-1]
        marks[-1] = (marks[-1][0], f"{marks[-1][1]} ms")
        return Ticks(tuple(marks))
