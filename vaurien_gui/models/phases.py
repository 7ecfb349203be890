"""Editing a scenario: each function takes one and gives the next one. Pure; the presenter calls them.

A phase is named by its place in the order, from 0. A phase that comes several times has one definition, so setting
something of it sets it everywhere.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from vaurien_core.model.profile import Phase, PhaseChange, Rule, Scenario

FIRST, LENGTH_S = "calm", 10.0
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def name_problem(name: str) -> str:
    """What is wrong with the name of a phase; "" if nothing."""
    return "" if _NAME.fullmatch(name) else "Expected a name of letters, digits, '-', '_' and '.'."


def added(scenario: Scenario | None, after: int | None = None) -> tuple[Scenario, int]:
    """With one more phase of 10 s that replaces nothing, behind the one at `after` (None: at the end); its place."""
    if scenario is None or not scenario.phases:
        base = scenario or Scenario(())
        return replace(base, phases=(FIRST,), defined=(*base.defined, Phase(FIRST, LENGTH_S))), 0
    name = _free(scenario, "phase")
    return _with_phase(scenario, Phase(name, LENGTH_S), after)


def duplicated(scenario: Scenario, at: int) -> tuple[Scenario, int]:
    """With a copy of a phase behind it, under a name of its own; and its place."""
    phase = scenario.phase(scenario.phases[at])
    stem = re.sub(r"-\d+$", "", phase.name)
    return _with_phase(scenario, replace(phase, name=_free(scenario, stem)), at)


def removed(scenario: Scenario, at: int) -> Scenario | None:
    """Without one phase; None when it was the last one."""
    phases = (*scenario.phases[:at], *scenario.phases[at + 1 :])
    return _pruned(replace(scenario, phases=phases), scenario.phases[at]) if phases else None


def moved(scenario: Scenario, at: int, by: int) -> tuple[Scenario, int]:
    """With one phase so many places later (negative: earlier); and its place."""
    order = list(scenario.phases)
    to = min(max(at + by, 0), len(order) - 1)
    order.insert(to, order.pop(at))
    return replace(scenario, phases=tuple(order)), to


def renamed(scenario: Scenario, at: int, name: str) -> Scenario:
    """With another name at a place. The name of another phase means that phase again."""
    old = scenario.phases[at]
    if any(phase.name == name for phase in scenario.defined):
        order = (*scenario.phases[:at], name, *scenario.phases[at + 1 :])
        return _pruned(replace(scenario, phases=order), old)
    order = tuple(name if each == old else each for each in scenario.phases)
    return replace(scenario, phases=order, defined=_put(scenario, old, replace(scenario.phase(old), name=name)))


def timed(scenario: Scenario, at: int, **times: float | None) -> Scenario:
    """With another `length_s` or `ramp_s` of a phase."""
    name = scenario.phases[at]
    given: dict[str, Any] = times
    return replace(scenario, defined=_put(scenario, name, replace(scenario.phase(name), **given)))


def change_of(phase: Phase, proxy: str) -> PhaseChange:
    """What a phase replaces of one proxy ("": of all)."""
    return next((change for change in phase.changes if change.proxy == proxy), PhaseChange(proxy))


def with_change(scenario: Scenario, at: int, change: PhaseChange) -> Scenario:
    """With this in place of what a phase replaces of that proxy; one that replaces nothing goes."""
    name = scenario.phases[at]
    phase = scenario.phase(name)
    order = [each.proxy for each in phase.changes]
    if change.proxy not in order:
        order = ["", *order] if not change.proxy else [*order, change.proxy]
    known = {each.proxy: each for each in phase.changes} | {change.proxy: change}
    kept = tuple(known[p] for p in order if not known[p].empty)
    return replace(scenario, defined=_put(scenario, name, replace(phase, changes=kept)))


def with_mix(scenario: Scenario, at: int, proxy: str, mix: tuple[Rule, ...] | None) -> Scenario:
    """With another mix in a phase; None: it replaces none."""
    change = change_of(scenario.phase(scenario.phases[at]), proxy)
    return with_change(scenario, at, replace(change, mix=mix))


def with_state(scenario: Scenario, at: int, proxy: str, state: str | None) -> Scenario:
    """With another state in a phase; None: it replaces none."""
    change = change_of(scenario.phase(scenario.phases[at]), proxy)
    return with_change(scenario, at, replace(change, state=state))


def without_proxy(scenario: Scenario | None, proxy: str, new: str = "") -> Scenario | None:
    """When a proxy goes, or gets another name: what phases replace of it goes, or is that of the new name."""
    if scenario is None:
        return None
    return replace(scenario, defined=tuple(_freed(phase, proxy, new) for phase in scenario.defined))


def with_toxic_renamed(scenario: Scenario | None, proxies: tuple[str, ...], old: str, new: str) -> Scenario | None:
    """When a toxic of the first of these proxies gets another name: phases that mount it mount it by that one."""
    if scenario is None:
        return None
    return replace(scenario, defined=tuple(_with_toxic(phase, proxies, old, new) for phase in scenario.defined))


def names_rule(scenario: Scenario | None, rule: str) -> bool:
    """Whether a phase's mix names a rule."""
    changes = [change for phase in scenario.defined for change in phase.changes] if scenario else []
    return any(each.behavior == rule for change in changes for each in change.mix or ())


def _freed(phase: Phase, proxy: str, new: str) -> Phase:
    changes = (replace(c, proxy=new) if c.proxy == proxy and new else c for c in phase.changes)
    return replace(phase, changes=tuple(c for c in changes if c.proxy != proxy))


def _with_toxic(phase: Phase, proxies: tuple[str, ...], old: str, new: str) -> Phase:
    def follow(change: PhaseChange) -> PhaseChange:
        if change.proxy not in ("", proxies[0]) or change.toxics is None or old not in change.toxics:
            return change
        shared = not change.proxy and len(proxies) > 1  # it may mean another proxy's toxic of the old name, too
        names = tuple(new if name == old else name for name in change.toxics)
        return replace(change, toxics=(*change.toxics, new) if shared else names)

    return replace(phase, changes=tuple(follow(change) for change in phase.changes))


def _with_phase(scenario: Scenario, phase: Phase, after: int | None) -> tuple[Scenario, int]:
    to = len(scenario.phases) if after is None else after + 1
    phases = (*scenario.phases[:to], phase.name, *scenario.phases[to:])
    return replace(scenario, phases=phases, defined=(*scenario.defined, phase)), to


def _put(scenario: Scenario, name: str, phase: Phase) -> tuple[Phase, ...]:
    if not any(each.name == name for each in scenario.defined):
        return (*scenario.defined, phase)
    return tuple(phase if each.name == name else each for each in scenario.defined)


def _pruned(scenario: Scenario, name: str) -> Scenario:
    """Without the definition of a phase that never comes any more."""
    if name in scenario.phases:
        return scenario
    return replace(scenario, defined=tuple(phase for phase in scenario.defined if phase.name != name))


def _free(scenario: Scenario, stem: str) -> str:
    taken = {*scenario.phases, *(phase.name for phase in scenario.defined)}
    return next(name for n in range(2, 10_000) if (name := f"{stem}-{n}") not in taken)
