"""A window on which nothing is counted is drawn once a second; what is counted or done is shown at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from vaurien_core.model.events import ProxySample
from vaurien_gui.resting import PATIENCE_S, Resting

if TYPE_CHECKING:
    from vaurien_gui.session import Session

RATE = 5


def _drawn(resting: Resting, frames: int) -> int:
    return sum(not resting.skips(RATE) for _ in range(frames))


def test_it_rests_after_a_while_and_wakes_with_the_next_count() -> None:
    last = SimpleNamespace(proxies=(ProxySample("web", exchanges=1),))
    session = SimpleNamespace(last=last, state=None)
    resting = Resting(cast("Session", session))
    assert _drawn(resting, PATIENCE_S * RATE) == PATIENCE_S * RATE
    assert _drawn(resting, 10 * RATE) in (10, 11)
    last.proxies = (ProxySample("web", exchanges=2),)
    assert not resting.skips(RATE)
    assert _drawn(resting, RATE) == RATE


def test_a_scenario_that_plays_keeps_it_awake() -> None:
    session = SimpleNamespace(last=None, state=SimpleNamespace(scenario=object()))
    resting = Resting(cast("Session", session))
    assert _drawn(resting, 100) == 100
