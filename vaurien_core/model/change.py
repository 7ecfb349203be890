"""Edits: a path into a profile and the value to put there. The unit of every change, anywhere.

Paths are tuples; the text form joins them with `/` (names may not hold a `/`):

    seed                                     int | None
    control/http, control/host, ...          a field of ControlSpec
    proxies/NAME                             ProxySpec to add or replace, None to remove
    proxies/NAME/proxy | backend | protocol | enabled | connect_timeout | ...   a field of ProxySpec
    proxies/NAME/mix                         tuple[Rule, ...]
    proxies/NAME/mix/BEHAVIOR                Decimal weight, 0..100; None takes the rule out of the mix
    proxies/NAME/behaviors/BEHAVIOR          BehaviorSpec to add or replace (a named variant, say), None to remove
    proxies/NAME/behaviors/BEHAVIOR/OPTION   option or selector value; None goes back to the default
    proxies/NAME/toxics                      tuple[ToxicSpec, ...], in order
    proxies/NAME/toxics/TOXIC                ToxicSpec to add (behind the others) or replace, None to remove
    proxies/NAME/toxics/TOXIC/stream | toxicity | enabled    a field of ToxicSpec
    proxies/NAME/toxics/TOXIC/options/OPTION option value; None goes back to the default
    proxies/NAME/protocol_options/OPTION     option value; None goes back to the default
    expectations                             tuple[Expectation, ...]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from vaurien_core.errors import OverfullError, UsageError, did_you_mean
from vaurien_core.frozen import dataclass
from vaurien_core.model.profile import BehaviorSpec, ControlSpec, Profile, ProxySpec, Rule, ToxicSpec
from vaurien_core.options import Option, OptionValues, values_of

Path = tuple[str, ...]
Own = Callable[[str], Iterable[Option]]
"""The options that a registered behavior declares itself."""

_MIX_LIMIT = Decimal(100)
_TOXIC_FIELDS = ("stream", "toxicity", "enabled")


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `value` at `path`."""

    path: Path
    value: Any
    """Its type follows from the path; see the module's table."""

    @property
    def text(self) -> str:
        """The path joined with `/`."""
        return "/".join(self.path)


def edit(profile: Profile, path: Path, value: Any) -> Profile:
    """The profile with one value changed.

    Raises:
        UsageError: no such place, or the weights would sum to more than 100.
    """
    match path:
        case ("proxies", name) if value is None:
            return profile.without_proxy(name)
        case ("proxies", name) if isinstance(value, ProxySpec) and value.name == name:
            return profile.with_proxy(value)
        case ("proxies", name, *rest) if rest:
            return profile.with_proxy(_edit_proxy(_proxy(profile, name), tuple(rest), value))
        case ("control", key) if key in _names(ControlSpec):
            return replace(profile, control=replace(profile.control, **{key: value}))
        case (key,) if key in _names(Profile) and key != "proxies":
            return replace(profile, **{key: value})
    raise UsageError(f"no such place in a profile: {'/'.join(path)}")


def edit_all(profile: Profile, edits: Sequence[Edit]) -> Profile:
    """The profile with several values changed; all or none. The mix is checked at the end.

    Raises:
        UsageError: see `edit`.
    """
    for item in edits:
        profile = edit(profile, item.path, item.value)
    check_mixes(profile)
    return profile


def check_mixes(profile: Profile, own: Own = lambda _behavior: ()) -> None:
    """Hold that no mix exceeds 100 % and no weight is negative. Rules with selectors don't count toward the sum.

    Args:
        profile: to be checked.
        own: what each behavior declares; only needed for one whose own option is called like a selector.

    Raises:
        UsageError: names the proxy and the sum.
    """
    for spec in profile.proxies:
        for rule in spec.mix:
            where = f"{spec.name}: weight of {rule.behavior}: expected"
            if rule.weight < 0:
                raise UsageError(f"{where} at least 0 %, got {rule.weight:g} %.")
            if rule.weight > _MIX_LIMIT:
                raise UsageError(f"{where} at most 100 %, got {rule.weight:g} %.")
        total = sum((r.weight for r in plain_rules(spec, own)), Decimal(0))
        if total > _MIX_LIMIT:
            raise OverfullError(f"{spec.name}: the weights sum to {total.normalize():f} %, expected at most 100 %.")


def plain_rules(spec: ProxySpec, own: Own = lambda _behavior: ()) -> tuple[Rule, ...]:
    """The rules of a proxy's mix that have no selectors: those that share its 100 %."""
    setups = ((rule, spec.behavior(rule.behavior)) for rule in spec.mix)
    return tuple(rule for rule, setup in setups if not setup.selective(own(setup.kind)))


def value_at(profile: Profile, path: Path) -> Any:
    """What stands at a path now; None where nothing is set.

    Raises:
        UsageError: no such place.
    """
    match path:
        case ("proxies", name):
            return next((p for p in profile.proxies if p.name == name), None)
        case ("proxies", name, "mix", behavior):
            mix = _proxy(profile, name).mix
            return next((r.weight for r in mix if r.behavior == behavior), None)
        case ("proxies", name, "behaviors", behavior):
            return next((b for b in _proxy(profile, name).behaviors if b.name == behavior), None)
        case ("proxies", name, "behaviors", behavior, option):
            return dict(_proxy(profile, name).behavior(behavior).options).get(option)
        case ("proxies", name, "toxics", toxic):
            return _proxy(profile, name).toxic(toxic)
        case ("proxies", name, "toxics", toxic, "options", option):
            return dict(_toxic(_proxy(profile, name), toxic).options).get(option)
        case ("proxies", name, "toxics", toxic, key) if key in _TOXIC_FIELDS:
            return getattr(_toxic(_proxy(profile, name), toxic), key)
        case ("proxies", name, "protocol_options", option):
            return dict(_proxy(profile, name).protocol_options).get(option)
        case ("proxies", name, key) if key in _names(ProxySpec):
            return getattr(_proxy(profile, name), key)
        case ("control", key) if key in _names(ControlSpec):
            return getattr(profile.control, key)
        case (key,) if key in _names(Profile):
            return getattr(profile, key)
    raise UsageError(f"no such place in a profile: {'/'.join(path)}")


def _edit_proxy(spec: ProxySpec, path: Path, value: Any) -> ProxySpec:
    match path:
        case ("mix", behavior):
            return replace(spec, mix=_with_weight(spec.mix, behavior, value))
        case ("behaviors", behavior) if value is None:
            return replace(spec, behaviors=tuple(b for b in spec.behaviors if b.name != behavior))
        case ("behaviors", behavior) if isinstance(value, BehaviorSpec) and value.name == behavior:
            return spec.with_behavior(value)
        case ("behaviors", behavior, option):
            current = spec.behavior(behavior)
            return spec.with_behavior(replace(current, options=_with_value(current.options, option, value)))
        case ("toxics", toxic) if value is None:
            return spec.without_toxic(toxic)
        case ("toxics", toxic) if isinstance(value, ToxicSpec) and value.name == toxic:
            return spec.with_toxic(value)
        case ("toxics", toxic, "options", option):
            now = _toxic(spec, toxic)
            return spec.with_toxic(replace(now, options=_with_value(now.options, option, value)))
        case ("toxics", toxic, key) if key in _TOXIC_FIELDS:
            return spec.with_toxic(replace(_toxic(spec, toxic), **{key: value}))
        case ("protocol_options", option):
            return replace(spec, protocol_options=_with_value(spec.protocol_options, option, value))
        case (key,) if key in _names(ProxySpec) and key != "name":
            return replace(spec, **{key: value})
    raise UsageError(f"no such place in a proxy: {'/'.join(path)}")


def _with_weight(mix: tuple[Rule, ...], behavior: str, weight: Decimal | None) -> tuple[Rule, ...]:
    if weight is None:
        return tuple(r for r in mix if r.behavior != behavior)
    if any(r.behavior == behavior for r in mix):
        return tuple(replace(r, weight=weight) if r.behavior == behavior else r for r in mix)
    return (*mix, Rule(behavior, weight))


def _with_value(values: OptionValues, name: str, value: Any) -> OptionValues:
    changed = {**dict(values), name: value}
    if value is None:
        del changed[name]
    return values_of(changed)


def _proxy(profile: Profile, name: str) -> ProxySpec:
    try:
        return profile.proxy(name)
    except KeyError:
        known = (p.name for p in profile.proxies)
        raise UsageError(f'unknown proxy "{name}",{did_you_mean(name, known)}') from None


def _toxic(spec: ProxySpec, name: str) -> ToxicSpec:
    toxic = spec.toxic(name)
    if toxic is None:
        raise UsageError(f'{spec.name}: unknown toxic "{name}",{did_you_mean(name, (t.name for t in spec.toxics))}')
    return toxic


def _names(cls: Any) -> frozenset[str]:
    return frozenset(f.name for f in fields(cls))
