"""Toxics in a file: read key by key, checked with one sentence each, saved with the smallest difference."""

# ruff: noqa: E501 - one case a line
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from profiles_tools import changed_lines, edited

from tests.support.toxics import toxic_registry
from vaurien_core.engine.checks import check_profile
from vaurien_core.errors import ProfileError, UsageError
from vaurien_core.model.events import ProxySample, Sample
from vaurien_core.model.profile import Profile, ProxySpec, ToxicSpec
from vaurien_core.options import Kind
from vaurien_core.profiles import Loaded, dumps, implied, judge, loads, render
from vaurien_core.profiles.equal import same
from vaurien_core.profiles.export import counts, without_file
from vaurien_core.profiles.export.sample import sample

REGISTRY = toxic_registry()
CATALOGUE = REGISTRY.catalogue()
SHOP = """\
[vaurien]
seed = 1

[proxy:web]                     ; the shop
proxy = 127.0.0.1:8001
backend = 127.0.0.1:9001
toxics = slow-link, thin        ; in this order

[proxy:db]
proxy = 127.0.0.1:8002
backend = 127.0.0.1:9002
toxics = slow-link

[toxic:slow-link]
type = latency
latency = 100ms                 ; one way
jitter = 20ms

[toxic:slow-link@db]
stream = upstream
latency = 1s

[toxic:thin]
type = bandwidth
rate = 100KB/s
toxicity = 0.5
"""


def read(text: str) -> Loaded:
    return loads(text, "p.ini", REGISTRY, env={})


def problems(text: str) -> list[str]:
    with pytest.raises(ProfileError) as caught:
        read(text)
    return [str(p) for p in caught.value.problems]


def saved(text: str, edits: dict[str, Any]) -> str:
    loaded = read(text)
    return render(loaded.document, loaded.profile, edited(loaded.profile, edits), REGISTRY, env={})


def test_toxics_are_read_in_order_and_key_by_key() -> None:
    profile = read(SHOP).profile
    assert profile.proxy("web").toxics == (
        ToxicSpec("slow-link", "latency", options=(("jitter", 20.0), ("latency", 100.0))),
        ToxicSpec("thin", "bandwidth", toxicity=0.5, options=(("rate", 100.0),)),
    )
    assert profile.proxy("db").toxics == (
        ToxicSpec("slow-link", "latency", "upstream", options=(("jitter", 20.0), ("latency", 1000.0))),
    )
    assert check_profile(profile, REGISTRY) == profile


def test_a_toxic_called_like_its_type_needs_no_section() -> None:
    loaded = read("[vaurien]\ntoxics = timeout\n")
    assert loaded.profile.proxy("default").toxics == (ToxicSpec("timeout"),)
    assert loaded.problems == ()


def test_toxics_make_the_classic_section_a_proxy() -> None:
    profile = read("[vaurien]\ntoxics = noop\n[proxy:web]\nproxy = a:1\nbackend = b:2\n").profile
    assert [spec.name for spec in profile.proxies] == ["default", "web"]


SENTENCES = {
    "[vaurien]\ntoxics = slow": 'p.ini:2 [vaurien] toxics: "slow" has no section [toxic:slow];',
    "[vaurien]\ntoxics = latenzy": 'p.ini:2 [vaurien] toxics: "latenzy" has no section [toxic:latenzy]; '
    'did you mean "latency"?',
    "[vaurien]\ntoxics = delay": "p.ini:2 [vaurien] toxics: delay is drawn from a mix and can't be a toxic; toxics can be",
    "[vaurien]\ntoxics = noop, noop": 'p.ini:2 [vaurien] toxics: "noop" stands there more than once.',
    "[vaurien]\ntoxics = a\n[toxic:a]\ntype = latenci": 'p.ini:4 [toxic:a] type: unknown type of toxic "latenci", '
    'did you mean "latency"?',
    "[vaurien]\ntoxics = a\n[toxic:a]\ntype = error": "p.ini:4 [toxic:a] type: error is drawn from a mix",
    "[vaurien]\ntoxics = a\n[toxic:a]\nlatency = 1": "p.ini:3 [toxic:a]: expected type = TYPE with one of",
    "[vaurien]\ntoxics = a\n[toxic:a]\ntype = latency\nlatenci = 1": 'p.ini:5 [toxic:a] latenci: unknown option '
    '"latenci", did you mean "latency"?',
    "[vaurien]\ntoxics = a\n[toxic:a]\ntype = latency\nlatency = soon": "p.ini:5 [toxic:a] latency: expected a time",
    "[vaurien]\ntoxics = a\n[toxic:a]\ntype = latency\nlatency = -1": "p.ini:5 [toxic:a] latency: expected at least 0 ms",
    "[vaurien]\ntoxics = a\n[toxic:a]\ntype = noop\nstream = down": "p.ini:5 [toxic:a] stream: expected one of upstream, "
    "downstream, both",
    "[vaurien]\ntoxics = a\n[toxic:a]\ntype = noop\ntoxicity = 1.5": "p.ini:5 [toxic:a] toxicity: expected at most 1",
    "[vaurien]\ntoxics = a\n[toxic:a]\ntype = noop\nenabled = maybe": "p.ini:5 [toxic:a] enabled: expected yes or no",
    "[vaurien]\ntoxics = noop\n[toxic:noop@web]\ntoxicity = 1": 'p.ini:3 [toxic:noop@web]: unknown proxy "web",',
    "[vaurien]\nbehavior = 5:slow_close": 'p.ini:2 [vaurien] behavior: "slow_close" acts on streams, not on exchanges: put it',
    "[vaurien]\nbehavior = 5:slow\n[toxic:slow]\ntype = noop": 'p.ini:2 [vaurien] behavior: "slow" is a toxic; '
    "a mix names behaviors.",
}  # fmt: skip


@pytest.mark.parametrize("text", SENTENCES, ids=[str(n) for n in range(len(SENTENCES))])
def test_what_is_wrong_is_said_in_one_sentence_with_its_line(text: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert found[0].startswith(SENTENCES[text])


def test_a_mistake_that_several_proxies_share_is_said_once() -> None:
    assert len(problems(SHOP.replace("jitter = 20ms", "jitter = much"))) == 1


def test_a_toxic_that_no_proxy_has_is_warned_about_and_kept() -> None:
    loaded = read(SHOP.replace("slow-link, thin  ", "slow-link  "))
    assert [str(p) for p in loaded.problems] == [
        'p.ini:23 [toxic:thin]: is not in any proxy\'s toxics and never acts; add it: "toxics = thin".'
    ]
    text = "[vaurien]\nproxy = a:1\n\n[toxic:thin]\ntype = bandwidth\n"
    assert "[toxic:thin]" in saved(text, {"proxies/default/proxy": "a:2"})


CHANGES: list[tuple[dict[str, Any], list[str], list[str]]] = [
    (
        {"proxies/web/toxics/thin/toxicity": 0.25},
        [],
        ["[toxic:thin@web]\n", "toxicity = 0.25\n", "\n"],
    ),
    (
        {"proxies/db/toxics/slow-link/options/latency": 2000.0},
        ["latency = 1s\n"],
        ["latency = 2s\n"],
    ),
    ({"proxies/db/toxics/slow-link/options/latency": 100.0}, ["latency = 1s\n"], []),
    (
        {"proxies/web/toxics/thin": None},
        ["toxics = slow-link, thin        ; in this order\n", "\n", "[toxic:thin]\n", "type = bandwidth\n",
         "rate = 100KB/s\n", "toxicity = 0.5\n"],
        ["toxics = slow-link        ; in this order\n"],
    ),
    (
        {"proxies/db/toxics/cut": ToxicSpec("cut", "timeout", options=(("timeout", 50.0),))},
        ["toxics = slow-link\n"],
        ["toxics = slow-link, cut\n", "\n", "[toxic:cut@db]\n", "type = timeout\n", "timeout = 50ms\n"],
    ),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_saving_touches_what_changed_and_nothing_else(number: int) -> None:
    edits, out, put = CHANGES[number]
    after = saved(SHOP, edits)
    assert sorted(changed_lines(SHOP, after)[0]) == sorted(out)
    assert sorted(changed_lines(SHOP, after)[1]) == sorted(put)
    assert same(read(after).profile, edited(read(SHOP).profile, edits), CATALOGUE)


def test_a_shared_toxic_that_changes_for_one_proxy_gets_a_section_of_its_own() -> None:
    after = saved(SHOP, {"proxies/web/toxics/slow-link/options/latency": 300.0})
    assert changed_lines(SHOP, after)[0] == []
    assert sorted(changed_lines(SHOP, after)[1]) == ["\n", "[toxic:slow-link@web]\n", "latency = 300ms\n"]
    profile = read(after).profile
    assert dict(profile.proxy("web").toxics[0].options)["latency"] == 300.0
    assert dict(profile.proxy("db").toxics[0].options)["latency"] == 1000.0


def test_a_toxic_of_another_type_takes_none_of_the_old_options_along() -> None:
    text = "[vaurien]\nproxy = a:1\nbackend = b:2\ntoxics = a\n\n[toxic:a]\ntype = latency\nlatency = 5\n"
    after = saved(text, {"proxies/default/toxics/a": ToxicSpec("a", "limit_data", options=(("bytes", 5),))})
    assert after == "[vaurien]\nproxy = a:1\nbackend = b:2\ntoxics = a\n\n[toxic:a]\ntype = limit_data\nbytes = 5\n"


names = st.sampled_from(("a", "slow-link", "latency", "b c", "thin"))
OPTIONS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    kind: {
        option.name: st.booleans()
        if option.kind is Kind.BOOL
        else st.sampled_from(option.choices)
        if option.choices
        else st.integers(1, 5000).map(option.check)
        for option in CATALOGUE.toxic_options(kind)
    }
    for kind in ("noop", "latency", "bandwidth", "slicer", "limit_data", "reset_peer", "timeout", "slow_close")
}


@st.composite
def toxics(draw: st.DrawFn) -> tuple[ToxicSpec, ...]:
    found = []
    for name in draw(st.lists(names, unique=True, max_size=3)):
        kind = draw(st.sampled_from(sorted(OPTIONS)))
        given = {o: draw(values) for o, values in OPTIONS[kind].items() if draw(st.booleans())}
        found.append(
            ToxicSpec(
                name, "" if kind == name else kind, draw(st.sampled_from(("upstream", "downstream", "both"))),
                draw(st.sampled_from((0.0, 0.3, 1.0))), draw(st.booleans()), tuple(sorted(given.items())),
            )
        )  # fmt: skip
    return tuple(found)


@given(toxics(), toxics(), toxics(), toxics(), st.booleans())
@settings(max_examples=120, deadline=None)
def test_any_toxics_are_saved_over_any_others_and_undone(
    one: tuple[ToxicSpec, ...], two: tuple[ToxicSpec, ...], three: tuple[ToxicSpec, ...], four: tuple[ToxicSpec, ...],
    several: bool,
) -> None:  # fmt: skip
    def profile(first: tuple[ToxicSpec, ...], second: tuple[ToxicSpec, ...]) -> Profile:
        web = ProxySpec("web", "h:1", "b:1", toxics=first)
        return Profile((web, ProxySpec("db", "h:2", "b:2", toxics=second)) if several else (web,))

    before, after = profile(one, two), profile(three, four)
    text = dumps(before, CATALOGUE)
    loaded = read(text)
    assert same(loaded.profile, before, CATALOGUE)
    new = render(loaded.document, loaded.profile, after, REGISTRY, env={})
    assert same(read(new).profile, after, CATALOGUE)
    assert render(replace(loaded.document, text=new), after, loaded.profile, REGISTRY, env={}) == text


@pytest.mark.parametrize("name", ["my proxy", "a:b", "a,b", "100%", "{x}", "a=b", "${x}", "# x", ";x"])
def test_a_proxy_may_be_called_as_clients_of_apis_call_it(name: str) -> None:
    profile = Profile((ProxySpec(name, "h:1", "b:1", toxics=(ToxicSpec("noop"),)), ProxySpec("z", "h:2", "b:2")))
    assert same(read(dumps(profile, CATALOGUE)).profile, profile, CATALOGUE)
    assert check_profile(profile, REGISTRY) == profile


@pytest.mark.parametrize("name", ["", " a", "a/b", "a@b", "[a]", "a ; b", "a\nb"])
def test_what_a_section_can_t_hold_is_no_name(name: str) -> None:
    with pytest.raises(UsageError, match="can't be the name of a proxy"):
        check_profile(Profile((ProxySpec(name, "h:1", "b:1"),)), REGISTRY)


def test_a_toxic_can_be_expected_to_have_acted() -> None:
    profile = read(f"{SHOP}\n[expect]\nslow really acted = slow-link@web >= 2\n").profile
    sample = Sample(0.0, 0.0, (ProxySample("web", exchanges=1, toxics=(("slow-link", 2),)), ProxySample("db")))
    assert [v.ok for v in judge(profile.expectations, sample, implicit=True)] == [True, True, True]
    assert implied(profile, command=True)
    nothing = Sample(0.0, 0.0, (ProxySample("web", exchanges=1), ProxySample("db")))
    assert [v.ok for v in judge(profile.expectations, nothing, implicit=True)] == [True, False, False]


def test_a_profile_with_toxics_is_counted_and_has_no_line_of_flags() -> None:
    loaded = read("[vaurien]\nproxy = h:1\nbackend = b:2\nprotocol = http\nseed = 1\ntoxics = timeout\n")
    assert counts(loaded.profile) == "1 proxy, 0 rules, 1 toxic, seed 1"
    assert without_file(loaded.profile, REGISTRY) is None
    assert sample(loaded.profile, loaded.profile.proxies[0], REGISTRY).faults is None
