"""`[scenario]`, `[phase:NAME]` and `[phase:NAME@PROXY]`: read into a `Scenario`, and written as sections again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaurien_core.errors import did_you_mean
from vaurien_core.model.profile import Phase, PhaseChange, Rule, Scenario
from vaurien_core.options import Kind, Option, OptionValue
from vaurien_core.options.kinds import number_text
from vaurien_core.profiles import keys
from vaurien_core.profiles.layers import Cell
from vaurien_core.profiles.mixes import mix_text, parse_mix

if TYPE_CHECKING:
    from vaurien_core.profiles.building import Builder

FOR_EVER = "forever"
NOTHING = "100:dummy"
"""A mix that breaks nothing."""
SECTION, PHASE = "scenario", "phase"
_SCENARIO = Scenario(())
SCENARIO: tuple[Option, ...] = (
    Option("phases", Kind.LIST, (), "The phases in their order, by name; one may come several times"),
    Option("repeat", Kind.TEXT, "1", "How many rounds, or forever"),
    Option("start", Kind.CHOICE, _SCENARIO.start, "What starts it", choices=("launch", "first-exchange", "api")),
    Option("end", Kind.CHOICE, _SCENARIO.end, "The last phase goes on, or the proxies stop", choices=("hold", "stop")),
)
CHANGES: tuple[Option, ...] = (
    Option("behavior", Kind.TEXT, None, "The mix while the phase lasts"),
    next(option for option in keys.TUNING if option.name == "state"),
    Option("toxics", Kind.LIST, (), "Which of the proxy's toxics are mounted while it lasts; empty: none"),
)
TIMES: tuple[Option, ...] = (
    Option("for", Kind.DURATION, None, "How long it lasts; unset: until it is skipped", unit="s", minimum=0.001),
    Option("ramp", Kind.DURATION, 0.0, "How long weights move from those of the phase before", unit="s", minimum=0),
)
PHASES: tuple[Option, ...] = (*TIMES, *CHANGES)


class Scenarios:
    """The scenario of one reading; writes its problems into the builder's."""

    def __init__(self, builder: Builder, proxies: tuple[str, ...]) -> None:
        self._builder, self._sections, self._proxies = builder, builder.layers.sections, proxies

    def read(self) -> Scenario | None:
        """The scenario; None where no section speaks of one."""
        defined = [name for name in self._sections if name.startswith(f"{PHASE}:") and "@" not in name]
        at = [name for name in self._sections if name.startswith(f"{PHASE}:") and "@" in name]
        cells = self._sections.get(SECTION)
        if cells is None:
            for section in (*defined, *at):
                self._say(section, "phases need a [scenario] with phases = NAME, NAME.", "warning")
            return None
        named = dict.fromkeys(s.removeprefix(f"{PHASE}:").partition("@")[0] for s in (*defined, *at))
        values = {o.name: v for o in SCENARIO if (v := self._value(SECTION, o)) is not None}
        phases = values.get("phases", ())
        assert isinstance(phases, tuple)
        self._check(phases, tuple(named), at)
        return Scenario(
            phases=phases or tuple(named),
            repeat=self._repeat(str(values.get("repeat", "1"))),
            start=str(values.get("start", _SCENARIO.start)),
            end=str(values.get("end", _SCENARIO.end)),
            defined=tuple(self._phase(name) for name in named),
        )

    def _check(self, phases: tuple[str, ...], named: tuple[str, ...], at: list[str]) -> None:
        if not phases and not named:
            self._say(SECTION, "expected phases = NAME, NAME with a [phase:NAME] for each, got none.", "error")
        for name in dict.fromkeys(phases):
            if name not in named:
                hint = did_you_mean(name, named) if named else ""
                text = f'phase "{name}" has no section [phase:{name}], so it lasts until it is skipped;{hint}'
                self._builder.problems.append(self._sections[SECTION]["phases"].problem(text.rstrip(";"), "warning"))
        for name in named:
            if phases and name not in phases:
                self._say(f"{PHASE}:{name}", "is not among the phases of [scenario] and never comes.", "warning")
        for section in at:
            proxy = section.partition("@")[2]
            if proxy not in self._proxies:
                self._builder.misspelt(section, "proxy", proxy, self._proxies)

    def _phase(self, name: str) -> Phase:
        section = f"{PHASE}:{name}"
        changes = [self._change(section, "")]
        changes += [self._change(f"{section}@{proxy}", proxy) for proxy in self._proxies]
        length, ramp = (self._value(section, option) for option in TIMES)
        return Phase(
            name,
            length if isinstance(length, float) else None,
            ramp if isinstance(ramp, float) else 0.0,
            tuple(change for change in changes if not change.empty),
        )

    def _change(self, section: str, proxy: str) -> PhaseChange:
        mix, state, toxics = (self._value(section, option) for option in CHANGES)
        cell = self._sections.get(section, {}).get("behavior")
        return PhaseChange(
            proxy,
            self._mix(str(mix or ""), cell, proxy) if cell is not None and not cell.broken else None,
            str(state) if state is not None else None,
            self._toxics(section, toxics, proxy) if isinstance(toxics, tuple) else None,
        )

    def _toxics(self, section: str, names: tuple[str, ...], proxy: str) -> tuple[str, ...]:
        known = self._builder.toxics_of(proxy)
        for name in names:
            if name not in known:
                where = f"the toxics of {proxy}" if proxy else "any proxy's toxics"
                text = f'"{name}" is not in {where}, so nothing is mounted for it;{did_you_mean(name, known)}'
                self._builder.problems.append(self._sections[section]["toxics"].problem(text, "warning"))
        return names

    def _mix(self, text: str, cell: Cell, proxy: str) -> tuple[Rule, ...]:
        rules, wrong = parse_mix(text)
        self._builder.problems += [cell.problem(message) for message in wrong]
        return tuple(rule for rule in rules if self._builder.knows(rule.behavior, cell, proxy))

    def _repeat(self, text: str) -> int | None:
        if text == FOR_EVER:
            return None
        if text.isascii() and text.isdigit() and int(text):
            return int(text)
        cell = self._sections[SECTION]["repeat"]
        self._builder.problems.append(cell.unexpected("a number of rounds from 1 on, or forever"))
        return 1

    def _value(self, section: str, option: Option) -> OptionValue | None:
        return self._builder.value(option, f"{section}/{option.name}", (self._sections, section, option.name))

    def _say(self, section: str, message: str, severity: str) -> None:
        self._builder.say(section, message, severity)


Lines = list[tuple[str, str]]


def scenario_blocks(scenario: Scenario | None) -> list[tuple[str, Lines]]:
    """The sections that say a scenario, each with its keys."""
    if scenario is None:
        return []
    lines: Lines = [("phases", ", ".join(scenario.phases))]
    if scenario.repeat != 1:
        lines.append(("repeat", FOR_EVER if scenario.repeat is None else str(scenario.repeat)))
    lines += [(key, getattr(scenario, key)) for key in ("start", "end") if getattr(scenario, key) != _default(key)]
    blocks = [(SECTION, lines)]
    for phase in scenario.defined:
        times: Lines = [] if phase.length_s is None else [("for", _time(phase.length_s))]
        if phase.ramp_s:
            times.append(("ramp", _time(phase.ramp_s)))
        common = [change for change in phase.changes if not change.proxy]
        own = [*times, *(line for c in common for line in _change_lines(c))]
        blocks.append((f"{PHASE}:{phase.name}", own or [("ramp", "0s")]))
        blocks += [(f"{PHASE}:{phase.name}@{c.proxy}", _change_lines(c)) for c in phase.changes if c.proxy]
    return blocks


def _default(key: str) -> object:
    return getattr(_SCENARIO, key)


def _change_lines(change: PhaseChange) -> Lines:
    lines: Lines = []
    if change.mix is not None:
        lines.append(("behavior", mix_text(change.mix) or NOTHING))
    if change.state is not None:
        lines.append(("state", change.state))
    if change.toxics is not None:
        lines.append(("toxics", ", ".join(change.toxics)))
    return lines


def _time(seconds: float) -> str:
    return f"{number_text(seconds)}s" if seconds >= 1 or not seconds else f"{number_text(round(seconds * 1000, 6))}ms"
