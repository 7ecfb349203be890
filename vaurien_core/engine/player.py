"""Plays the scenario of the running profile: keeps its clock, says which phase is in force, and tells when it changes.

The clock stands still while it is paused and while all-normal holds. Owned by the local engine, lives on its loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.model.events import ScenarioState
from vaurien_core.model.profile import ProxySpec, Scenario
from vaurien_core.model.scenario import Position, end_of, following, in_force, jump, moved, name_at
from vaurien_core.proxy.seams import TimerHandle

RAMP_STEP_S = 0.05
"""How often a ramp moves the weights."""
LOOK_S = 0.01
"""How often the first exchange is looked for."""
ACTIONS = ("play", "pause", "skip", "restart", "jump")


class Hooks(Protocol):
    """What the player asks and tells. Called on the loop."""

    def now(self) -> float:
        """Seconds since the engine's start."""
        ...

    def call_at(self, t: float, callback: Callable[[], None]) -> TimerHandle:
        """Call back at `t` seconds since the engine's start, never early."""
        ...

    def exchanges(self) -> int:
        """How many exchanges all proxies have seen."""
        ...

    def moved(self, text: str, *, fresh: bool) -> None:
        """Other mixes or states are in force now.

        Args:
            text: for the journal; "" while a ramp moves.
            fresh: a phase begins, so that its rules count anew.
        """
        ...

    def ended(self) -> None:
        """The last phase of a scenario that ends with `stop` is over."""
        ...


class Player:
    """See the module. `close` ends it."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._scenario: Scenario | None = None
        self._at: Position | None = None
        """None: the profile's own mixes are in force."""
        self._played = 0.0
        self._since: float | None = None
        """When the clock began to run, by the engine's; None: it stands."""
        self._waiting = ""
        self._seen = 0
        self._paused = self._held = False
        self._timer: TimerHandle | None = None

    @property
    def phase(self) -> str:
        """The name of the phase in force, or ""."""
        return name_at(self._scenario, self._at) if self._scenario is not None and self._at is not None else ""

    @property
    def state(self) -> ScenarioState | None:
        """How it stands; None: the profile has no scenario."""
        scenario, at = self._scenario, self._at
        if scenario is None:
            return None
        if at is None:
            return ScenarioState(phases=len(scenario.phases), repeat=scenario.repeat, waiting=self._waiting)
        offset, end = self._hooks.now() - self._t, end_of(scenario, at)
        return ScenarioState(
            phase=name_at(scenario, at),
            number=at.step % len(scenario.phases) + 1,
            phases=len(scenario.phases),
            round=at.step // len(scenario.phases) + 1,
            repeat=scenario.repeat,
            began=round(at.since + offset, 6),
            ends=None if end is None else round(end + offset, 6),
            paused=self._since is None,
            waiting=self._waiting,
            over=at.over,
            played=round(self._t - at.since, 6),
        )

    def spec(self, spec: ProxySpec) -> ProxySpec:
        """A proxy as it is now."""
        if self._scenario is None or self._at is None:
            return spec
        return in_force(self._scenario, self._at, self._t, spec)

    # -- what the engine does

    def load(self, scenario: Scenario | None) -> None:
        """The profile has this scenario now. It goes on where it was if its phase is still there, else begins anew."""
        before, self._scenario = self._scenario, scenario
        if scenario is None:
            self._reset()
        elif before is not None and self._at is not None and name_at(before, self._at) in scenario.phases:
            self._at = moved(before, scenario, self._at)
            self._arm()
        elif before is None or before.phases != scenario.phases:
            running = self._at is not None or bool(self._waiting)
            self._reset()
            if running:
                self.launch()

    def launch(self) -> None:
        """The proxies start."""
        scenario = self._scenario
        if scenario is None or self._at is not None or self._waiting:
            return
        if scenario.start == "api":
            self._waiting = "api"
        elif scenario.start == "first-exchange":
            self._waiting, self._at = "first-exchange", Position()
            self._seen = self._hooks.exchanges()
            self._hooks.moved("", fresh=True)
            self._look()
        else:
            self._begin()

    def halt(self) -> None:
        """The proxies stop: the profile's own mixes again, and the scenario from its beginning next time."""
        self._reset()

    def hold(self, held: bool) -> None:
        """All-normal holds, or ends."""
        self._held = held
        self._run()

    def act(self, action: str, phase: str = "") -> None:
        """Steer it: `play`, `pause`, `skip`, `restart`, or `jump` to a phase.

        Raises:
            UsageError: there is no scenario, action or phase of this name.
        """
        scenario = self._scenario
        if scenario is None:
            raise UsageError("The profile has no scenario.")
        if action not in ACTIONS:
            raise UsageError(f'unknown action "{action}",{did_you_mean(action, ACTIONS)}')
        if action == "jump" and phase not in scenario.phases:
            raise UsageError(f'unknown phase "{phase}",{did_you_mean(phase, scenario.phases)}')
        if action == "pause":
            self._paused = True
            self._run()
        elif self._at is None or self._waiting or action == "restart":
            self._reset()
            self._begin()
            if action == "jump":
                self.act(action, phase)
        elif action == "play":
            self._paused = False
            self._run()
        elif action == "jump" or not self._at.over:
            t = self._t
            self._enter(jump(scenario, self._at, phase, t) if action == "jump" else following(scenario, self._at, t))
            self._run()

    def close(self) -> None:
        """No more calls."""
        self._disarm()
        self._scenario = self._at = None

    # -- the clock

    @property
    def _t(self) -> float:
        return self._played + (self._hooks.now() - self._since if self._since is not None else 0.0)

    def _begin(self) -> None:
        self._waiting = ""
        self._enter(Position())
        self._run()

    def _reset(self) -> None:
        self._disarm()
        was = self._at is not None
        self._at, self._since, self._played, self._waiting, self._paused = None, None, 0.0, "", False
        if was:
            self._hooks.moved("", fresh=True)

    def _run(self) -> None:
        """Let the clock run or stand, as it should."""
        runs = self._at is not None and not (self._paused or self._held or self._waiting)
        if runs and self._since is None:
            self._since = self._hooks.now()
        elif not runs and self._since is not None:
            self._played, self._since = self._t, None
        self._arm()

    def _enter(self, at: Position) -> None:
        scenario = self._scenario
        assert scenario is not None
        self._at = at
        if at.over:
            self._hooks.moved("the scenario is over", fresh=False)
            if scenario.end == "stop":
                self._hooks.ended()
            return
        count = len(scenario.phases)
        lap = f", round {at.step // count + 1}" if scenario.repeat != 1 else ""
        text = f"phase {name_at(scenario, at)} ({at.step % count + 1} of {count}{lap})"
        self._hooks.moved(text, fresh=True)

    def _look(self) -> None:
        """Has the first exchange come?"""
        if self._waiting != "first-exchange":
            return
        if self._hooks.exchanges() > self._seen:
            self._begin()
        else:
            self._timer = self._hooks.call_at(self._hooks.now() + LOOK_S, self._look)

    def _tick(self) -> None:
        self._timer = None
        scenario = self._scenario
        while scenario is not None and self._at is not None:
            end = end_of(scenario, self._at)
            if end is None or self._t < end:
                break
            self._enter(following(scenario, self._at, end))
        if self._ramps:
            self._hooks.moved("", fresh=False)
        self._arm()

    @property
    def _ramps(self) -> bool:
        scenario, at = self._scenario, self._at
        if scenario is None or at is None or not at.step or at.over:
            return False
        return self._t - at.since < scenario.phase(name_at(scenario, at)).ramp_s + RAMP_STEP_S

    def _arm(self) -> None:
        """Wake up at the end of the phase, and while a ramp moves."""
        self._disarm()
        scenario, at = self._scenario, self._at
        if scenario is None or at is None:
            return
        if self._waiting == "first-exchange":
            self._look()
            return
        if self._since is None or at.over:
            return
        end, t = end_of(scenario, at), self._t
        due = t + RAMP_STEP_S if self._ramps else end
        if due is not None:
            due = min(due, end) if end is not None else due
            self._timer = self._hooks.call_at(self._hooks.now() + due - t, self._tick)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
