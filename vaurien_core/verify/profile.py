"""The faults of a profile as subjects: each rule and toxic as it is set up there, its weights, and its state."""

from __future__ import annotations

from collections.abc import Iterator

from vaurien_core.model.profile import Profile, ProxySpec, Rule
from vaurien_core.model.selectors import split
from vaurien_core.options import values_of
from vaurien_core.proxy.draw import DUMMY
from vaurien_core.registry import Registry
from vaurien_core.verify.claims import CLAIMS
from vaurien_core.verify.values import MIX, STATE, TOXIC, Subject

ANSWERING = frozenset(("error", "transient", "duplicate_request"))
"""They need a protocol's requests and answers."""


def subjects(profile: Profile, registry: Registry) -> Iterator[Subject]:
    """What every proxy of it does; a fault that is switched off (weight 0, toxicity 0, not enabled) is left out."""
    for spec in profile.proxies:
        yield from _rules(spec, registry)
        yield from _toxics(spec)
        if spec.state != "up":
            yield Subject(f"{spec.state}@{spec.name}", spec.state, STATE, words=(spec.name, spec.state))


def _rules(spec: ProxySpec, registry: Registry) -> Iterator[Subject]:
    plain: list[Rule] = []
    for rule in spec.mix:
        if rule.weight <= 0:
            continue
        setup = spec.behavior(rule.behavior)
        own = registry.own_options(setup.kind)
        if not setup.selective(own):
            plain.append(rule)
        words = (rule.behavior, spec.name, setup.kind)
        # Streams of bytes are measured as such; the protocol only matters to what answers in it.
        protocol = spec.protocol if setup.kind in ANSWERING or setup.kind not in CLAIMS else "tcp"
        options = values_of(split(setup.options, own)[0])
        yield Subject(
            f"{rule.behavior}@{spec.name}", setup.kind, MIX, options, words=words, protocol=protocol,
            protocol_options=spec.protocol_options if protocol == spec.protocol else (),
        )  # fmt: skip
    if any(rule.behavior != DUMMY for rule in plain):
        words = ("mix", "weights", spec.name)
        yield Subject(f"weights@{spec.name}", "error", MIX, words=words, rules=tuple(plain))


def _toxics(spec: ProxySpec) -> Iterator[Subject]:
    for toxic in spec.mounted:
        words: tuple[str, ...] = (toxic.name, spec.name, toxic.kind)
        yield Subject(f"{toxic.name}@{spec.name}", toxic.kind, TOXIC, toxic.options, toxic.stream, words=words)
        if toxic.toxicity < 1:
            name = f"{toxic.name}@{spec.name}, toxicity"
            options = values_of({"probability": 1.0})
            words = (*words, "toxicity")
            yield Subject(name, "corrupt", TOXIC, options, toxicity=toxic.toxicity, words=words)
