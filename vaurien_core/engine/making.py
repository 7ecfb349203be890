"""What makes the proxies of an engine, and what they share. Owned by the local engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from vaurien_core.clock import Clock
from vaurien_core.engine.journal import Journal
from vaurien_core.model.profile import ProxySpec
from vaurien_core.proxy.outbox import Budget
from vaurien_core.proxy.seams import Timers
from vaurien_core.proxy.server import ProxyServer
from vaurien_core.proxy.timers import timers_for
from vaurien_core.registry import Registry


class Maker:
    """Makes proxies on the running loop; their timers and buffers' budget are common to all.

    Attributes:
        seed: of the draws of every proxy that is made from now on.
    """

    def __init__(
        self, registry: Registry, clock: Clock, journal: Journal, seed: int, folder: Path | None = None
    ) -> None:
        self.seed, self._folder = seed, folder
        self._registry, self._clock, self._journal = registry, clock, journal
        self._budget = Budget()
        self._timers: Timers | None = None

    @property
    def timers(self) -> Timers:
        """Of the running loop."""
        if self._timers is None:
            self._timers = timers_for(asyncio.get_running_loop(), self._clock)
        return self._timers

    def make(self, spec: ProxySpec) -> ProxyServer:
        """A proxy that doesn't listen yet."""
        return ProxyServer(
            spec,
            registry=self._registry,
            seed=self.seed,
            journal=self._journal,
            timers=self.timers,
            clock=self._clock,
            budget=self._budget,
            started_at=self._journal.started,
            folder=self._folder,
        )

    def close(self) -> None:
        """End the timers; the proxies are closed by then."""
        if self._timers is not None:
            self._timers.close()
