"""Times in fixed log buckets: cheap to record, exact to add and to subtract.

16 buckets per decade from 10 µs to 1,000 s, each with the sum of what is in it: a quantile is off by less than a
bucket, and exact where all in it are equal. Bucket 0 holds what is
shorter, the last what is longer. The snapshot is a tuple of counts, so a window gets the
last second's quantiles from the difference of two snapshots.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TypeVar

N = TypeVar("N", int, float)

PER_DECADE = 16
LOWEST_S = 1e-5
DECADES = 8
BOUNDS: tuple[float, ...] = tuple(LOWEST_S * 10 ** (i / PER_DECADE) for i in range(PER_DECADE * DECADES + 1))
"""Upper bounds in seconds, inclusive; one more bucket follows for what is longer."""
SIZE = len(BOUNDS) + 1


class Histogram:
    """Counts and seconds per bucket. Owned by one proxy's counters."""

    __slots__ = ("counts", "sums")

    def __init__(self) -> None:
        self.counts = [0] * SIZE
        self.sums = [0.0] * SIZE

    def record(self, seconds: float) -> None:
        """Count one time."""
        bucket = bisect_left(BOUNDS, seconds)
        self.counts[bucket] += 1
        self.sums[bucket] += seconds

    def snapshot(self) -> tuple[int, ...]:
        """The counts so far, without trailing zeros."""
        return trim(self.counts)

    def snapshot_sums(self) -> tuple[float, ...]:
        """The seconds in each bucket so far, to the microsecond, as many as `snapshot` has."""
        return tuple(round(seconds, 6) for seconds in self.sums[: len(trim(self.counts))])


def trim(counts: Sequence[int]) -> tuple[int, ...]:
    """Counts without trailing zeros (the short form that is sent)."""
    end = len(counts)
    while end and not counts[end - 1]:
        end -= 1
    return tuple(counts[:end])


def difference(now: Sequence[N], before: Sequence[N]) -> tuple[N, ...]:
    """What came between two snapshots."""
    changed: list[N] = [n - b for n, b in zip(now, before, strict=False)]
    return tuple(changed) + tuple(now[len(before) :])


def added(parts: Iterable[Sequence[N]]) -> tuple[N, ...]:
    """Several snapshots as one; they may differ in length."""
    columns: Iterable[tuple[N, ...]] = zip_longest(*parts, fillvalue=0)
    return tuple(sum(column) for column in columns)


def quantile(counts: Sequence[int], q: float, sums: Sequence[float] = ()) -> float:
    """The time in seconds that the share `q` (0..1) does not exceed; NaN without counts.

    Answers with the mean of what is in its bucket, so that a delay of 2 s reads 2 s; without `sums`, with the
    bucket's geometric middle.
    """
    total = sum(counts)
    if not total:
        return math.nan
    rank, seen = q * total, 0
    for index, count in enumerate(counts):
        seen += count
        if count and seen >= rank:
            if index < len(sums):
                return sums[index] / count
            upper = BOUNDS[min(index, len(BOUNDS) - 1)]
            return upper * 10 ** (-0.5 / PER_DECADE) if 0 < index < len(BOUNDS) else upper
    return BOUNDS[-1]
