"""delay: which verb, and how long."""

from __future__ import annotations

import random
from statistics import fmean, stdev

import pytest
from acting import FakeAct, act_with
from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.behaviors.delay import Delay, DelayOptions, holding_time
from vaurien_core.errors import OptionError
from vaurien_core.model.exchange import Exchange

SPREADS = ["uniform", "normal", "lognormal", "pareto"]


def sample(options: DelayOptions, count: int = 20_000) -> list[float]:
    numbers = random.Random(7)
    return [holding_time(options, lambda _purpose: numbers.random()) for _ in range(count)]


def test_the_request_waits_one_second_unless_told_otherwise():
    act = act_with(Delay, FakeAct())
    assert act.calls == [("hold_request", 1.0)]
    assert act.phases == ["before"]
    assert act.drawn == []


def test_with_before_off_the_answer_waits():
    act = act_with(Delay, FakeAct(), before=False, sleep=0.25)
    assert act.calls == [("hold_answer", 0.25)]
    assert act.phases == ["after"]


def test_an_answer_that_will_not_come_cannot_be_delayed():
    exchange = Exchange(1)
    exchange.answer_expected = False
    act = act_with(Delay, FakeAct(exchange=exchange), before=False)
    assert [call[0] for call in act.calls] == ["not_applicable"]


def test_the_jitter_is_drawn_by_its_own_name():
    act = act_with(Delay, FakeAct(draws={"jitter": 0.75}), sleep=0.3, jitter=0.1)
    assert act.calls == [("hold_request", pytest.approx(0.35))]
    assert act.drawn == ["jitter"]


@given(
    st.floats(0, 86_400), st.floats(0, 86_400), st.sampled_from(SPREADS),
    st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True),
)  # fmt: skip
def test_no_time_is_ever_negative_or_endless(sleep, jitter, spread, u, v):
    options = DelayOptions(sleep=sleep, jitter=jitter, distribution=spread)
    seconds = holding_time(options, lambda purpose: u if purpose == "jitter" else v)
    assert 0 <= seconds < 1e13


def test_uniform_stays_within_the_jitter():
    times = sample(DelayOptions(sleep=0.3, jitter=0.1))
    assert 0.2 <= min(times) < 0.205
    assert 0.395 < max(times) <= 0.4


@pytest.mark.parametrize("spread", ["normal", "lognormal"])
def test_normal_and_lognormal_have_the_mean_and_deviation_that_was_asked_for(spread):
    times = sample(DelayOptions(sleep=1.0, jitter=0.2, distribution=spread))
    assert fmean(times) == pytest.approx(1.0, rel=0.02)
    assert stdev(times) == pytest.approx(0.2, rel=0.05)


def test_pareto_never_falls_below_sleep_and_exceeds_it_by_the_jitter_on_average():
    times = sample(DelayOptions(sleep=1.0, jitter=0.2, distribution="pareto"))
    assert min(times) >= 1.0
    assert fmean(times) == pytest.approx(1.2, rel=0.02)
    assert max(times) > 2.0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "wait <b>1 s</b> before they reach the backend"),
        ({"sleep": 0.3, "jitter": 0.1}, "wait <b>200–400 ms</b> (uniform) before they reach the backend"),
        ({"sleep": 0.3, "jitter": 0.9}, "wait <b>0–1.2 s</b> (uniform) before they reach the backend"),
        ({"sleep": 0.5, "jitter": 0.7}, "wait <b>0–1.2 s</b> (uniform) before they reach the backend"),
        ({"sleep": 0.9, "jitter": 0.3}, "wait <b>600 ms–1.2 s</b> (uniform) before they reach the backend"),
        (
            {"sleep": 2, "jitter": 0.5, "distribution": "normal", "before": False},
            "wait <b>2 s ± 500 ms</b> (normal) before their answer goes back",
        ),
        (
            {"sleep": 1, "jitter": 0.5, "distribution": "pareto"},
            "wait at least <b>1 s</b>, <b>1.5 s</b> on average (pareto), before they reach the backend",
        ),
    ],
)
def test_the_preview_says_what_will_happen(options, sentence):
    assert Delay.sentence(DelayOptions.build(options)) == sentence


def test_a_negative_sleep_is_refused():
    with pytest.raises(OptionError, match="sleep: expected at least 0 s, got -1"):
        DelayOptions.build({"sleep": -1})
