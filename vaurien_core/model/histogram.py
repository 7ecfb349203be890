"""Times in fixed log buckets: cheap to record, exact to add and to subtract.

16 buckets per decade from 10 µs to 1,000 s: a quantile is off by at most 7.5 %. Bucket 0 holds what is
shorter, the last what is longer. The snapshot is a tuple of counts, so a window gets the
last second's quantiles from the difference of two snapshots.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

PER_DECADE = 16
LOWEST_S = 1e-5
DECADES = 8
BOUNDS: tuple[float, ...] = tuple(LOWEST_S * 10 ** (i / PER_DECADE) for i in range(PER_DECADE * DECADES + 1))
"""Upper bounds in seconds, inclusive; one more bucket follows for what is longer."""
SIZE = len(BOUNDS) + 1


class Histogram:
    """Counts per bucket, and the sum in seconds. Owned by one proxy's counters."""

    __slots__ = ("counts", "sum_s")

    def __init__(self) -> None:
        self.counts = [0] * SIZE
        self.sum_s = 0.0

    def record(self, seconds: float) -> None:
        """Count one time."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum_s += seconds

    def snapshot(self) -> tuple[int, ...]:
        """The counts so far, without trailing zeros."""
        return trim(self.counts)


def trim(counts: Sequence[int]) -> tuple[int, ...]:
    """Counts without trailing zeros (the short form that is sent)."""
    end = len(counts)
    while end and not counts[end - 1]:
        end -= 1
    return tuple(counts[:end])


def difference(now: Sequence[int], before: Sequence[int]) -> tuple[int, ...]:
    """What came between two snapshots."""
    padded = tuple(before) + (0,) * (len(now) - len(before))
    return tuple(n - b for n, b in zip(now, padded, strict=False))


def quantile(counts: Sequence[int], q: float) -> float:
    """The time in seconds that the share `q` (0..1) does not exceed; NaN without counts.

    Answers with the geometric middle of its bucket.
    """
    total = sum(counts)
    if not total:
        return math.nan
    rank, seen = q * total, 0
    for index, count in enumerate(counts):
        seen += count
        if count and seen >= rank:
            upper = BOUNDS[min(index, len(BOUNDS) - 1)]
            return upper * 10 ** (-0.5 / PER_DECADE) if 0 < index < len(BOUNDS) else upper
    return BOUNDS[-1]
