"""Where a scenario stands at any moment, and what is in force then."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.model.profile import Phase, PhaseChange, ProxySpec, Rule, Scenario
from vaurien_core.model.scenario import Position, advance, blend, changed_by, end_of, following, in_force, jump

CALM, OUTAGE, BACK = Phase("calm", 10), Phase("outage", 5, ramp_s=2), Phase("back", 3)
SCENARIO = Scenario(("calm", "outage", "back"), defined=(CALM, OUTAGE, BACK))


def mix(**weights: float) -> tuple[Rule, ...]:
    return tuple(Rule(name, Decimal(str(weight))) for name, weight in weights.items())


def position(scenario: Scenario, t: float) -> Position:
    return advance(scenario, Position(), t)


@pytest.mark.parametrize(
    ("t", "step", "since", "end", "over"),
    [
        (0, 0, 0, 10, False), (9.99, 0, 0, 10, False), (10, 1, 10, 15, False), (15, 2, 15, 18, False),
        (18, 2, 15, None, True), (1e6, 2, 15, None, True),
    ],
)  # fmt: skip
def test_phases_follow_each_other_and_the_last_one_stays(
    t: float, step: int, since: float, end: float | None, over: bool
) -> None:
    at = position(SCENARIO, t)
    assert at == Position(step, since, over)
    assert end_of(SCENARIO, at) == end


def test_rounds_follow_each_other() -> None:
    twice = Scenario(SCENARIO.phases, repeat=2, defined=SCENARIO.defined)
    assert position(twice, 18) == Position(3, 18)
    assert position(twice, 36) == Position(5, 33, over=True)
    for_ever = Scenario(SCENARIO.phases, repeat=None, defined=SCENARIO.defined)
    assert position(for_ever, 18_000 + 11) == Position(3001, 18_010)


def test_a_phase_without_a_length_lasts_until_it_is_skipped() -> None:
    held = Scenario(("calm", "held", "back"), defined=(CALM, BACK))
    assert position(held, 1e9) == Position(1, 10)
    assert end_of(held, Position(1, 10)) is None
    assert following(held, Position(1, 10), 77) == Position(2, 77)
    assert following(held, Position(2, 77), 80) == Position(2, 77, over=True)


def test_a_jump_goes_to_the_next_turn_of_a_phase() -> None:
    twice = Scenario(("calm", "outage", "calm"), repeat=2, defined=SCENARIO.defined)
    assert jump(twice, Position(), "calm", 3) == Position(2, 3)
    assert jump(twice, Position(2, 3), "outage", 4) == Position(4, 4)
    assert jump(twice, Position(4, 4), "outage", 5) == Position(4, 5)
    with pytest.raises(ValueError, match="nowhere"):
        jump(twice, Position(), "nowhere", 0)


@given(
    st.floats(0, 1e3),
    st.floats(0, 1),
    st.lists(st.floats(0.5, 30), min_size=1, max_size=5),
    st.integers(1, 4) | st.none(),
)
def test_it_does_not_matter_how_often_one_looks(
    t: float, share: float, lengths: list[float], repeat: int | None
) -> None:
    phases = tuple(Phase(str(n), length) for n, length in enumerate(lengths))
    scenario = Scenario(tuple(p.name for p in phases), repeat=repeat, defined=phases)
    at = position(scenario, t)
    assert advance(scenario, position(scenario, t * share), t) == at
    end = end_of(scenario, at)
    assert at.since <= t
    assert at.over if end is None else t < end
    assert not at.over or (repeat is not None and at.step == len(phases) * repeat - 1)


def test_what_a_phase_does_not_replace_is_the_profiles() -> None:
    down = Phase("down", 1, changes=(PhaseChange(mix=mix(error=50)), PhaseChange("db", state="down")))
    scenario = Scenario(("down",), defined=(down,))
    web, db = ProxySpec("web", mix=mix(delay=20)), ProxySpec("db", mix=mix(delay=20))
    assert changed_by(scenario, 0, web) == web.with_mix(mix(error=50))
    assert changed_by(scenario, 0, db) == db.with_mix(mix(error=50)).with_state("down")
    assert changed_by(Scenario(("calm",)), 0, web) == web


def test_a_ramp_moves_weights_from_the_phase_before() -> None:
    up = Phase("up", 10, ramp_s=4, changes=(PhaseChange(mix=mix(error=40)),))
    scenario = Scenario(("calm", "up"), defined=(CALM, up))
    web = ProxySpec("web", mix=mix(delay=20))

    def weights(t: float) -> dict[str, Decimal]:
        return {r.behavior: r.weight for r in in_force(scenario, position(scenario, t), t, web).mix}

    assert weights(9.9) == {"delay": 20}
    assert weights(10) == {"error": 0, "delay": 20}
    assert weights(11) == {"error": 10, "delay": 15}
    assert weights(14) == {"error": 40}


weights = st.lists(st.integers(0, 330_000), max_size=3).map(
    lambda parts: tuple(Rule(f"b{n}", Decimal(part) / 10_000) for n, part in enumerate(parts))
)


@given(weights, weights, st.floats(0, 1))
def test_what_is_between_two_mixes_never_exceeds_both(
    before: tuple[Rule, ...], after: tuple[Rule, ...], share: float
) -> None:
    between = blend(before, after, share)
    total = sum(r.weight for r in between)
    assert total <= max(sum(r.weight for r in before), sum(r.weight for r in after))
    for rule in between:
        ends = [sum((r.weight for r in mix if r.behavior == rule.behavior), Decimal(0)) for mix in (before, after)]
        assert min(ends) - Decimal("0.0001") <= rule.weight <= max(ends)
    assert blend(before, after, 1.0) == after
