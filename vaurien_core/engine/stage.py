"""Where a scenario is played: what the player asks of the engine, and what its phases do to the proxies.

Owned by the local engine, lives on its loop.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from vaurien_core.clock import Clock
from vaurien_core.engine.journal import Journal
from vaurien_core.engine.loops import Tasks
from vaurien_core.engine.making import Maker
from vaurien_core.engine.player import Player
from vaurien_core.engine.reconcile import Fleet
from vaurien_core.model.profile import ProxySpec
from vaurien_core.proxy.seams import TimerHandle


class Stage:
    """Implements `player.Hooks`.

    Args:
        clock: of the engine.
        journal: told of every phase.
        maker: has the timers.
        fleet: the proxies.
        specs: every proxy as it is to be now.
        settle: makes the proxies be what is wanted now.
        stop: the scenario is over and stops the proxies.

    Attributes:
        player: keeps the scenario's clock.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        maker: Maker,
        fleet: Fleet,
        specs: Callable[[], Sequence[ProxySpec]],
        settle: Callable[[], Coroutine[Any, Any, None]],
        stop: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self._clock, self._journal, self._maker, self._fleet = clock, journal, maker, fleet
        self._specs, self._settle, self._stop = specs, settle, stop
        self._tasks = Tasks("scenario")
        self.player = Player(self)

    def now(self) -> float:
        """Seconds since the engine's start."""
        return self._clock.now() - self._journal.started

    def call_at(self, t: float, callback: Callable[[], None]) -> TimerHandle:
        """Call back, never early."""
        return self._maker.timers.call_at(t + self._journal.started, callback)

    def exchanges(self) -> int:
        """Of all proxies."""
        return self._fleet.exchanges

    def moved(self, text: str, *, fresh: bool) -> None:
        """Mixes and states have changed."""
        if text:
            self._journal.add(kind="change", text=text)
        self._fleet.enter(self.player.phase, self._specs(), fresh=fresh)
        self._tasks.spawn(self._settle(), "phase")

    def ended(self) -> None:
        """The proxies stop."""
        self._tasks.spawn(self._stop(), "end")

    async def aclose(self) -> None:
        """No phase begins any more."""
        self.player.close()
        await self._tasks.aclose()
