"""A scenario: a profile over time, as phases that replace mixes, states and toxics, and what is in force at any moment.

Pure arithmetic: `advance` says which phase a moment falls into, `in_force` what it makes of a proxy. `engine.player`
keeps the clock, `profiles` reads and writes the sections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from vaurien_core.frozen import dataclass
from vaurien_core.model.profile import ProxySpec, Rule, Scenario, ToxicSpec

_UNIT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a scenario stands."""

    step: int = 0
    """Which phase since the beginning, from 0, counted over all rounds."""
    since: float = 0.0
    """When it began, in seconds of the scenario's clock."""
    over: bool = False
    """The last phase has ended; it stays in force."""


def name_at(scenario: Scenario, at: Position) -> str:
    """The name of the phase."""
    return scenario.phases[at.step % len(scenario.phases)]


def end_of(scenario: Scenario, at: Position) -> float | None:
    """When the phase ends, in seconds of the scenario's clock; None: never by itself."""
    length = scenario.phase(name_at(scenario, at)).length_s
    return None if length is None or at.over else at.since + length


def advance(scenario: Scenario, at: Position, t: float) -> Position:
    """Where it stands at `t` seconds of its clock, when it stood at `at` before."""
    while (end := end_of(scenario, at)) is not None and t >= end:
        at = following(scenario, at, end)
    return at


def following(scenario: Scenario, at: Position, t: float) -> Position:
    """The next phase, begun at `t`; behind the last one it is over."""
    last = scenario.repeat is not None and at.step >= len(scenario.phases) * scenario.repeat - 1
    return replace(at, over=True) if last else Position(at.step + 1, t)


def jump(scenario: Scenario, at: Position, name: str, t: float) -> Position:
    """The next turn of the phase called `name`, begun at `t`; in the last round, its turn in that round.

    Raises:
        ValueError: the scenario has no such phase.
    """
    if name not in scenario.phases:
        raise ValueError(name)
    count = len(scenario.phases)
    step = next(n for n in range(at.step + 1, at.step + count + 1) if scenario.phases[n % count] == name)
    if scenario.repeat is not None and step >= count * scenario.repeat:
        step -= count
    return Position(step, t)


def moved(before: Scenario, after: Scenario, at: Position) -> Position:
    """Where it stands when its phases are edited: in the same phase, at the place of it that is nearest.

    Args:
        before: the scenario that it stood in.
        after: one that has this phase, too.
        at: where it stood.
    """
    name, (lap, place) = name_at(before, at), divmod(at.step, len(before.phases))
    places = [n for n, other in enumerate(after.phases) if other == name]
    if after.repeat is not None:
        lap = min(lap, after.repeat - 1)
    return replace(at, step=lap * len(after.phases) + min(places, key=lambda n: abs(n - place)))


def changed_by(scenario: Scenario, step: int, spec: ProxySpec) -> ProxySpec:
    """A proxy as a phase has it, without its ramp.

    Args:
        scenario: with at least one phase.
        step: see `Position`.
        spec: as the profile has it: what the phase does not replace.
    """
    mix, state, toxics = spec.mix, spec.state, spec.toxics
    for change in scenario.phase(scenario.phases[step % len(scenario.phases)]).changes:
        if change.proxy in ("", spec.name):
            mix = mix if change.mix is None else change.mix
            state = state if change.state is None else change.state
            toxics = toxics if change.toxics is None else _mounted(spec, change.toxics)
    return spec.with_mix(mix).with_state(state).with_toxics(toxics)


def in_force(scenario: Scenario, at: Position, t: float, spec: ProxySpec) -> ProxySpec:
    """A proxy as it is at this moment, ramps included: weights move linearly from those of the phase before."""
    now = changed_by(scenario, at.step, spec)
    ramp_s = scenario.phase(name_at(scenario, at)).ramp_s
    if not at.step or ramp_s <= 0 or t - at.since >= ramp_s:
        return now
    before = changed_by(scenario, at.step - 1, spec)
    return now.with_mix(blend(before.mix, now.mix, (t - at.since) / ramp_s))


def _mounted(spec: ProxySpec, names: tuple[str, ...]) -> tuple[ToxicSpec, ...]:
    """The toxics of a proxy, those with these names switched on, the others off; in their order."""
    return tuple(replace(toxic, enabled=toxic.name in names) for toxic in spec.toxics)


def blend(before: tuple[Rule, ...], after: tuple[Rule, ...], share: float) -> tuple[Rule, ...]:
    """A mix on its way to another one; `share` 0 is `before`, 1 is `after`.

    Rules stand in the order of `after`, those that go behind them; weights are cut to 4 decimals, so that two mixes
    within 100 % have everything between them within 100 % too.
    """
    if share >= 1:
        return after
    old: Mapping[str, Decimal] = {rule.behavior: rule.weight for rule in before}
    new: Mapping[str, Decimal] = {rule.behavior: rule.weight for rule in after}
    exact = Decimal(max(0.0, share))
    zero = Decimal(0)
    return tuple(
        Rule(name, (old.get(name, zero) * (1 - exact) + new.get(name, zero) * exact).quantize(_UNIT, ROUND_DOWN))
        for name in dict.fromkeys((*new, *old))
    )
