"""Plans: what a swap keeps, and what begins anew."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.proxy.lab import Line, behavior, named, spec_of
from vaurien_core.behaviors.delay import Delay
from vaurien_core.behaviors.dummy import Dummy
from vaurien_core.behaviors.hang import Hang
from vaurien_core.errors import UsageError
from vaurien_core.model.profile import BehaviorSpec, ProxySpec
from vaurien_core.options import values_of
from vaurien_core.protocols.tcp import Tcp
from vaurien_core.proxy.draw import SPAN
from vaurien_core.proxy.plan import compile_plan, compile_rule
from vaurien_core.registry import Registry

REGISTRY = Registry((Delay, Hang, Dummy, behavior("b", lambda act: None)), (Tcp, Line))


def with_sleep(mix: str, sleep: float) -> ProxySpec:
    return spec_of(mix).with_behavior(named("delay", sleep=sleep))


def test_an_unchanged_rule_keeps_its_object_and_its_hits() -> None:
    plan = compile_plan(with_sleep("20:delay, 5:hang", 2.0), REGISTRY)
    plan.rules[0].hits = 7
    after = compile_plan(with_sleep("1:b, 30:delay", 2.0), REGISTRY, plan)
    assert [r.name for r in after.rules] == ["b", "delay"]
    assert after.rules[1] is plan.rules[0]
    assert after.rules[1].hits == 7


def test_changed_options_make_a_new_object_that_keeps_the_count() -> None:
    plan = compile_plan(with_sleep("20:delay", 2.0), REGISTRY)
    plan.rules[0].hits = 7
    after = compile_plan(with_sleep("20:delay", 3.0), REGISTRY, plan)
    assert after.rules[0].behavior is not plan.rules[0].behavior
    assert dict(after.rules[0].options)["sleep"] == 3.0
    assert after.rules[0].hits == 7


def test_a_rule_whose_weight_leaves_0_begins_anew() -> None:
    plan = compile_plan(spec_of("20:delay"), REGISTRY)
    plan.rules[0].hits = 7
    off = compile_plan(spec_of("0:delay"), REGISTRY, plan)
    assert off.rules == ()
    assert off.idle
    on = compile_plan(spec_of("20:delay"), REGISTRY, off)
    assert on.rules[0].hits == 0


def test_an_override_is_kept_over_a_swap_and_laid_over_the_mix() -> None:
    plan = compile_plan(spec_of("20:delay"), REGISTRY).with_override(compile_rule(named("hang"), REGISTRY))
    after = compile_plan(spec_of("5:delay"), REGISTRY, plan)
    assert after.override is plan.override
    assert after.with_override(None).override is None


def test_all_normal_draws_nothing_and_stays_over_a_swap() -> None:
    plan = compile_plan(spec_of("20:delay"), REGISTRY).with_normal(True)
    assert plan.idle
    assert compile_plan(spec_of("30:delay"), REGISTRY, plan).idle
    assert not plan.with_normal(False).idle


def test_only_what_just_adds_time_raises_the_bound() -> None:
    assert compile_plan(spec_of("1:delay"), REGISTRY).adds_time
    assert not compile_plan(spec_of("1:hang"), REGISTRY).adds_time
    assert not compile_plan(spec_of("0:delay"), REGISTRY).adds_time


def test_a_written_dummy_owns_its_range_and_does_nothing() -> None:
    plan = compile_plan(spec_of("10:dummy, 20:delay"), REGISTRY)
    percent = 2**64 // 100
    assert plan.choose(9 * percent) is None
    chosen = plan.choose(11 * percent)
    assert chosen is not None
    assert chosen.name == "delay"
    assert plan.choose(31 * percent) is None
    assert compile_plan(spec_of("100:dummy"), REGISTRY).idle


def test_a_variant_has_its_own_name_and_the_behavior_of_its_type() -> None:
    spec = spec_of("30:slow").with_behavior(BehaviorSpec("slow", "delay", values_of({"sleep": 9.0})))
    (rule,) = compile_plan(spec, REGISTRY).rules
    assert (rule.name, rule.kind) == ("slow", "delay")
    assert dict(rule.options)["sleep"] == 9.0
    assert dict(rule.options)["before"] is True


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (spec_of("5:dely"), 'unknown behavior "dely", did you mean "delay"'),
        (with_sleep("5:delay", -1.0), r"\[behavior:delay\] sleep: expected at least 0 s, got -1"),
        (with_sleep("0:delay", -1.0), r"\[behavior:delay\] sleep: expected at least 0 s, got -1"),
        (spec_of("5:delay").with_behavior(named("delay", slep=1.0)), 'unknown option "slep"'),
    ],
)
def test_what_does_not_fit_is_one_sentence(spec: ProxySpec, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        compile_plan(spec, REGISTRY)


def test_weights_are_exact_decimals() -> None:
    plan = compile_plan(spec_of("0.0001:delay, 99.9999:hang"), REGISTRY)
    assert plan.ends == (1, 1_000_000)
    assert Decimal("0.0001") == spec_of("0.0001:delay").mix[0].weight


@given(st.integers(0, SPAN - 1))
def test_the_range_that_is_journalled_is_the_one_that_chose(drawn: int) -> None:
    plan = compile_plan(spec_of("20.5:delay, 0:hang, 5:b"), REGISTRY)
    rule, owned = plan.choose(drawn), plan.owned(drawn)
    assert (rule is None) == (owned is None)
    if rule is not None and owned is not None:
        assert owned == {"delay": (0.0, 20.5), "b": (20.5, 25.5)}[rule.name]
        assert owned[0] <= drawn * 100 / SPAN <= owned[1]
