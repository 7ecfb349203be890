"""Selectors in INI text: read, written, changed without touching the rest."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.errors import ProfileError
from vaurien_core.model.change import edit
from vaurien_core.model.events import ProxySample, Sample
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec, Rule
from vaurien_core.options import values_of
from vaurien_core.profiles import Document, dumps, judge, loads, render, same
from vaurien_core.registry import Registry

REGISTRY = Registry.builtin()
TEXT = """\
[vaurien]
behavior = 100:pay-fails, 100:search-slow, 10:error
protocol = http

[behavior:pay-fails]
type = error
match = UPDATE orders*   ; the label
first = 2
[behavior:search-slow]
type = delay
client = 10.0.0.0/8, ::1
times = 3
"""


def read(text: str) -> Profile:
    return loads(text, "p.ini", REGISTRY).profile


def test_they_stand_beside_the_options_and_do_not_count_toward_100() -> None:
    (spec,) = read(TEXT).proxies
    assert spec.behavior("pay-fails") == BehaviorSpec(
        "pay-fails", "error", values_of({"match": "UPDATE orders*", "first": 2})
    )
    assert dict(spec.behavior("search-slow").options) == {"client": ("10.0.0.0/8", "::1"), "times": 3}


def test_rules_without_them_still_share_100() -> None:
    with pytest.raises(ProfileError, match="at most 100 % in sum, got 110"):
        read(TEXT.replace("times = 3\n", "").replace("client = 10.0.0.0/8, ::1\n", ""))


def test_for_one_proxy_only() -> None:
    text = (
        "[proxy:a]\nproxy = :1\nbehavior = 50:delay\n[proxy:b]\nproxy = :2\nbehavior = 50:delay, 60:error\n"
        "[behavior:delay@b]\nmatch = GET *\n"
    )
    one, two = read(text).proxies
    assert one.behavior("delay").options == ()
    assert dict(two.behavior("delay").options) == {"match": "GET *"}


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("pay-fails", "match"), "INSERT*", "match = UPDATE orders*   ; the label", "match = INSERT*   ; the label"),
        (("pay-fails", "first"), 3, "first = 2", "first = 3"),
        (("pay-fails", "first"), None, "first = 2\n", ""),
        (("pay-fails", "every"), 4, "first = 2\n", "every = 4\nfirst = 2\n"),
        (("search-slow", "client"), ("::1",), "client = 10.0.0.0/8, ::1", "client = ::1"),
    ],
)
def test_a_change_touches_its_own_line(path: tuple[str, str], value: object, old: str, new: str) -> None:
    before = read(TEXT)
    after = edit(before, ("proxies", "default", "behaviors", *path), value)
    assert render(Document(None, TEXT, opening=TEXT), before, after, REGISTRY) == TEXT.replace(old, new)
    assert render(Document(None, TEXT.replace(old, new)), after, before, REGISTRY).replace(" ", "") in (
        TEXT.replace(" ", ""),
        TEXT.replace("type = error\n", "").replace(" ", ""),
    ) or same(
        read(render(Document(None, TEXT.replace(old, new)), after, before, REGISTRY)), before, REGISTRY.catalogue()
    )


def test_a_rule_that_one_of_two_proxies_loses_goes_with_its_section() -> None:
    text = (
        "[proxy:a]\nproxy = :1\nbehavior = 50:slow\n\n[behavior:slow@a]\ntype = delay\nmatch = a*\n\n"
        "[proxy:b]\nproxy = :2\nbehavior = 50:slow\n\n[behavior:slow@b]\ntype = error\nmatch = b*\n"
    )
    before = read(text)
    after = edit(before, ("proxies", "a", "mix"), ())
    after = edit(after, ("proxies", "a", "behaviors", "slow"), None)
    written = render(Document(None, text), before, after, REGISTRY)
    assert "[behavior:slow@a]" not in written
    assert "[behavior:slow@b]\ntype = error\nmatch = b*\n" in written
    assert same(read(written), after, REGISTRY.catalogue())


plain = st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters=";$\"'\\"), min_size=1, max_size=12)
options = st.fixed_dictionaries(
    {},
    optional={
        "match": st.one_of(plain.filter(lambda t: not t.startswith("re:")), st.sampled_from(["re:^a+$", "GET /a b*"])),
        "header": st.sampled_from(["X-User", "X-User: 7*"]),
        "client": st.sampled_from([("10.0.0.0/8",), ("::1", "127.0.0.1")]),
        "at": st.sampled_from(["request"]),
        "skip": st.integers(0, 9),
        "every": st.integers(1, 9),
        "first": st.integers(1, 9),
        "times": st.integers(1, 9),
    },
)


@given(st.lists(options, max_size=4), st.sampled_from(["error", "delay", "dummy"]))
def test_any_selectors_round_trip(rows: list[dict[str, object]], kind: str) -> None:
    setups = tuple(BehaviorSpec(f"r{n}", kind, values_of(row)) for n, row in enumerate(rows))  # type: ignore[arg-type]
    mix = tuple(Rule(s.name, Decimal(100 if s.selective() else 5)) for s in setups)
    profile = Profile(proxies=(ProxySpec("default", protocol="http", mix=mix, behaviors=setups),))
    again = read(dumps(profile, REGISTRY.catalogue()))
    assert same(again, profile, REGISTRY.catalogue())
    assert [b.options for b in again.proxies[0].behaviors] == [b.options for b in setups]


def test_what_was_matched_can_be_expected() -> None:
    profile = read(f"{TEXT}\n[expect]\npays = pay-fails.matched@default >= 2\nhit = pay-fails = 1\n")
    counted = ProxySample("default", hits=(("pay-fails", 1),), matched=(("pay-fails", 2), ("x", 9)))
    assert all(v.ok for v in judge(profile.expectations, Sample(0, 0, (counted,))))
    few = replace(counted, matched=(("pay-fails", 1),))
    assert [v.ok for v in judge(profile.expectations, Sample(0, 0, (few,)))] == [False, True]
    with pytest.raises(ProfileError, match=r'unknown metric "pays\.matched"'):
        read(f"{TEXT}\n[expect]\npays = pays.matched >= 2\n")
