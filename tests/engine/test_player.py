"""The clock of a scenario: phases begin at their time, and stand still while they should."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from vaurien_core.engine.player import RAMP_STEP_S, Player
from vaurien_core.errors import UsageError
from vaurien_core.model.profile import Phase, PhaseChange, ProxySpec, Rule, Scenario


class Call:
    def __init__(self, t: float, callback: Callable[[], None]) -> None:
        self.t, self.callback, self.cancelled = t, callback, False

    def cancel(self) -> None:
        self.cancelled = True

    def __lt__(self, other: Call) -> bool:
        return self.t < other.t


class Stage:
    """Time that a test moves, and what the player tells."""

    def __init__(self) -> None:
        self.t = 100.0
        self.count = 0
        self.told: list[tuple[float, str, bool]] = []
        self.stopped = False
        self._calls: list[Call] = []
        self.player = Player(self)

    def now(self) -> float:
        return self.t

    def call_at(self, t: float, callback: Callable[[], None]) -> Call:
        call = Call(t, callback)
        heapq.heappush(self._calls, call)
        return call

    def exchanges(self) -> int:
        return self.count

    def moved(self, text: str, *, fresh: bool) -> None:
        self.told.append((round(self.t, 6), text, fresh))

    def ended(self) -> None:
        self.stopped = True

    def wait(self, seconds: float) -> None:
        end = self.t + seconds
        while self._calls and self._calls[0].t <= end:
            call = heapq.heappop(self._calls)
            if not call.cancelled:
                self.t = max(self.t, call.t)
                call.callback()
        self.t = end

    @property
    def phases(self) -> list[tuple[float, str]]:
        return [(t, text) for t, text, _ in self.told if text]

    @property
    def waits(self) -> bool:
        return any(not call.cancelled for call in self._calls)


@pytest.fixture
def stage() -> Stage:
    return Stage()


CALM = Phase("calm", 10)
OUTAGE = Phase("outage", 5, changes=(PhaseChange(mix=(Rule("error", Decimal(40)),)),))
WEB = ProxySpec("web", mix=(Rule("delay", Decimal(20)),))


def scenario(**changes: Any) -> Scenario:
    given: dict[str, Any] = {"phases": ("calm", "outage"), "defined": (CALM, OUTAGE), **changes}
    return Scenario(**given)


def test_phases_begin_when_they_are_due(stage: Stage) -> None:
    stage.player.load(scenario(repeat=2))
    assert stage.player.spec(WEB) == WEB
    stage.player.launch()
    stage.wait(40)
    assert stage.phases == [
        (100, "phase calm (1 of 2, round 1)"),
        (110, "phase outage (2 of 2, round 1)"),
        (115, "phase calm (1 of 2, round 2)"),
        (125, "phase outage (2 of 2, round 2)"),
        (130, "the scenario is over"),
    ]
    assert all(fresh for _, text, fresh in stage.told if text.startswith("phase"))
    assert stage.player.spec(WEB).weight("error") == 40
    assert not stage.stopped
    assert not stage.waits


def test_one_that_ends_with_stop_says_so(stage: Stage) -> None:
    stage.player.load(scenario(end="stop"))
    stage.player.launch()
    stage.wait(14.9)
    assert not stage.stopped
    stage.wait(0.2)
    assert stage.stopped


def test_the_first_exchange_starts_the_clock_and_the_first_phase_is_in_force_before(stage: Stage) -> None:
    stage.player.load(scenario(phases=("outage", "calm"), start="first-exchange"))
    stage.player.launch()
    stage.wait(50)
    assert stage.told == [(100, "", True)], "it is in force before the clock runs, and what comes then is in it"
    assert stage.player.phase == "outage"
    assert stage.player.spec(WEB).weight("error") == 40
    assert stage.player.state is not None
    assert (stage.player.state.waiting, stage.player.state.paused) == ("first-exchange", True)
    stage.count = 1
    stage.wait(20)
    assert [round(t - 150, 1) for t, _ in stage.phases] == [0, 5, 15]


def test_the_api_starts_it(stage: Stage) -> None:
    stage.player.load(scenario(start="api"))
    stage.player.launch()
    stage.wait(50)
    assert (stage.phases, stage.player.phase) == ([], "")
    stage.player.act("play")
    stage.wait(11)
    assert [t for t, _ in stage.phases] == [150, 160]


def test_the_clock_stands_still_while_paused_and_while_all_normal_holds(stage: Stage) -> None:
    stage.player.load(scenario())
    stage.player.launch()
    stage.wait(4)
    stage.player.act("pause")
    stage.wait(100)
    stage.player.hold(True)
    stage.player.act("play")
    stage.wait(100)
    assert stage.player.state is not None
    assert stage.player.state.paused
    assert stage.player.state.ends == pytest.approx(stage.t + 6)
    stage.player.hold(False)
    stage.wait(6)
    assert [t for t, _ in stage.phases] == [100, 310]


def test_a_phase_is_skipped_repeated_and_jumped_to(stage: Stage) -> None:
    stage.player.load(scenario(phases=("calm", "held", "outage")))
    stage.player.launch()
    stage.wait(1)
    stage.player.act("skip")
    stage.wait(1000)
    assert stage.player.phase == "held"
    stage.player.act("jump", "calm")
    assert stage.player.phase == "calm"
    stage.wait(10)
    stage.player.act("skip")
    assert stage.player.phase == "outage"
    stage.player.act("skip")
    assert stage.phases[-1][1] == "the scenario is over"
    told = len(stage.told)
    stage.player.act("skip")
    assert len(stage.told) == told
    stage.player.act("restart")
    assert (stage.player.phase, stage.player.state.over if stage.player.state else None) == ("calm", False)


def test_a_ramp_moves_in_small_steps_and_ends_exactly(stage: Stage) -> None:
    ramp = Phase("outage", 5, ramp_s=1, changes=OUTAGE.changes)
    stage.player.load(scenario(defined=(CALM, ramp)))
    stage.player.launch()
    stage.wait(10.5)
    assert stage.player.spec(WEB).weight("error") == 20
    assert stage.player.spec(WEB).weight("delay") == 10
    stage.wait(0.6)
    moves = [t for t, text, fresh in stage.told if not text and not fresh]
    assert len(moves) == pytest.approx(1 / RAMP_STEP_S, abs=2)
    assert stage.player.spec(WEB).mix == OUTAGE.changes[0].mix
    assert moves[-1] >= 111
    told = len(stage.told)
    stage.wait(3)
    assert len(stage.told) == told


def test_stopping_gives_the_profiles_own_mixes_back(stage: Stage) -> None:
    stage.player.load(scenario(phases=("outage",)))
    stage.player.launch()
    stage.player.halt()
    assert stage.player.spec(WEB) == WEB
    assert stage.told[-1] == (100, "", True)
    stage.player.launch()
    assert stage.player.phase == "outage"


def test_edits_take_effect_where_it_stands_and_it_begins_anew_without_the_phase_that_played(stage: Stage) -> None:
    stage.player.load(scenario())
    stage.player.launch()
    stage.wait(4)
    stage.player.load(scenario(defined=(Phase("calm", 6), OUTAGE)))
    stage.wait(2)
    assert stage.phases[-1] == (106, "phase outage (2 of 2)")
    told = len(stage.phases)
    stage.player.load(scenario(phases=("outage", "calm")))
    assert len(stage.phases) == told, "the phase that plays goes on, at its new place"
    stage.wait(5)
    assert stage.phases[-1] == (111, "phase calm (2 of 2)")
    stage.player.load(scenario(phases=("outage",)))
    assert stage.phases[-1] == (111, "phase outage (1 of 1)"), "the phase that played is gone"
    stage.player.load(None)
    assert stage.player.state is None
    assert not stage.waits


def test_what_is_not_there_is_refused_in_a_sentence(stage: Stage) -> None:
    with pytest.raises(UsageError, match=r"The profile has no scenario\."):
        stage.player.act("play")
    stage.player.load(scenario())
    with pytest.raises(UsageError, match='unknown phase "outrage", did you mean "outage"'):
        stage.player.act("jump", "outrage")
    with pytest.raises(UsageError, match='unknown action "pley", did you mean "play"'):
        stage.player.act("pley")
