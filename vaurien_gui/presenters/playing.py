"""Where the scenario stands now, and what it makes of a proxy: for everything that names the phase."""

from __future__ import annotations

import math
from decimal import Decimal

from vaurien_core.model.events import ScenarioState
from vaurien_core.model.profile import ProxySpec, Rule
from vaurien_core.model.scenario import Position, in_force
from vaurien_gui.presenters.texts import duration
from vaurien_gui.session import Session

_TENTH = Decimal("0.1")


class Playing:
    """A view of the session; keeps nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def state(self) -> ScenarioState | None:
        """How it stands; None: nothing plays."""
        session = self._session
        known = session.state.scenario if session.state is not None and not session.lost else None
        profile = session.profile
        if known is None or profile is None or profile.scenario is None or known.phase not in profile.scenario.phases:
            return None
        return known

    @property
    def elapsed(self) -> float:
        """Seconds of its clock that the phase has lasted."""
        state = self.state
        if state is None:
            return 0.0
        return state.played if state.paused or state.over else max(0.0, self._session.engine_t - state.began)

    @property
    def left(self) -> float | None:
        """Seconds until the phase ends; None: not by itself."""
        state = self.state
        if state is None or state.ends is None:
            return None
        return max(0.0, state.ends - state.began - self.elapsed)

    @property
    def words(self) -> str:
        """`phase outage, 7 s left`; "" when nothing plays."""
        state = self.state
        if state is None:
            return ""
        if state.waiting:
            return f"phase {state.phase} waits for the first exchange"
        if state.over:
            return f"phase {state.phase}, scenario over"
        left = self.left
        return (
            f"phase {state.phase}, {seconds(left)} left{', paused' if state.paused else ''}"
            if left is not None
            else (f"phase {state.phase}, {'paused' if state.paused else 'until skipped'}")
        )

    @property
    def following(self) -> str:
        """The phase that comes next, or ""."""
        state, profile = self.state, self._session.profile
        if state is None or state.over or profile is None or profile.scenario is None:
            return ""
        phases = profile.scenario.phases
        last = state.repeat is not None and state.round >= state.repeat and state.number >= len(phases)
        return "" if last else phases[state.number % len(phases)]

    def spec(self, spec: ProxySpec) -> ProxySpec:
        """A proxy as it is now, ramps included; their weights are rounded to what people read."""
        state, profile = self.state, self._session.profile
        if state is None or profile is None or profile.scenario is None or not self._session.started:
            return spec
        step = (state.round - 1) * state.phases + state.number - 1
        now = in_force(profile.scenario, Position(step, 0.0, state.over), self.elapsed, spec)
        return now.with_mix(tuple(Rule(rule.behavior, _short(rule.weight)) for rule in now.mix))


def _short(weight: Decimal) -> Decimal:
    return weight if weight == weight.quantize(_TENTH) else weight.quantize(_TENTH)


def seconds(value: float) -> str:
    """`7 s`, `1:05`: what is left, never too little."""
    whole = math.ceil(value - 0.05)
    return f"{whole} s" if whole < 60 else duration(whole)
