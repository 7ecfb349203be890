"""loss: the model against what the kernel's own loss did to an echo."""

from __future__ import annotations

import random
from itertools import pairwise
from statistics import median

import pytest

from vaurien_core.behaviors import loss
from vaurien_core.behaviors.loss import Losses, LossOptions

MEASURED_MS = {(1, 99): 207.0, (5, 90): 208.0, (5, 99): 652.0}
"""Rate in %, percentile: Linux 6.18, loopback, a socket filter that drops at random on both sides."""
TOLERANCE = 0.1
ECHOES, RUNS = 1000, 60


def echoes(rate: float, seed: int) -> list[float]:
    """How late so many echoes are, in ms, ascending: each can be lost on its way there and on its way back."""
    draw = random.Random(seed).random
    there, back = (Losses(LossOptions(rate=rate), draw) for _ in range(2))
    return sorted(1000 * (there.stall() + back.stall()) for _ in range(ECHOES))


def typical(rate: float, percentile: int) -> float:
    """The percentile that half of the runs reach."""
    return median(echoes(rate, seed)[ECHOES * percentile // 100] for seed in range(RUNS))


@pytest.mark.parametrize(("rate", "percentile"), MEASURED_MS)
def test_echoes_are_as_late_as_with_the_kernel_s_loss(rate: int, percentile: int) -> None:
    measured = MEASURED_MS[rate, percentile]
    assert abs(typical(rate, percentile) / measured - 1) < TOLERANCE


@pytest.mark.parametrize(("rate", "percentile"), [(5, 90), (5, 99)])
def test_without_the_calibration_they_are_not(rate: int, percentile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss, "FIRST", 1.0)
    monkeypatch.setattr(loss, "AGAIN", 1.0)
    measured = MEASURED_MS[rate, percentile]
    assert abs(typical(rate, percentile) / measured - 1) > TOLERANCE


def test_most_echoes_are_not_late_at_all() -> None:
    assert typical(1, 97) == 0
    assert typical(5, 85) == 0


@pytest.mark.parametrize("correlation", [0.0, 50.0, 90.0])
def test_correlation_makes_bursts_and_leaves_the_share(correlation: float) -> None:
    draws = random.Random(3)
    losses = Losses(LossOptions(rate=5, correlation=correlation), draws.random)
    late = [losses.stall() > 0 for _ in range(200_000)]
    assert abs(sum(late) / len(late) / (loss.FIRST * 0.05) - 1) < 0.1
    again = [b for a, b in pairwise(late) if a]
    assert abs(sum(again) / len(again) - (correlation / 100 + 0.055 * (1 - correlation / 100))) < 0.03


def test_all_is_late_at_100_percent_and_still_arrives() -> None:
    losses = Losses(LossOptions(rate=100), random.Random(1).random)
    assert 0 < losses.stall() < 3600
