"""Samples: all counters at one moment, ten times a second while somebody listens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from vaurien_core.clock import Clock
from vaurien_core.model.events import ProxySample, Sample

INTERVAL_S = 0.1


def take(clock: Clock, started: float, proxies: Iterable[ProxySample]) -> Sample:
    """A sample of now; `started` is the engine's start by the same clock."""
    return Sample(clock.now() - started, clock.wall(), tuple(proxies), time.process_time())


class Sampler:
    """Calls `tick` every 100 ms until it answers False. Owned by the engine, lives on its loop.

    Late ticks are not made up for: the next one is due at the next multiple.
    """

    def __init__(self, tick: Callable[[], bool]) -> None:
        self._tick = tick
        self._handle: asyncio.TimerHandle | None = None
        self._due = 0.0

    @property
    def running(self) -> bool:
        """Whether a tick is due."""
        return self._handle is not None

    def start(self) -> None:
        """Begin; does nothing while running."""
        if self._handle is None:
            loop = asyncio.get_running_loop()
            self._due = loop.time() + INTERVAL_S
            self._handle = loop.call_later(INTERVAL_S, self._fire, loop)

    def stop(self) -> None:
        """End; idempotent."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _fire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._handle = None
        if not self._tick():
            return
        now = loop.time()
        self._due += INTERVAL_S
        if self._due <= now:
            self._due = now + INTERVAL_S
        if self._handle is None:
            self._handle = loop.call_later(self._due - now, self._fire, loop)
