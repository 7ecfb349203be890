"""How a time varies around what was set; shared by everything that waits."""

from __future__ import annotations

import math
from collections.abc import Callable

SPREADS = ("uniform", "normal", "lognormal", "pareto")
PARETO_INDEX = 3.0
"""Tail index of `pareto`: the smallest whole one whose variance is finite."""


def spread(middle: float, jitter: float, distribution: str, draw: Callable[[str], float]) -> float:
    """A time; never negative, `middle` exactly where `jitter` is 0.

    `uniform`: evenly within `middle` ± `jitter`. `normal`: mean `middle`, standard deviation `jitter`. `lognormal`:
    the same mean and standard deviation, skewed to the long side. `pareto`: never less than `middle`, `middle` +
    `jitter` on average, one in 10,000 about 41 `jitter` over `middle` (Lomax, index 3).

    Args:
        middle: in any unit, which is also that of `jitter` and of the result.
        jitter: how much it varies.
        distribution: one of `SPREADS`.
        draw: a number within [0, 1) by purpose.
    """
    if not jitter:
        return middle
    u = draw("jitter")
    if distribution == "uniform":
        return max(0.0, middle + jitter * (2 * u - 1))
    if distribution == "pareto":
        return middle + jitter * (PARETO_INDEX - 1) * math.expm1(-math.log1p(-u) / PARETO_INDEX)
    z = math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * draw("jitter angle"))  # Box-Muller
    if distribution == "normal":
        return max(0.0, middle + jitter * z)
    if not middle:
        return 0.0
    variance = math.log1p(min(jitter / middle, 1e6) ** 2)
    return middle * math.exp(math.sqrt(variance) * z - variance / 2)
