"""A child engine that stands still: nothing is claimed about it, and what was asked of it is done once it goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from conftest import Troubles, wait_until
from test_session import WEIGHT, running

from tests.support.timing import soon_enough_async
from vaurien_core.engine import remote
from vaurien_core.engine.child import ChildEngine
from vaurien_core.registry import Registry
from vaurien_gui import engines
from vaurien_gui.models.shown import BandKind
from vaurien_gui.presenters.band import BandPresenter
from vaurien_gui.presenters.title import status_line, window_title
from vaurien_gui.session import Session

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGSTOP")


class Frozen:
    """A running session with a fault, its child's process, and every kind of band that was shown."""

    def __init__(self, session: Session, pid: int) -> None:
        self.session, self.pid, self.band = session, pid, BandPresenter(session)
        self.seen: list[BandKind] = []
        session.changed.connect(self._look)

    def _look(self) -> None:
        self.seen.append(self.band.state().kind)

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)
        self.seen.clear()

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls and the event stream give up sooner."""
    monkeypatch.setattr(remote, "SILENCE_S", 1.5)
    monkeypatch.setattr(remote, "CALL_WITHIN_S", 2.0)


@pytest.fixture
async def frozen(registry: Registry, troubles: Troubles) -> AsyncIterator[Frozen]:
    session = Session(
        engines.opener("child", registry), lambda error, where: troubles.append(f"{where}: {error!r}"),
        registry.catalogue(),
    )  # fmt: skip
    session.trouble.connect(lambda text, details: troubles.append(text))
    await running(session, ("delay", "8"))
    assert session.link is not None
    assert isinstance(session.link.engine, ChildEngine)
    await wait_until(lambda: session.last is not None)
    made = Frozen(session, session.link.engine.pid)
    yield made
    made.go_on()
    await session.aclose()


@pytest.mark.parametrize("busy_s", [0.0, 0.25], ids=["idle window", "stuttering window"])
async def test_the_band_is_red_within_a_second_of_the_freeze(frozen: Frozen, busy_s: float) -> None:
    async def attempt() -> float:
        await wait_until(lambda: not frozen.session.silent)
        frozen.stop()
        began = time.monotonic()
        try:
            while BandKind.FAILED not in frozen.seen:
                time.sleep(busy_s)
                await asyncio.sleep(0.01)
                assert time.monotonic() - began < 5
            took = time.monotonic() - began
            text = frozen.band.state().text
        finally:
            frozen.go_on()
        assert "unknown" in text
        assert status_line(frozen.session, frozen.band.state(), "light", 0.0).left[0] == "No answer from the engine"
        return took

    await soon_enough_async(attempt, 1.0, tries=3)


async def test_an_engine_that_is_heard_gives_no_alarm_however_the_window_stutters(frozen: Frozen) -> None:
    frozen.seen.clear()
    for stall_s in (0.3, 0.7, 0.9, 0.65, 0.3):
        time.sleep(stall_s)
        await asyncio.sleep(0.05)
    assert BandKind.FAILED not in frozen.seen


@pytest.mark.parametrize("freeze_s", [1.5, 3.5], ids=["a short freeze", "longer than calls wait"])
async def test_all_normal_pressed_meanwhile_is_not_claimed_and_carried_out_when_it_goes_on(
    impatient: None, frozen: Frozen, freeze_s: float
) -> None:
    session = frozen.session
    assert session.link is not None
    frozen.stop()
    session.all_normal()
    session.edit(WEIGHT, Decimal(9), "")
    began = time.monotonic()
    while time.monotonic() - began < freeze_s:
        await asyncio.sleep(0.02)
        assert frozen.band.state().kind not in (BandKind.NORMAL, BandKind.HELD)
        assert "ormal" not in window_title(session, frozen.band.state())
    assert frozen.band.state().kind is BandKind.FAILED
    assert not session.lost
    frozen.go_on()
    await wait_until(lambda: session.held)
    assert frozen.band.state().kind is BandKind.HELD
    await session.link.drained()
    engine = session.link.engine
    assert (await engine.state()).held

    async def weight() -> Decimal:
        return (await engine.profile()).profile.proxy("web").weight("delay")

    async with asyncio.timeout(5):
        while await weight() != 9:
            await asyncio.sleep(0.05)
