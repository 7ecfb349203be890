"""What all measuring functions share: figures in words, and the judgement of times."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vaurien_core.verify.values import LATE_S, Problem

EARLY_S = 0.001
"""Clocks and timers are no finer."""


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent don't exceed; 0 of nothing."""
    if not values:
        return 0.0
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def ms(seconds: float) -> str:
    """`100.3 ms`, `2.5 s`."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.3f} s"


def spans(values: Sequence[float]) -> str:
    """`p50 100.3 ms, p99 101.0 ms`."""
    return f"p50 {ms(percentile(values, 50))}, p99 {ms(percentile(values, 99))}"


def rate_text(rate: float) -> str:
    """Bytes a second as people say it, powers of 1000."""
    units = ["B/s", "KB/s", "MB/s", "GB/s"]
    while rate >= 999.5 and len(units) > 1:
        rate /= 1000
        units.pop(0)
    return f"{rate:.3g} {units[0]}"


def judge_times(took: Sequence[float], planned: Sequence[float], control: Sequence[float]) -> list[Problem]:
    """Each time against what was planned for it: never early, and on the whole not late.

    Args:
        took: seconds measured.
        planned: seconds that the fault must add to each.
        control: seconds of the same without the fault.
    """
    problems = []
    early = [(t, p) for t, p in zip(took, planned, strict=True) if t < p - EARLY_S]
    if early:
        time, plan = early[0]
        problems.append(Problem(f"{ms(time)} where {ms(plan)} were due: too early"))
    over = [t - p for t, p in zip(took, planned, strict=True)]
    allowed = LATE_S + percentile(control, 50)
    if percentile(over, 50) > allowed:
        problems.append(Problem(f"{ms(percentile(over, 50))} later than claimed, {ms(allowed)} are allowed", late=True))
    return problems


def judge_time(took: float, planned: float, control: float, what: str = "") -> list[Problem]:
    """A single time; `what` begins the sentence."""
    found = judge_times([took], [planned], [control])
    return [Problem(f"{what}: {p.text}", p.late) for p in found] if what else found


def expect(what: str, found: object, wanted: object) -> list[Problem]:
    """A problem unless both are equal."""
    return [] if found == wanted else [Problem(f"{what}: expected {wanted}, got {found}")]
