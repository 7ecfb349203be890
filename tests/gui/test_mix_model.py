"""Moving one weight never moves another, and the sum never passes 100."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaurien_gui.models.mix_model import FULL, STEP, MixModel

TENTHS = st.integers(0, 1000).map(lambda tenths: tenths * STEP)


@st.composite
def mixes(draw: st.DrawFn) -> MixModel:
    """One to eight rows whose sum is at most 100."""
    left, weights = 1000, []
    for number in range(draw(st.integers(1, 8))):
        tenths = draw(st.integers(0, left))
        left -= tenths
        weights.append((f"row{number}", tenths * STEP))
    return MixModel.of(weights)


@given(mixes(), st.data(), TENTHS)
def test_setting_one_row_moves_no_other_and_stays_within_100(
    mix: MixModel, data: st.DataObject, value: Decimal
) -> None:
    row = data.draw(st.sampled_from([name for name, _ in mix.weights]))
    after = mix.set(row, value)
    assert after.total <= FULL
    assert after.weight(row) == min(value, mix.limit(row))
    assert [w for w in after.weights if w[0] != row] == [w for w in mix.weights if w[0] != row]


@given(mixes(), st.data(), TENTHS)
def test_making_room_gives_the_row_what_it_asked_for_and_shrinks_the_others(
    mix: MixModel, data: st.DataObject, value: Decimal
) -> None:
    row = data.draw(st.sampled_from([name for name, _ in mix.weights]))
    after = mix.make_room(row, value)
    assert after.weight(row) == value
    assert after.total <= FULL
    needed = mix.total - mix.weight(row) + value > FULL
    if needed:
        assert after.total == FULL, "no more is taken than needed"
    for (name, before), (_, now) in zip(mix.weights, after.weights, strict=True):
        if name != row:
            assert now <= before + (STEP if needed else 0)
            assert now % STEP == 0
            assert now == 0 if before == 0 else True


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_scaling_to_100_is_exact_and_keeps_the_order(tenths: list[int]) -> None:
    mix = MixModel.of((f"row{n}", t * STEP) for n, t in enumerate(tenths))
    after = mix.scale_to_100()
    if mix.total <= FULL:
        assert after == mix
    else:
        assert after.total == FULL
    for (_, a), (_, b) in zip(mix.weights, after.weights, strict=True):
        for (_, c), (_, d) in zip(mix.weights, after.weights, strict=True):
            if a > c:
                assert b >= d


def test_the_limit_is_the_value_plus_what_is_normal() -> None:
    mix = MixModel.of([("delay", Decimal(10)), ("error", Decimal(5))])
    assert (mix.normal, mix.limit("delay"), mix.limit("error")) == (85, 95, 90)


def test_a_file_over_100_leaves_no_room_but_lets_rows_be_lowered() -> None:
    mix = MixModel.of([("delay", Decimal(90)), ("error", Decimal(28))])
    assert (mix.normal, mix.limit("delay")) == (0, 90)
    assert mix.set("delay", Decimal(95)) == mix
    assert mix.set("delay", Decimal(10)).total == 38


def test_thirds_are_rounded_so_that_the_sum_is_exact() -> None:
    mix = MixModel.of([("a", Decimal("33.3")), ("b", Decimal("33.3")), ("c", Decimal("33.3"))])
    assert mix.make_room("a", Decimal(50)).weights == (("a", 50), ("b", 25), ("c", 25))
    assert [w for _, w in mix.make_room("a", Decimal("50.1")).weights] == [
        Decimal("50.1"),
        Decimal("25.0"),
        Decimal("24.9"),
    ]


def test_an_unknown_row_is_an_error() -> None:
    with pytest.raises(KeyError):
        MixModel.of([]).make_room("delay", Decimal(1))
