"""Is this profile one that an engine can run? Names known, options within limits, mixes at most 100 %.

Called by the engine before it accepts anything, so a change is taken completely or not at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from vaurien_core.addresses import Address
from vaurien_core.errors import OptionError, UsageError, did_you_mean
from vaurien_core.model.change import check_mixes
from vaurien_core.model.names import wrong_name
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec, Rule, Scenario, ToxicSpec
from vaurien_core.model.scenario import changed_by
from vaurien_core.model.selectors import SELECTORS, check_selector, split
from vaurien_core.model.toxics import TOXIC_KEYS
from vaurien_core.options import OptionSet, OptionValues, values_of
from vaurien_core.profiles.implied import implied, is_error, with_implied
from vaurien_core.profiles.keys import MAX_SEED
from vaurien_core.proxy import kernel_loss
from vaurien_core.proxy.mute import why_not
from vaurien_core.proxy.tls.settings import check_tls
from vaurien_core.registry import Registry, misfit

DRAW_BY = ("", "request", "ordinal")
STATES = ("up", "down", "syn_blackhole")
_PLACES = -4


def check_profile(profile: Profile, registry: Registry, folder: Path | None = None) -> Profile:
    """The same profile with every option value in its proper type; `folder` is where its files lie.

    Raises:
        UsageError: names the proxy and what is wrong with it.
    """
    seen: set[str] = set()
    proxies = []
    profile = with_implied(profile, registry)
    for spec in profile.proxies:
        if spec.name in seen:
            raise UsageError(f'there are two proxies called "{spec.name}".')
        seen.add(spec.name)
        proxies.append(check_proxy(spec, registry, folder))
    seed = profile.seed
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED):
        raise OptionError("seed", f"a whole number within 0..{MAX_SEED}", repr(seed))
    checked = replace(profile, proxies=tuple(proxies))
    check_mixes(checked, registry.own_options)
    if checked.scenario is not None:
        _check_scenario(checked, checked.scenario, registry, folder)
    return checked


def _check_scenario(profile: Profile, scenario: Scenario, registry: Registry, folder: Path | None) -> None:
    """Hold that every phase can be played."""
    names = {spec.name for spec in profile.proxies}
    if not scenario.phases:
        raise UsageError("scenario: expected at least one phase.")
    if scenario.repeat is not None and scenario.repeat < 1:
        raise OptionError("scenario: repeat", "a number of rounds from 1 on, or none for ever", scenario.repeat)
    for phase in scenario.defined:
        with _within(f"phase {phase.name}"):
            if (phase.length_s is not None and phase.length_s <= 0) or phase.ramp_s < 0:
                raise OptionError("for", "more than 0 s", phase.length_s if phase.ramp_s >= 0 else phase.ramp_s)
            for change in phase.changes:
                if change.proxy and change.proxy not in names:
                    raise UsageError(f'unknown proxy "{change.proxy}",{did_you_mean(change.proxy, names)}')
            step = replace(scenario, phases=(phase.name,))
            proxies = tuple(changed_by(step, 0, p) for p in profile.proxies)
            check_mixes(replace(profile, proxies=proxies), registry.own_options)
            for spec in profile.proxies:
                check_proxy(changed_by(step, 0, spec), registry, folder)


def check_proxy(spec: ProxySpec, registry: Registry, folder: Path | None = None) -> ProxySpec:
    """One proxy of it; see `check_profile`."""
    name = spec.name
    if wrong_name(name):
        raise UsageError(f'"{name}" can\'t be the name of a proxy: expected a text without / @ [ ].')
    with _within(name):
        _check_places(spec)
        check_tls(spec, registry.protocol(spec.protocol), folder)
        behaviors = tuple(check_behavior(b, registry) for b in spec.behaviors)
        spec = replace(spec, behaviors=behaviors, protocol_options=_protocol_options(spec, registry))
        spec = replace(spec, toxics=check_toxics(spec.toxics, registry))
        _check_kernel_loss(spec, registry)
        for rule in spec.mix:
            _check_rule(spec, rule, registry)
    return spec


def check_behavior(spec: BehaviorSpec, registry: Registry) -> BehaviorSpec:
    """A behavior's set-up with its options in their proper types.

    Raises:
        UsageError: unknown behavior or option, or a value that doesn't fit.
    """
    options = registry.behavior(spec.kind).Options
    own, selectors = split(spec.options, options.describe())
    declared = {option.name: option for option in SELECTORS}
    with _within(f"behavior {spec.name}"):
        used = ((name, check_selector(name, declared[name].check(value))) for name, value in selectors)
        return replace(spec, options=values_of((*_checked(options, own), *used)))


def check_toxics(toxics: tuple[ToxicSpec, ...], registry: Registry) -> tuple[ToxicSpec, ...]:
    """The toxics of a proxy with their values in their proper types.

    Raises:
        UsageError: two have one name, a type is unknown or can't be stacked, or a value doesn't fit.
    """
    seen: set[str] = set()
    for toxic in toxics:
        if toxic.name in seen:
            raise UsageError(f'there are two toxics called "{toxic.name}".')
        seen.add(toxic.name)
    return tuple(check_toxic(toxic, registry) for toxic in toxics)


def check_toxic(spec: ToxicSpec, registry: Registry) -> ToxicSpec:
    """One of them; see `check_toxics`."""
    name = spec.name
    if wrong_name(name) or "," in name:
        raise UsageError(f'"{name}" can\'t be the name of a toxic: expected a text without / @ [ ] and commas.')
    with _within(f"toxic {name}"):
        kind = registry.toxic(spec.kind)
        known = {option.name: option for option in registry.own_toxic_options(spec.kind)}
        for key in dict(spec.options):
            if key not in known:
                hint = did_you_mean(key, known) if known else " it has none."
                raise UsageError(f'{spec.kind} has no option "{key}",{hint}')
        fields: dict[str, Any] = {option.name: option.check(getattr(spec, option.name)) for option in TOXIC_KEYS}
        options = values_of({key: known[key].check(value) for key, value in spec.options})
        problem = kind.check_toxic(kind.Options.build(options))
        if problem:
            raise UsageError(problem)
        return replace(spec, options=options, type="" if spec.type == name else spec.type, **fields)


def _check_kernel_loss(spec: ProxySpec, registry: Registry) -> None:
    """Hold that this machine can do what its toxics want of the kernel."""
    client_unix, backend_unix = Address.parse(spec.proxy).is_unix, Address.parse(spec.backend).is_unix
    for toxic in spec.toxics:
        kind = registry.toxic(toxic.kind)
        wanted = kind.wants_kernel_loss(kind.Options.build(toxic.options)) if toxic.enabled else ""
        if wanted and (
            why := kernel_loss.why_not_between(
                upstream=toxic.stream != "downstream", downstream=toxic.stream != "upstream",
                client_unix=client_unix, backend_unix=backend_unix,
            )
        ):  # fmt: skip
            raise UsageError(f"toxic {toxic.name}: {wanted} can't be had here: {why}.")


def own_options(spec: ProxySpec, registry: Registry) -> OptionValues:
    """Those of the proxy's protocol options that its present protocol has."""
    declared = {o.name for o in registry.protocol(spec.protocol).Options.describe()}
    return tuple((name, value) for name, value in spec.protocol_options if name in declared)


def _protocol_options(spec: ProxySpec, registry: Registry) -> OptionValues:
    """Checked; options of another protocol are kept, so that changing the protocol back loses nothing."""
    present = registry.protocol(spec.protocol).Options
    declared = {o.name for o in present.describe()}
    if all(name in declared for name, _ in spec.protocol_options):
        with _within(f"protocol {spec.protocol}"):
            return _checked(present, spec.protocol_options)
    foreign = {o.name for name in registry.protocol_names for o in registry.protocol(name).Options.describe()}
    mine = tuple((n, v) for n, v in spec.protocol_options if n in declared or n not in foreign)
    rest = tuple((n, v) for n, v in spec.protocol_options if n not in declared and n in foreign)
    with _within(f"protocol {spec.protocol}"):
        return values_of((*_checked(present, mine), *rest))


def _checked(options: type[OptionSet], values: OptionValues) -> OptionValues:
    return values_of({name: options.option(name).check(value) for name, value in values})


def _check_places(spec: ProxySpec) -> None:
    Address.parse(spec.proxy, name="proxy")
    backend = Address.parse(spec.backend, name="backend")
    if not backend.is_unix and backend.port == 0:
        raise OptionError("backend", "a port within 1..65535", spec.backend)
    if not isinstance(spec.enabled, bool):
        raise OptionError("enabled", "true or false", repr(spec.enabled))
    if not math.isfinite(spec.connect_timeout) or spec.connect_timeout <= 0:
        raise OptionError("connect_timeout", "more than 0 s", spec.connect_timeout)
    if spec.buffer_limit is not None and spec.buffer_limit < 1:
        raise OptionError("buffer_limit", "at least 1 byte", spec.buffer_limit)
    if spec.draw_by not in DRAW_BY:
        raise OptionError("draw_by", "request or ordinal", f'"{spec.draw_by}"')
    if spec.state not in STATES:
        raise OptionError("state", f"one of {', '.join(STATES)}", f'"{spec.state}"')
    if spec.state == "syn_blackhole" and (why := why_not(unix=Address.parse(spec.proxy).is_unix)):
        raise OptionError("state", f"up or down here, because {why}", "syn_blackhole")
    if spec.backlog < 1:
        raise OptionError("backlog", "at least 1", spec.backlog)


def check_use(behavior: BehaviorSpec, protocol: str, registry: Registry) -> None:
    """Hold that a behavior with these options and selectors means something on this protocol.

    Raises:
        UsageError: it doesn't; says why.
    """
    kind = registry.behavior(behavior.kind)
    problem = misfit(behavior, kind, registry.protocol(protocol))
    if problem:
        raise UsageError(f"behavior {behavior.name}: {problem}")


def _check_rule(spec: ProxySpec, rule: Rule, registry: Registry) -> None:
    registry.behavior(spec.behavior(rule.behavior).kind)
    weight = rule.weight
    if not isinstance(weight, Decimal) or not weight.is_finite():
        raise OptionError(f"weight of {rule.behavior}", "a percentage", repr(weight))
    exponent = weight.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < _PLACES:
        raise OptionError(f"weight of {rule.behavior}", "at most 4 decimals", f"{weight:f}")
    if weight > 0:
        check_use(spec.behavior(rule.behavior), spec.protocol, registry)


@contextmanager
def _within(where: str) -> Iterator[None]:
    """Say in the sentence of an error where it is."""
    try:
        yield
    except OptionError as error:
        raise OptionError(f"{where}: {error.option}", error.expected, error.found) from None
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None


def check_override(spec: ProxySpec, behavior: str, options: OptionValues, registry: Registry) -> BehaviorSpec:
    """The set-up of an override of a proxy: its options on top of the profile's.

    Raises:
        UsageError: no such behavior, or it can't be used so.
    """
    known = {*registry.behavior_names, *(b.name for b in spec.behaviors)}
    if behavior not in known and is_error(behavior, spec.protocol, registry):
        spec = spec.with_behavior(implied(behavior))
    elif behavior not in known:
        raise UsageError(f'unknown behavior "{behavior}",{did_you_mean(behavior, known)}')
    under = spec.behavior(behavior)
    given = check_behavior(replace(under, options=options), registry)
    laid = replace(under, options=values_of({**dict(under.options), **dict(given.options)}))
    check_use(laid, spec.protocol, registry)
    return laid
