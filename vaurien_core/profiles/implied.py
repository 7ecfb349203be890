"""A mix may name an error of its proxy's protocol: `50:deadlock` is a rule of that name with `type = error`.

The rule's set-up is put into the profile where it is read and where an engine takes it, so that nothing below has to
know of the shorthand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec
from vaurien_core.registry import Registry

KIND = "error"
"""The behavior that such a rule is a variant of, and the option that names the error."""


def is_error(name: str, protocol: str, registry: Registry) -> bool:
    """Whether a name that no behavior has is an error of the protocol."""
    if registry.mixes(name) or protocol not in registry.protocol_names:
        return False
    return any(entry.name == name for entry in registry.protocol(protocol).errors)


def error_names(protocols: Iterable[str], registry: Registry) -> list[str]:
    """The errors of some protocols."""
    known = (registry.protocol(p) for p in protocols if p in registry.protocol_names)
    return [entry.name for protocol in known for entry in protocol.errors]


def implied(name: str) -> BehaviorSpec:
    """The set-up of a rule that is called like an error."""
    return BehaviorSpec(name, KIND, ((KIND, name),))


def with_implied(profile: Profile, registry: Registry) -> Profile:
    """The profile with the set-ups that its mixes, and those of its scenario's phases, imply."""
    for spec in profile.proxies:
        full = spec
        for name in _named(profile, spec):
            if is_error(name, spec.protocol, registry) and not any(b.name == name for b in full.behaviors):
                full = full.with_behavior(implied(name))
        if full is not spec:
            profile = profile.with_proxy(full)
    return profile


def _named(profile: Profile, spec: ProxySpec) -> Iterator[str]:
    """What the mixes of a proxy name."""
    yield from (rule.behavior for rule in spec.mix)
    for phase in profile.scenario.defined if profile.scenario else ():
        for change in phase.changes:
            if change.proxy in ("", spec.name):
                yield from (rule.behavior for rule in change.mix or ())
