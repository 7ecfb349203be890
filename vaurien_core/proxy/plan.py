"""What a proxy does now, as one object that is swapped: the compiled form of a `ProxySpec`, an override, all-normal.

A rule that a new spec leaves as it was keeps its behavior object and its counts; one whose options changed gets a new
object and keeps its counts; one that becomes active (its weight leaves 0, an override starts) begins at 0.
Built by `ProxyServer`, read when an exchange begins.
"""

from __future__ import annotations

from dataclasses import replace

from vaurien_core.behaviors.base import Behavior
from vaurien_core.errors import OptionError, UsageError
from vaurien_core.frozen import dataclass
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.opaque import is_stuck
from vaurien_core.model.profile import BehaviorSpec, ProxySpec
from vaurien_core.model.selectors import CONNECT, Selector, split
from vaurien_core.options import OptionValues, values_of
from vaurien_core.proxy.draw import DUMMY, UNITS, bounds, choose, units
from vaurien_core.registry import Registry


class ActiveRule:
    """A rule in force: its behavior object with the options it uses, and its selectors.

    Attributes:
        hits: how often it was drawn since it became active.
        matched: how many exchanges its selectors matched since then.
    """

    __slots__ = ("behavior", "hits", "kind", "matched", "name", "options", "selector")

    def __init__(
        self, name: str, kind: str, behavior: Behavior, options: OptionValues, selector: Selector | None = None
    ) -> None:
        self.name, self.kind, self.behavior, self.options, self.selector = name, kind, behavior, options, selector
        self.hits = self.matched = 0

    def connects(self, errors: tuple[ErrorInfo, ...]) -> bool:
        """Whether it acts on the connect phase, exchange 0, and nowhere else.

        Args:
            errors: the protocol's catalogue.
        """
        at_connect = self.selector is not None and self.selector.at == CONNECT
        return at_connect or self.behavior.at_connect(errors)

    def is_stuck(self, begins: bool) -> bool:
        """Whether it can't act on an opaque connection; see `model.opaque`."""
        selects = self.selector is not None and bool(self.selector.match or self.selector.header)
        error = dict(self.options).get("error")
        return is_stuck(self.behavior.group, error, begins=begins, selects=selects)

    @property
    def adds_time(self) -> bool:
        """Whether it only makes things late: then more may have to wait in memory."""
        return self.behavior.group == "Timing" and not self.behavior.fails


Apart = tuple[ActiveRule, int]
"""A rule that draws for itself, and its weight in ten-thousandths of a percent."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Immutable; only the rules' counts move."""

    rules: tuple[ActiveRule, ...] = ()
    """Those without selectors."""
    ends: tuple[int, ...] = ()
    apart: tuple[Apart, ...] = ()
    """Those of the mix that have selectors, in written order."""
    selective: tuple[Apart, ...] = ()
    """Those with selectors that are in force: the override's alone while one holds."""
    override: ActiveRule | None = None
    normal: bool = False
    """All-normal holds: nothing is drawn."""
    adds_time: bool = False
    idle: bool = True
    """Nothing can be drawn."""
    connects: bool = False
    """A selector puts a rule on the connect phase."""
    reads_heads: bool = False
    """A selector asks for header fields."""

    def choose(self, drawn: int) -> ActiveRule | None:
        """The rule of the mix that owns a number; None: dummy."""
        index = choose(drawn, self.ends)
        if index is None:
            return None
        rule = self.rules[index]
        return None if rule.kind == DUMMY else rule

    def owned(self, drawn: int) -> tuple[float, float] | None:
        """The range in percent of the rule that owns a number: from, up to but not with."""
        index = choose(drawn, self.ends)
        if index is None:
            return None
        return (self.ends[index - 1] if index else 0) / 10_000, self.ends[index] / 10_000

    def stuck(self, *, begins: bool) -> tuple[str, ...]:
        """Names of the rules that can't act on an opaque connection, `begins`: on one that began with TLS."""
        if self.normal:
            return ()
        mix = (*self.rules, *(r for r, _ in self.apart))
        return tuple(r.name for r in ((self.override,) if self.override is not None else mix) if r.is_stuck(begins))

    def with_override(self, rule: ActiveRule | None) -> Plan:
        """The same mix with another override, or with none."""
        return _settled(replace(self, override=rule))

    def with_normal(self, normal: bool) -> Plan:
        """The same with all-normal on or off."""
        return _settled(replace(self, normal=normal))


def compile_rule(spec: BehaviorSpec, registry: Registry, before: ActiveRule | None = None) -> ActiveRule:
    """A behavior with its options and selectors; `before` is reused as far as it is the same.

    Raises:
        UsageError: an unknown behavior or option, or a value that doesn't fit.
    """
    kind = registry.behavior(spec.kind)
    declared = kind.Options.describe()
    try:
        options = kind.Options.build(split(spec.options, declared)[0])
        selector = Selector.of(spec.options, declared)
    except OptionError as error:
        raise UsageError(f"[behavior:{spec.name}] {error}") from None
    used = values_of({o.name: getattr(options, o.name) for o in declared})
    if before is None or type(before.behavior) is not kind:
        return ActiveRule(spec.name, spec.kind, kind(options), used, selector)
    same = before.options == used and before.name == spec.name
    if same and before.selector == selector:
        return before
    rule = ActiveRule(spec.name, spec.kind, before.behavior if same else kind(options), used, selector)
    rule.hits, rule.matched = before.hits, before.matched
    return rule


def compile_plan(spec: ProxySpec, registry: Registry, before: Plan | None = None) -> Plan:
    """The plan of a spec; override and all-normal are taken over from `before`.

    Raises:
        UsageError: see `compile_rule`.
    """
    old = {rule.name: rule for rule in (*before.rules, *(r for r, _ in before.apart))} if before is not None else {}
    made: dict[str, ActiveRule] = {}
    rules, weights, apart = [], [], []
    for rule in spec.mix:
        name = rule.behavior
        if rule.weight <= 0:
            compile_rule(spec.behavior(name), registry)
            continue
        if name not in made:
            made[name] = compile_rule(spec.behavior(name), registry, old.get(name))
        if made[name].selector is not None:
            apart.append((made[name], units(rule.weight)))
            continue
        rules.append(made[name])
        weights.append(rule.weight)
    plan = Plan(tuple(rules), bounds(weights), tuple(apart))
    if before is not None:
        plan = replace(plan, override=before.override, normal=before.normal)
    return _settled(plan)


def _settled(plan: Plan) -> Plan:
    override = plan.override
    alone: tuple[Apart, ...] = ((override, UNITS),) if override is not None and override.selector is not None else ()
    selective = plan.apart if override is None else alone
    rules = [*plan.rules, *(rule for rule, _ in plan.apart), *([override] if override is not None else [])]
    acting = [r for r in rules if r.kind != DUMMY]
    selectors = [rule.selector for rule, _ in selective if rule.selector is not None]
    return replace(
        plan,
        selective=selective,
        adds_time=any(r.adds_time for r in acting),
        idle=plan.normal or not (acting or selective),
        connects=any(s.at == CONNECT for s in selectors),
        reads_heads=any(s.header for s in selectors),
    )
