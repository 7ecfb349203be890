"""The scenario's tab: its phases as rows, the track, what plays, and every edit of them.

Texts that can't be read stay here as drafts, each with the loader's own sentence, and go nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches

from vaurien_core.engine.checks import check_profile
from vaurien_core.errors import OptionError, UsageError, did_you_mean
from vaurien_core.model.change import Path
from vaurien_core.model.profile import PhaseChange, Profile, ProxySpec, Rule, Scenario
from vaurien_core.model.scenario import changed_by
from vaurien_core.options.kinds import number_text
from vaurien_core.profiles.implied import with_implied
from vaurien_core.profiles.mixes import mix_text, parse_mix
from vaurien_core.profiles.scenarios import FOR_EVER, NOTHING, TIMES
from vaurien_core.registry import Registry
from vaurien_gui.models import phases
from vaurien_gui.models.cells import Cell, CellRow
from vaurien_gui.models.scenario_shown import FOR, MIX, PHASE, RAMP, STATE, Block, ScenarioPage, Track
from vaurien_gui.presenters.playing import Playing
from vaurien_gui.presenters.texts import plural
from vaurien_gui.session import Session

UNTIL_SKIPPED = "until skipped"
STATES = (("", "as set"), ("up", "up"), ("down", "down"), ("syn_blackhole", "no answer"))
"""What a phase does with a proxy's state."""
REPEAT = "repeat"


class ScenarioPresenter:
    """Makes the `ScenarioPage` of a session. Row keys are `PLACE` or `PLACE@PROXY`."""

    def __init__(self, session: Session, registry: Registry) -> None:
        self._session, self._registry = session, registry
        self.playing = Playing(session)
        self.chosen = 0
        """The place of the phase that the next phase follows and that buttons act on."""
        self._drafts: dict[tuple[str, int], tuple[str, str]] = {}
        self._steps = 0
        session.document.replaced.connect(self._drafts.clear)

    @property
    def scenario(self) -> Scenario | None:
        """Of the open profile."""
        return self._session.profile.scenario if self._session.profile is not None else None

    def page(self) -> ScenarioPage:
        """What is shown now."""
        scenario, profile = self.scenario, self._session.profile
        if scenario is None or profile is None:
            return ScenarioPage()
        state, running = self.playing.state, self._session.started
        repeat = FOR_EVER if scenario.repeat is None else str(scenario.repeat)
        draft, problem = self._drafts.get((REPEAT, 0), (repeat, ""))
        runs = state is not None and not state.paused and not state.over
        names = tuple(p.name for p in profile.proxies)
        return ScenarioPage(
            rows=tuple(row for at in range(len(scenario.phases)) for row in self._rows(scenario, at)),
            track=self.track(),
            repeat=draft,
            repeat_problem=problem,
            start=scenario.start,
            end=scenario.end,
            now=self._now(scenario),
            plays=runs,
            playable=running,
            skippable=state is not None and not state.over and not state.waiting,
            proxies=names if len(names) > 1 else (),
        )

    def track(self) -> Track:
        """Where it stands."""
        scenario, state, spec = self.scenario, self.playing.state, self._session.proxy
        if scenario is None:
            return Track()
        blocks = tuple(self._block(scenario, at, spec) for at in range(len(scenario.phases)))
        if state is None:
            return Track(blocks, said=f"{plural(len(blocks), 'phase')}, not playing")
        at = min(state.number, len(blocks)) - 1
        length = blocks[at].length_s
        share = 1.0 if state.over else min(1.0, self.playing.elapsed / length) if length else 0.0
        return Track(
            blocks, at, share, state.paused or state.over, f"{plural(len(blocks), 'phase')}, {self._now(scenario)}"
        )

    # -- playing

    def act(self, action: str, phase: str = "") -> None:
        """`toggle`, `skip`, `restart`, or `jump` to a phase."""
        link, state = self._session.link, self.playing.state
        if link is None or self.scenario is None or not self._session.started:
            return
        if action == "toggle":
            over = state is not None and state.over
            action = "restart" if over else "play" if state is None or state.paused else "pause"
        link.submit(lambda: link.engine.scenario(action, phase))

    def jump(self, at: int | None = None) -> None:
        """Go to a phase: the one at a place, or the chosen one."""
        scenario, at = self.scenario, self.chosen if at is None else at
        if scenario is not None and at < len(scenario.phases):
            self.act("jump", scenario.phases[at])

    # -- editing

    def choose(self, key: str) -> None:
        """A row is selected."""
        self.chosen = _place(key)[0] if key else 0

    def add(self) -> str:
        """One more phase, behind the chosen one; the key of its row."""
        made, at = phases.added(self.scenario, self._at())
        return self._put(made, f"Add phase {made.phases[at]}", at)

    def duplicate(self) -> str:
        """A copy of the chosen phase."""
        scenario, at = self.scenario, self._at()
        if scenario is None or at is None:
            return ""
        made, to = phases.duplicated(scenario, at)
        return self._put(made, f"Duplicate phase {scenario.phases[at]}", to)

    def remove(self, key: str = "") -> str:
        """Take a phase out, or what it replaces of one proxy."""
        scenario = self.scenario
        at, proxy = _place(key) if key else (self._at(), "")
        if scenario is None or at is None or at >= len(scenario.phases):
            return ""
        name = scenario.phases[at]
        if proxy:
            made: Scenario | None = phases.with_change(scenario, at, PhaseChange(proxy))
            return self._put(made, f"Remove {proxy} from phase {name}", at)
        return self._put(phases.removed(scenario, at), f"Remove phase {name}", max(0, at - 1))

    def move(self, by: int) -> str:
        """The chosen phase so many places later."""
        scenario, at = self.scenario, self._at()
        if scenario is None or at is None:
            return ""
        made, to = phases.moved(scenario, at, by)
        return self._put(made, f"Move phase {scenario.phases[at]} {'down' if by > 0 else 'up'}", to)

    def add_proxy(self, proxy: str) -> str:
        """Let the chosen phase say something of one proxy: at first, that it is up."""
        scenario, at = self.scenario, self._at()
        if scenario is None or at is None:
            return ""
        if phases.change_of(scenario.phase(scenario.phases[at]), proxy) == PhaseChange(proxy):
            made = phases.with_state(scenario, at, proxy, "up")
            self._put(made, f"Add {proxy} to phase {scenario.phases[at]}", at)
        return f"{at}@{proxy}"

    def set_cell(self, key: str, column: int, text: str) -> None:
        """What was typed into a cell."""
        scenario, text = self.scenario, text.strip()
        at, proxy = _place(key)
        if scenario is None or at >= len(scenario.phases):
            return
        self._drafts.pop((key, column), None)
        name = scenario.phases[at]
        try:
            made, label = self._changed(scenario, at, proxy, column, text)
            if made != scenario and self._session.profile is not None:
                self._check(replace(self._session.profile, scenario=made))
        except UsageError as error:
            self._drafts[key, column] = (text, _said(error, name))
            self._session.announce()
            return
        self._put(made, label, at)

    def set_repeat(self, text: str) -> None:
        """How many rounds, or `forever`."""
        scenario, text = self.scenario, text.strip()
        if scenario is None:
            return
        self._drafts.pop((REPEAT, 0), None)
        if text == FOR_EVER or (text.isascii() and text.isdigit() and int(text)):
            made = replace(scenario, repeat=None if text == FOR_EVER else int(text))
            self._put(made, f"Repeat the scenario {text}", self.chosen)
        else:
            self._drafts[REPEAT, 0] = (text, f"Expected a number of rounds from 1 on, or forever, got {text!r}.")
            self._session.announce()

    def set_key(self, key: str, value: str) -> None:
        """`start` or `end`."""
        scenario = self.scenario
        if scenario is not None:
            made = replace(scenario, start=value) if key == "start" else replace(scenario, end=value)
            self._put(made, f"Set the scenario's {key} to {value}", self.chosen)

    # -- inside

    def _at(self) -> int | None:
        scenario = self.scenario
        return min(self.chosen, len(scenario.phases) - 1) if scenario is not None and scenario.phases else None

    def _put(self, scenario: Scenario | None, label: str, at: int) -> str:
        """One step of undo each: never merged with its neighbours."""
        self._steps += 1
        if scenario is None or self.scenario is None or scenario.phases != self.scenario.phases:
            self._drafts.clear()
        implied = self._implied(scenario)
        if implied:
            self._session.edit_all([*implied, (("scenario",), scenario)], label)
        else:
            self._session.edit(("scenario",), scenario, label, drag=f"scenario {self._steps}")
        self._session.announce()
        self.chosen = at
        return str(at)

    def _changed(self, scenario: Scenario, at: int, proxy: str, column: int, text: str) -> tuple[Scenario, str]:
        name = scenario.phases[at]
        where = f"phase {name}" if not proxy else f"{proxy} in phase {name}"
        if column == PHASE:
            if problem := phases.name_problem(text):
                raise UsageError(problem)
            return phases.renamed(scenario, at, text), f"Rename phase {name} to {text}"
        if column == FOR:
            length = None if text in ("", UNTIL_SKIPPED) else TIMES[0].parse(text)
            words = UNTIL_SKIPPED if length is None else f"{text}"
            return phases.timed(scenario, at, length_s=_number(length)), f"Let phase {name} last {words}"
        if column == RAMP:
            ramp = TIMES[1].parse(text) if text else 0.0
            return phases.timed(
                scenario, at, ramp_s=_number(ramp) or 0.0
            ), f"Set the ramp of phase {name} to {text or 0}"
        if column == MIX:
            mix = self._mix(text, proxy) if text else None
            return phases.with_mix(scenario, at, proxy, mix), f"Set the mix of {where} to {text or 'its own'}"
        return phases.with_state(scenario, at, proxy, text or None), f"Set the state of {where} to {text or 'its own'}"

    def _mix(self, text: str, proxy: str) -> tuple[Rule, ...]:
        rules, wrong = parse_mix(text)
        if wrong:
            raise UsageError(wrong[0])
        known, errors = self._rules(), self._errors(proxy)
        for rule in rules:
            if rule.behavior not in (*known, *errors):
                near = get_close_matches(rule.behavior, errors, n=1)
                hint = did_you_mean(rule.behavior, (*known, *near))
                raise UsageError(f'unknown behavior "{rule.behavior}",{hint}')
        return () if mix_text(rules) == NOTHING else rules

    def _rules(self) -> tuple[str, ...]:
        profile = self._session.profile
        setups = [b.name for spec in profile.proxies for b in spec.behaviors] if profile else []
        return tuple(dict.fromkeys([*(b.name for b in self._session.catalogue.behaviors), *setups]))

    def _errors(self, proxy: str) -> tuple[str, ...]:
        """The errors that a mix of this proxy ("": of all) may name."""
        profile = self._session.profile
        specs = [spec for spec in profile.proxies if proxy in ("", spec.name)] if profile else []
        infos = (self._session.catalogue.protocol(name) for name in dict.fromkeys(spec.protocol for spec in specs))
        return tuple(error.name for info in infos if info is not None for error in info.errors)

    def _implied(self, scenario: Scenario | None) -> list[tuple[Path, object]]:
        """The set-ups that a phase's mixes imply (`50:deadlock`) and that the profile doesn't have."""
        profile = self._session.profile
        if profile is None or scenario is None:
            return []
        full = with_implied(replace(profile, scenario=scenario), self._registry)
        return [
            (("proxies", spec.name, "behaviors", setup.name), setup)
            for spec in full.proxies
            for setup in spec.behaviors
            if setup not in profile.proxy(spec.name).behaviors
        ]

    def _check(self, profile: Profile) -> None:
        """As the engine will, where this process knows everything that the profile names."""
        known = {*self._registry.behavior_names}
        if all(setup.kind in known for spec in profile.proxies for setup in spec.behaviors):
            check_profile(profile, self._registry)

    def _rows(self, scenario: Scenario, at: int) -> list[CellRow]:
        name = scenario.phases[at]
        phase, state = scenario.phase(name), self.playing.state
        now = state is not None and state.number - 1 == at
        key = str(at)
        times = (
            self._cell(key, PHASE, name, icon="play" if now else ""),
            self._cell(key, FOR, _time(phase.length_s), hint=UNTIL_SKIPPED),
            self._cell(key, RAMP, _time(phase.ramp_s or None), hint="at once"),
        )
        rows = [CellRow(key, (*times, *self._change(key, phases.change_of(phase, ""))), now)]
        for change in phase.changes:
            if change.proxy:
                key = f"{at}@{change.proxy}"
                quiet = Cell("", editable=False)
                cells = (Cell(change.proxy, editable=False, token="text2"), quiet, quiet, *self._change(key, change))
                rows.append(CellRow(key, cells, now, inner=True))
        return rows

    def _change(self, key: str, change: PhaseChange) -> tuple[Cell, Cell]:
        text = "" if change.mix is None else mix_text(change.mix) or NOTHING
        inner = "@" in key
        mix = self._cell(
            key,
            MIX,
            text,
            hint="as for all" if inner else "as set",
            words=(*self._rules(), *self._errors(key.partition("@")[2])),
        )
        return mix, self._cell(
            key, STATE, change.state or "", choices=STATES, token="text2" if not change.state else "text"
        )

    def _cell(self, key: str, column: int, text: str, **more: object) -> Cell:
        draft, problem = self._drafts.get((key, column), (text, ""))
        make: Callable[..., Cell] = Cell
        return make(draft, problem=problem, tip=problem or "", **more)

    def _block(self, scenario: Scenario, at: int, spec: ProxySpec | None) -> Block:
        phase = scenario.phase(scenario.phases[at])
        time = _time(phase.length_s) or UNTIL_SKIPPED
        if spec is None:
            return Block(phase.name, phase.length_s, time)
        acted = changed_by(scenario, at, spec)
        shares = tuple((acted.behavior(rule.behavior).kind, float(rule.weight)) for rule in acted.faults)
        return Block(phase.name, phase.length_s, time, shares, acted.state == "down")

    def _now(self, scenario: Scenario) -> str:
        state = self.playing.state
        if not self._session.started:
            return "Start (F5) plays it." if scenario.start == "launch" else "Start (F5) first."
        if state is None:
            return "Play begins it."
        words = self.playing.words
        words = words[:1].upper() + words[1:]
        if state.repeat != 1:
            words += f", round {state.round}" + (f" of {state.repeat}" if state.repeat else "")
        return f"{words} · then {self.playing.following}" if self.playing.following else words


def _place(key: str) -> tuple[int, str]:
    at, _, proxy = key.partition("@")
    return int(at), proxy


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None


def _time(value: float | None) -> str:
    """`10 s`, `400 ms`, `1.5 s`; "" for none. Reading it gives it back."""
    if value is None:
        return ""
    return f"{number_text(round(value * 1000, 6))} ms" if 0 < value < 1 else f"{number_text(value)} s"


def _said(error: UsageError, phase: str) -> str:
    """The sentence without what the row says already."""
    text = str(error).removeprefix(f"phase {phase}: ")
    if isinstance(error, OptionError):
        text = text.removeprefix(f"{error.option}: ")
    return text if text.partition(" ")[0].endswith(":") else text[:1].upper() + text[1:]
