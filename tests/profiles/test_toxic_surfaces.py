"""Every option of every toxic through every surface: INI, JSON, edits by path, the engine's check, describe."""

from __future__ import annotations

import pytest

from tests.support.toxics import toxic_registry
from vaurien_core.cli.describe import described
from vaurien_core.engine.checks import check_profile
from vaurien_core.errors import UsageError
from vaurien_core.model.change import Edit, edit_all, value_at
from vaurien_core.model.profile import Profile, ProxySpec, ToxicSpec
from vaurien_core.model.toxics import TOXIC_KEYS
from vaurien_core.model.wire import edits_from_json, edits_to_json, from_json, to_json
from vaurien_core.options import Kind, Option, OptionValue
from vaurien_core.profiles import dumps, loads

REGISTRY = toxic_registry()
CATALOGUE = REGISTRY.catalogue()
OPTIONS = [(info.name, option) for info in CATALOGUE.toxics for option in CATALOGUE.toxic_options(info.name)]
FIELDS = [("latency", option) for option in TOXIC_KEYS]


def _profile(toxic: ToxicSpec) -> Profile:
    return Profile((ProxySpec("web", "h:1", "b:1", toxics=(toxic,)),))


def _other(option: Option) -> OptionValue:
    """A legal value that isn't the default."""
    if option.choices:
        return next(choice for choice in option.choices if choice != option.default)
    if option.kind is Kind.BOOL:
        return not option.default
    if option.kind in (Kind.TEXT, Kind.REGEX, Kind.SECRET):
        return "other"
    if option.kind is Kind.LIST:
        return ("a", "b")
    low, high = option.minimum or 0.0, option.maximum
    value = (low + high) / 2 if high is not None else low + 7
    if value == option.default:
        value = low + (high - low) / 4 if high is not None else low + 8
    return option.check(round(value) if option.kind in (Kind.INT, Kind.BYTES) else value)


@pytest.mark.parametrize(("kind", "option"), OPTIONS, ids=[f"{k}-{o.name}" for k, o in OPTIONS])
def test_every_option_goes_through_every_surface(kind: str, option: Option) -> None:
    value = _other(option)
    needed = {o.name: o.check(o.maximum if o.maximum is not None else (o.minimum or 0) + 9)
              for o in CATALOGUE.toxic_options(kind) if o.kind is Kind.BYTES and o.name != option.name}  # fmt: skip
    off = ToxicSpec("a", kind, enabled=False, options=tuple(sorted(needed.items())))
    profile = _profile(off)  # this machine may lack what a value needs
    path = ("proxies", "web", "toxics", "a", "options", option.name)
    changed = edit_all(profile, edits_from_json(edits_to_json((Edit(path, value),))))
    assert value_at(changed, path) == value
    assert from_json(Profile, to_json(changed)) == changed
    checked = check_profile(changed, REGISTRY)
    assert value_at(checked, path) == value
    text = dumps(changed, CATALOGUE)
    assert value_at(loads(text, "p.ini", REGISTRY, env={}).profile, path) == value
    assert option.name in described(CATALOGUE, "toxic", kind)
    assert option.help.split()[0] in described(CATALOGUE, "toxic", kind)


@pytest.mark.parametrize(("kind", "option"), FIELDS, ids=[o.name for _, o in FIELDS])
def test_every_key_of_a_toxic_goes_through_every_surface(kind: str, option: Option) -> None:
    value = _other(option)
    path = ("proxies", "web", "toxics", "a", option.name)
    changed = edit_all(_profile(ToxicSpec("a", kind)), edits_from_json(edits_to_json((Edit(path, value),))))
    assert value_at(changed, path) == value
    assert from_json(Profile, to_json(changed)) == changed
    assert value_at(check_profile(changed, REGISTRY), path) == value
    assert value_at(loads(dumps(changed, CATALOGUE), "p.ini", REGISTRY, env={}).profile, path) == value
    assert option.name in described(CATALOGUE, "toxic", kind)


@pytest.mark.parametrize(
    ("toxic", "sentence"),
    [
        (ToxicSpec("a", "latenci"), 'web: toxic a: unknown type of toxic "latenci", did you mean "latency"?'),
        (ToxicSpec("a", "error"), "web: toxic a: error is drawn from a mix and can't be a toxic; toxics can be "),
        (ToxicSpec("a", "latency", "sideways"), "web: toxic a: stream: expected one of upstream, downstream, both"),
        (ToxicSpec("a", "latency", toxicity=1.1), "web: toxic a: toxicity: expected at most 1, got 1.1"),
        (ToxicSpec("a", "latency", toxicity=-0.1), "web: toxic a: toxicity: expected at least 0"),
        (ToxicSpec("a", "latency", options=(("latency", -1.0),)), "web: toxic a: latency: expected at least 0 ms"),
        (ToxicSpec("a", "latency", options=(("latenc", 1.0),)), 'web: toxic a: latency has no option "latenc", did'),
        (ToxicSpec("a/b", "latency"), 'web: "a/b" can\'t be the name of a toxic'),
    ],
)
def test_an_engine_refuses_what_a_toxic_can_t_be(toxic: ToxicSpec, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_profile(_profile(toxic), REGISTRY)
    assert str(caught.value).startswith(sentence)


def test_two_toxics_of_one_proxy_can_t_have_one_name() -> None:
    spec = ProxySpec("web", "h:1", "b:1", toxics=(ToxicSpec("a", "noop"), ToxicSpec("a", "latency")))
    with pytest.raises(UsageError, match='web: there are two toxics called "a"'):
        check_profile(Profile((spec,)), REGISTRY)


def test_the_catalogue_tells_how_a_behavior_can_be_mounted() -> None:
    assert "latency" in {info.name for info in CATALOGUE.toxics}
    assert "delay" not in {info.name for info in CATALOGUE.toxics}
    assert "stream" not in {o.name for o in CATALOGUE.toxic_options("latency")}
