"""Times in buckets: exact where all are equal, within a bucket otherwise; sums and differences of snapshots."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.model.histogram import PER_DECADE, Histogram, added, difference, quantile

TIMES = st.lists(st.floats(min_value=1e-5, max_value=900), min_size=1, max_size=200)


def of(times: list[float]) -> Histogram:
    histogram = Histogram()
    for time in times:
        histogram.record(time)
    return histogram


@pytest.mark.parametrize("seconds", [0.0, 3e-6, 0.0004, 0.3, 2.0, 999.0, 5000.0])
def test_equal_times_read_as_what_they_are(seconds: float) -> None:
    histogram = of([seconds] * 7)
    assert quantile(histogram.snapshot(), 0.5, histogram.snapshot_sums()) == pytest.approx(seconds, abs=1e-6)


@given(TIMES, st.sampled_from([0.01, 0.5, 0.95, 0.99]))
def test_a_quantile_is_off_by_less_than_a_bucket(times: list[float], q: float) -> None:
    histogram = of(times)
    exact = sorted(times)[max(0, math.ceil(q * len(times)) - 1)]
    found = quantile(histogram.snapshot(), q, histogram.snapshot_sums())
    bucket = 10 ** (1 / PER_DECADE)
    assert exact / bucket - 2e-6 <= found <= exact * bucket + 2e-6
    assert quantile(histogram.snapshot(), q) == pytest.approx(found, rel=bucket - 1 + 1e-6, abs=2e-6)


@given(TIMES, TIMES)
def test_what_came_between_two_snapshots_is_their_difference(before: list[float], after: list[float]) -> None:
    first, both = of(before), of([*before, *after])
    assert sum(difference(both.snapshot(), first.snapshot())) == len(after)
    assert sum(difference(both.snapshot_sums(), first.snapshot_sums())) == pytest.approx(sum(after), abs=1e-2)
    assert added([first.snapshot(), of(after).snapshot()]) == both.snapshot()


def test_nothing_measured_is_not_a_number() -> None:
    assert math.isnan(quantile((), 0.5))
    assert math.isnan(quantile((0, 0), 0.5, (0.0, 0.0)))
