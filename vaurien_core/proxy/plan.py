"""What a proxy does now, as one object that is swapped: the compiled form of a `ProxySpec`, an override, all-normal.

A rule that a new spec leaves as it was keeps its behavior object and its count of hits; one whose options changed
gets a new object and keeps its count; one that becomes active (its weight leaves 0, an override starts) begins at 0.
Built by `ProxyServer`, read when an exchange begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from vaurien_core.behaviors.base import Behavior
from vaurien_core.errors import OptionError, UsageError
from vaurien_core.model.profile import BehaviorSpec, ProxySpec
from vaurien_core.options import OptionValues, values_of
from vaurien_core.proxy.draw import bounds, choose
from vaurien_core.registry import Registry

DUMMY = "dummy"


class ActiveRule:
    """A rule in force: its behavior object, the options it uses, and how often it was drawn since it became active."""

    __slots__ = ("behavior", "hits", "kind", "name", "options")

    def __init__(self, name: str, kind: str, behavior: Behavior, options: OptionValues, hits: int = 0) -> None:
        self.name, self.kind, self.behavior, self.options, self.hits = name, kind, behavior, options, hits

    @property
    def adds_time(self) -> bool:
        """Whether it only makes things late: then more may have to wait in memory."""
        return self.behavior.group == "Timing" and not self.behavior.fails


@dataclass(frozen=True, slots=True)
class Plan:
    """Immutable; only the rules' counts move."""

    rules: tuple[ActiveRule, ...] = ()
    ends: tuple[int, ...] = ()
    override: ActiveRule | None = None
    normal: bool = False
    """All-normal holds: nothing is drawn."""
    adds_time: bool = False
    idle: bool = True
    """Nothing can be drawn."""

    def choose(self, drawn: int) -> ActiveRule | None:
        """The rule of the mix that owns a number; None: dummy."""
        index = choose(drawn, self.ends)
        if index is None:
            return None
        rule = self.rules[index]
        return None if rule.kind == DUMMY else rule

    def with_override(self, rule: ActiveRule | None) -> Plan:
        """The same mix with another override, or with none."""
        return _settled(replace(self, override=rule))

    def with_normal(self, normal: bool) -> Plan:
        """The same with all-normal on or off."""
        return _settled(replace(self, normal=normal))


def compile_rule(spec: BehaviorSpec, registry: Registry, before: ActiveRule | None = None) -> ActiveRule:
    """A behavior with its options; `before` is reused as far as it is the same.

    Raises:
        UsageError: an unknown behavior or option, or a value that doesn't fit.
    """
    kind = registry.behavior(spec.kind)
    try:
        options = kind.Options.build(spec.options)
    except OptionError as error:
        raise UsageError(f"[behavior:{spec.name}] {error}") from None
    used = values_of({o.name: getattr(options, o.name) for o in kind.Options.describe()})
    if before is None or type(before.behavior) is not kind:
        return ActiveRule(spec.name, spec.kind, kind(options), used)
    if before.options == used and before.name == spec.name:
        return before
    return ActiveRule(spec.name, spec.kind, kind(options), used, before.hits)


def compile_plan(spec: ProxySpec, registry: Registry, before: Plan | None = None) -> Plan:
    """The plan of a spec; override and all-normal are taken over from `before`.

    Raises:
        UsageError: see `compile_rule`.
    """
    old: Mapping[str, ActiveRule] = {rule.name: rule for rule in before.rules} if before is not None else {}
    made: dict[str, ActiveRule] = {}
    rules, weights = [], []
    for rule in spec.mix:
        name = rule.behavior
        if rule.weight <= 0:
            compile_rule(spec.behavior(name), registry)
            continue
        if name not in made:
            made[name] = compile_rule(spec.behavior(name), registry, old.get(name))
        rules.append(made[name])
        weights.append(rule.weight)
    plan = Plan(tuple(rules), bounds(weights))
    if before is not None:
        plan = replace(plan, override=before.override, normal=before.normal)
    return _settled(plan)


def _settled(plan: Plan) -> Plan:
    rules = [*plan.rules, plan.override] if plan.override is not None else plan.rules
    acting = [r for r in rules if r is not None and r.kind != DUMMY]
    return replace(plan, adds_time=any(r.adds_time for r in acting), idle=plan.normal or not acting)
