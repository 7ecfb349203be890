"""The difference of two profiles as edits, and who may still write on an old base."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.engine.revisions import HISTORY, Revisions, edits_between
from vaurien_core.errors import ConflictError, UsageError
from vaurien_core.model.change import edit_all
from vaurien_core.model.profile import BehaviorSpec, ControlSpec, Profile, ProxySpec, Rule, ToxicSpec

weights = st.decimals(0, 20, places=2)
options = st.sampled_from([{"sleep": 1.0}, {"sleep": 2.0}, {"before": False}, {"sleep": 1.0, "before": False}])


@st.composite
def specs(draw: st.DrawFn, name: str) -> ProxySpec:
    names = draw(st.lists(st.sampled_from(["delay", "error", "hang"]), unique=True))
    mix = tuple(Rule(n, draw(weights)) for n in names)
    set_up = {n: draw(options) for n in ("delay", "slow") if draw(st.booleans())}
    kinds = {"slow": draw(st.sampled_from(["delay", "error"]))}
    behaviors = tuple(BehaviorSpec(n, kinds.get(n, ""), tuple(sorted(o.items()))) for n, o in sorted(set_up.items()))
    toxics = tuple(
        ToxicSpec(n, draw(st.sampled_from(["", "latency"])), draw(st.sampled_from(["upstream", "both"])), draw(st.sampled_from([0.5, 1.0])),
                  draw(st.booleans()), draw(st.sampled_from([(), (("latency", 1.0),), (("latency", 2.0),)])))
        for n in draw(st.lists(st.sampled_from(["slow", "cut"]), unique=True))
    )  # fmt: skip
    return ProxySpec(name, draw(st.sampled_from(["a:1", "b:2"])), mix=mix, behaviors=behaviors, toxics=toxics)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    names = draw(st.lists(st.sampled_from(["web", "db"]), unique=True))
    proxies = tuple(draw(specs(name)) for name in sorted(names))
    return Profile(proxies, seed=draw(st.sampled_from([None, 1, 2])), control=ControlSpec(draw(st.booleans())))


@given(profiles(), profiles())
def test_the_edits_between_two_profiles_make_the_one_out_of_the_other(before: Profile, after: Profile) -> None:
    made = edit_all(before, edits_between(before, after))
    assert {p.name: p for p in made.proxies} == {p.name: p for p in after.proxies}
    assert (made.seed, made.control) == (after.seed, after.control)
    assert edits_between(after, after) == ()


def test_one_changed_weight_is_one_edit() -> None:
    before = Profile((ProxySpec("web", mix=(Rule("delay", Decimal(1)), Rule("error", Decimal(2)))),))
    after = Profile((ProxySpec("web", mix=(Rule("delay", Decimal(1)), Rule("error", Decimal(3)))),))
    assert [e.text for e in edits_between(before, after)] == ["proxies/web/mix/error"]


WEIGHT = ("proxies", "web", "mix", "delay")


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        (WEIGHT, True),
        (("proxies", "web", "mix"), True),
        (("proxies", "web"), True),
        (("proxies", "web", "mix", "error"), False),
        (("proxies", "web", "backend"), False),
        (("proxies", "db"), False),
    ],
)
def test_a_late_write_is_refused_only_where_its_place_was_changed(path: tuple[str, ...], refused: bool) -> None:
    revisions = Revisions(Profile())
    revisions.record(Profile(), [WEIGHT], "ann")
    revisions.check_base(2, [path])
    if not refused:
        revisions.check_base(1, [path])
        return
    with pytest.raises(ConflictError, match="proxies/web/mix/delay: changed by ann since revision 1"):
        revisions.check_base(1, [path])


def test_a_base_from_the_future_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="expected a revision up to 1, got 2"):
        Revisions(Profile()).check_base(2, [WEIGHT])


def test_a_base_that_is_forgotten_is_a_conflict() -> None:
    revisions = Revisions(Profile())
    for _ in range(HISTORY + 1):
        revisions.record(Profile(), [WEIGHT], "")
    with pytest.raises(ConflictError, match="too old"):
        revisions.at(1)
    assert revisions.at(revisions.number) == Profile()
