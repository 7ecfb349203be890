"""When two profiles mean the same, and one session's changes carried over to another base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from vaurien_core.frozen import dataclass
from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.profile import BehaviorSpec, PhaseChange, Profile, ProxySpec, Rule, Scenario, ToxicSpec
from vaurien_core.options import OptionValue, OptionValues, values_of
from vaurien_core.profiles.implied import implied
from vaurien_core.profiles.writing import behavior_options, own_protocol_options, protocol_options


@dataclass(frozen=True, slots=True)
class Meaning:
    """A profile without what makes no difference: values at their defaults, weights of 0, order of proxies."""

    rest: Profile
    proxies: Mapping[str, ProxySpec]

    def differences(self, other: Meaning) -> list[str]:
        """Paths at which two meanings differ."""
        found = [
            f.name for f in fields(Profile) if f.compare and getattr(self.rest, f.name) != getattr(other.rest, f.name)
        ]
        for name in sorted({*self.proxies, *other.proxies}):
            one, two = self.proxies.get(name), other.proxies.get(name)
            if one is None or two is None:
                found.append(f"proxies/{name}")
                continue
            found += [f"proxies/{name}/{f.name}" for f in fields(one) if getattr(one, f.name) != getattr(two, f.name)]
        return found


def meaning(profile: Profile, catalogue: Catalogue) -> Meaning:
    """What a profile says."""
    expectations = tuple(sorted(profile.expectations, key=lambda e: e.name))
    plugins = tuple(sorted(profile.plugins, key=lambda p: (p.kind, p.name)))
    scenario = _ordered(profile.scenario)
    rest = replace(profile, proxies=(), expectations=expectations, plugins=plugins, scenario=scenario)
    return Meaning(rest, {spec.name: _proxy(spec, catalogue) for spec in profile.proxies})


def same(one: Profile, two: Profile, catalogue: Catalogue) -> bool:
    """Whether two profiles mean the same."""
    return meaning(one, catalogue) == meaning(two, catalogue)


def rebased(base: Profile, old: Profile, new: Profile) -> Profile:
    """`base` with what changed from `old` to `new`."""
    if base == old:
        return new
    result = replace(base, **_changed(old, new, exclude=("proxies", "control", "statsd")))
    result = replace(
        result,
        control=replace(base.control, **_changed(old.control, new.control)),
        statsd=replace(base.statsd, **_changed(old.statsd, new.statsd)),
    )
    before = {spec.name: spec for spec in old.proxies}
    for spec in new.proxies:
        theirs = next((p for p in base.proxies if p.name == spec.name), None)
        if spec.name not in before or theirs is None:
            result = result.with_proxy(spec)
        else:
            result = result.with_proxy(_rebased_proxy(theirs, before[spec.name], spec))
    for name in before.keys() - {spec.name for spec in new.proxies}:
        result = result.without_proxy(name)
    return result


def _rebased_proxy(base: ProxySpec, old: ProxySpec, new: ProxySpec) -> ProxySpec:
    spec = replace(base, **_changed(old, new, exclude=("behaviors", "protocol_options")))
    spec = replace(spec, protocol_options=_options(base.protocol_options, old.protocol_options, new.protocol_options))
    for name in {b.name for b in (*old.behaviors, *new.behaviors)}:
        was, now, theirs = old.behavior(name), new.behavior(name), spec.behavior(name)
        options = _options(theirs.options, was.options, now.options)
        kind = now.type if now.type != was.type else theirs.type
        spec = spec.with_behavior(BehaviorSpec(name, kind, options))
    return spec


def _options(base: OptionValues, old: OptionValues, new: OptionValues) -> OptionValues:
    result, was, now = dict(base), dict(old), dict(new)
    for name in was.keys() | now.keys():
        if was.get(name) == now.get(name):
            continue
        if name in now:
            result[name] = now[name]
        else:
            result.pop(name, None)
    return values_of(result)


def _changed(old: Any, new: Any, exclude: tuple[str, ...] = ()) -> dict[str, Any]:
    names = [f.name for f in fields(new) if f.name not in exclude]
    return {name: getattr(new, name) for name in names if getattr(new, name) != getattr(old, name)}


def _proxy(spec: ProxySpec, catalogue: Catalogue) -> ProxySpec:
    mix = effective_mix(spec.mix)
    named = {rule.behavior for rule in mix}
    behaviors = []
    for behavior in spec.behaviors:
        defaults = {n: o.default for n, o in behavior_options(catalogue, behavior.kind).items()}
        if behavior == implied(behavior.name) and behavior.name not in named:
            continue  # the mix that implied it is gone
        kind = behavior.type if behavior.type != behavior.name else ""
        options = _set(behavior.options, defaults)
        if options or (kind and behavior.name in named):
            behaviors.append(BehaviorSpec(behavior.name, kind, options))
    defaults = {n: o.default for n, o in protocol_options(catalogue, spec.protocol).items()}
    toxics = tuple(_toxic(toxic, catalogue) for toxic in spec.toxics)
    return replace(
        spec,
        mix=mix,
        toxics=toxics,
        behaviors=tuple(sorted(behaviors, key=lambda b: b.name)),
        protocol_options=_set(own_protocol_options(spec, catalogue), defaults),
    )


def _toxic(toxic: ToxicSpec, catalogue: Catalogue) -> ToxicSpec:
    defaults = {option.name: option.default for option in catalogue.toxic_options(toxic.kind)}
    return replace(toxic, type=toxic.kind, options=_set(toxic.options, defaults))


def effective_mix(mix: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules that have a share of the draws; a `dummy` at the end is the rest anyway."""
    rules = [rule for rule in mix if rule.weight]
    while rules and rules[-1].behavior == "dummy":
        rules.pop()
    return tuple(rules)


def _ordered(scenario: Scenario | None) -> Scenario | None:
    """The order of sections makes no difference."""
    if scenario is None:
        return None
    phases = (replace(p, changes=_changes(p.changes)) for p in scenario.defined)
    return replace(scenario, defined=tuple(sorted(phases, key=lambda p: p.name)))


def _changes(changes: tuple[PhaseChange, ...]) -> tuple[PhaseChange, ...]:
    kept = (c if c.mix is None else replace(c, mix=effective_mix(c.mix)) for c in changes)
    return tuple(sorted(kept, key=lambda c: c.proxy))


def _set(values: OptionValues, defaults: Mapping[str, OptionValue]) -> OptionValues:
    return values_of({k: v for k, v in values if v is not None and (k not in defaults or v != defaults[k])})
