"""What is done to the proxy while it carries traffic: none of it alters a byte. And a count of lanes and shortcuts."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from tests.proxy.lab import Lab, named
from tests.proxy.mixes.talk import NARROW
from tests.proxy.toxics.bench import toxic
from vaurien_core.model.profile import BehaviorSpec, Rule
from vaurien_core.options import values_of
from vaurien_core.proxy import sockets
from vaurien_core.proxy.lane import Lane
from vaurien_core.proxy.shortcut import Shortcut

BEHAVIORS = (
    BehaviorSpec("delay", "", values_of({"sleep": 0.002})),
    BehaviorSpec("behind", "delay", values_of({"sleep": 0.002, "before": False})),
    BehaviorSpec("third", "delay", values_of({"sleep": 0.001, "every": 3, "skip": 1})),
    BehaviorSpec("twice", "delay", values_of({"sleep": 0.003, "times": 2})),
    BehaviorSpec("labelled", "delay", values_of({"sleep": 0.001, "match": "*1*"})),
    BehaviorSpec("headed", "delay", values_of({"sleep": 0.001, "header": "Content-Length"})),
    BehaviorSpec("dialled", "delay", values_of({"sleep": 0.003, "at": "connect"})),
)
TOXICS: tuple[Callable[[str], Any], ...] = (
    lambda stream: toxic("latency", stream, latency=2.0, jitter=1.0),
    lambda stream: toxic("bandwidth", stream, rate=30_000.0),
    lambda stream: toxic("slicer", stream, average_size=8_000, size_variation=1_000),
    lambda stream: toxic("noop", stream),
    lambda stream: toxic("latency", stream, latency=1.0, toxicity=0.5),
)


def _mix(it: Lab, dice: random.Random) -> None:
    names = dice.sample((*(spec.name for spec in BEHAVIORS), "dummy"), dice.randrange(5))
    rules = tuple(Rule(name, Decimal(dice.choice((5, 15, 25)))) for name in names)
    it.server.use(replace(it.server.spec, mix=rules))


def _toxics(it: Lab, dice: random.Random) -> None:
    chosen = dice.sample(TOXICS, dice.randrange(1, 3))
    made = [make(dice.choice(("upstream", "downstream", "both"))) for make in chosen]
    named_apart = tuple(replace(one, name=f"{one.kind}{n}") for n, one in enumerate(made))
    it.server.use(replace(it.server.spec, toxics=named_apart))


def _override(it: Lab, dice: random.Random) -> None:
    it.server.set_override(dice.choice((named("dummy"), named("delay", sleep=0.001), dice.choice(BEHAVIORS))))


def quiet(it: Lab) -> None:
    """Nothing acts any more."""
    it.server.set_override(None)
    it.server.set_normal(False)
    it.server.use(replace(it.server.spec, mix=(), toxics=()))


CHANGES: tuple[Callable[[Lab, random.Random], object], ...] = (
    _mix,
    _toxics,
    _override,
    lambda it, dice: it.server.set_override(None),
    lambda it, dice: it.server.set_normal(dice.random() < 0.5),
    lambda it, dice: it.server.release(),
    lambda it, dice: it.server.count_anew(),
    lambda it, dice: quiet(it),
)


async def change(it: Lab, dice: random.Random) -> None:
    """One thing after the other, with quiet times between, until cancelled."""
    while True:
        for _ in range(dice.randrange(4)):
            dice.choice(CHANGES)(it, dice)
            await asyncio.sleep(dice.random() * 0.015)
        quiet(it)
        await asyncio.sleep(dice.random() * 0.03)


@dataclass
class Count:
    """How often a fast path was left that had been entered.

    Attributes:
        lanes: express lanes.
        loaded: those of them that still had bytes to send then.
        shortcuts: of framed connections.
    """

    lanes: int = 0
    loaded: int = 0
    shortcuts: int = 0


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Counts lanes and shortcuts; some of the proxy's sockets take little at once."""
    count, dice = Count(), random.Random(1)
    leave_lane, leave_shortcut = Lane.leave, Shortcut.leave

    def lane_left(self: Lane, *args: Any, **kwargs: Any) -> None:
        if self.conn.lane is self:
            count.lanes += 1
            count.loaded += any(way.kept is not None or way.inside for way in self._ways)
        leave_lane(self, *args, **kwargs)

    def shortcut_left(self: Shortcut) -> None:
        count.shortcuts += self.taken
        leave_shortcut(self)

    tune = sockets.tune

    def narrow(sock: socket.socket) -> None:
        tune(sock)
        if dice.random() < 0.5:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, NARROW)

    monkeypatch.setattr(sockets, "tune", narrow)
    monkeypatch.setattr(Lane, "leave", lane_left)
    monkeypatch.setattr(Shortcut, "leave", shortcut_left)
    return count
