"""One direction of a connection: from a port that is read to a port that is written, through an outbox.

Bytes that may leave now and meet an empty outbox go straight to the port; so an untouched exchange costs one call.
Reading stops while the receiver doesn't take what is sent, while the outbox is at its bound, and while the engine's
budget is used up. Where toxics are mounted, their chain stands between this outbox and the port (`stage`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from vaurien_core.clock import Clock
from vaurien_core.proxy.outbox import Budget, Item, Mark, Note, Outbox
from vaurien_core.proxy.port import Port
from vaurien_core.proxy.seams import TimerHandle, Timers

if TYPE_CHECKING:
    from vaurien_core.proxy.toxics.chain import Chain
    from vaurien_core.proxy.toxics.drawn import DrawnMount


class Bounds(Protocol):
    """Whoever has the links says how much may wait in them; an object for both, as every idle connection has it."""

    def limit(self) -> int:
        """Bytes that may wait per direction."""
        ...

    def crowded(self) -> bool:
        """No more requests are to be read, whatever waits."""
        ...


class Link:
    """One direction; lives as long as its connection. `source` and `sink` come and go with the dial."""

    __slots__ = (
        "_armed",
        "_bounds",
        "_budget",
        "_clock",
        "_pumping",
        "_timer",
        "_timers",
        "asks",
        "dead",
        "eases",
        "outbox",
        "sink",
        "source",
        "stage",
    )

    def __init__(self, clock: Clock, timers: Timers, budget: Budget, bounds: Bounds) -> None:
        self._clock, self._timers, self._budget, self._bounds = clock, timers, budget, bounds
        self.outbox = Outbox(budget)
        self.source: Port | None = None
        self.sink: Port | None = None
        self.stage: Chain | None = None
        """The toxics that are mounted on this direction, if any."""
        self.dead = False
        self.asks = False
        """What it reads are requests: they may be too many."""
        self.eases: Link | None = None
        """The other direction, where that stops reading for what waits here."""
        self._timer: TimerHandle | None = None
        self._armed = math.inf
        self._pumping = False

    def put(self, data: bytes, due: float = 0.0, note: Note | None = None, through: DrawnMount | None = None) -> None:
        """Send bytes at `due` (seconds of the clock; 0: now, infinity: held), behind those that wait.

        Where they go `through` a fault of their own, the stream must have its `stage`.
        """
        if self.dead or not data:
            return
        sink = self.sink
        if self.stage is not None:
            if not self.outbox and due <= self._clock.now():
                self.stage.feed(data, note, through)
                return
        elif sink is not None and not self.outbox and not sink.backlog:
            now = self._clock.now() if due or note is not None else 0.0
            if due <= now:
                sink.send(data)
                if note is not None:
                    note(now, due)
                return
        self.outbox.put(data, due, note, through)
        if not self._pumping:
            self._arm()

    def mark(self, call: Mark, due: float = 0.0, *, ends: bool = False) -> None:
        """Call when everything before it has left; `ends`: it tells the receiver that nothing follows."""
        if not self.dead:
            self.outbox.put_mark(call, due, ends=ends)
            if not self._pumping:
                self.pump()

    def pump(self) -> None:
        """Send what is due, as far as the port takes it."""
        if self._pumping:
            return
        self._pumping = True
        outbox = self.outbox
        try:
            while outbox and (self.stage is not None or (self.sink is not None and not self.sink.backlog)):
                now = self._clock.now()
                if outbox.next_due > now:
                    break
                item = outbox.pop()
                if self.stage is not None:
                    self._stage(self.stage, item)
                elif item.mark is not None:
                    item.mark()
                elif self.sink is not None:
                    self.sink.send(item.data)
                    if item.note is not None:
                        item.note(now, item.due)
        finally:
            self._pumping = False
        if self.stage is not None:
            self.stage.pump()
        self._arm()
        self.relieved()

    @staticmethod
    def _stage(stage: Chain, item: Item) -> None:
        if item.mark is not None:
            stage.mark(item.mark, ends=item.ends)
        else:
            stage.feed(item.data, item.note, item.through)

    def stage_behind(self, stage: Chain) -> None:
        """Let toxics stand between the outbox and the port; what was due already leaves without meeting them."""
        now = self._clock.now()
        while self.outbox and self.outbox.next_due <= now:
            stage.adopt(self.outbox.pop())
        self.stage = stage

    @property
    def overfull(self) -> bool:
        """Whether what waits has reached its bound."""
        stage = self.stage
        if stage is None:
            size = self.outbox.size
            return size > 0 and size >= self._bounds.limit()
        return self.outbox.size + stage.departures.size >= stage.limit(self._bounds.limit())

    def release(self) -> None:
        """What waits may leave now."""
        self.outbox.release()
        self.pump()

    def throttle(self) -> None:
        """Read on, or stop reading, as the bounds say."""
        source = self.source
        if source is None:
            return
        sink, size = self.sink, self.outbox.size
        if self.dead or not (size or self.stage is not None):
            full = sink is not None and sink.backlog > 0
        else:
            full = self._full(size) or self._budget.full
            if full and self._budget.full:
                self._budget.wait(self, self.throttle)
        if full or (self.asks and self._bounds.crowded()):
            source.pause()
        else:
            source.resume()

    def _full(self, size: int) -> bool:
        stage = self.stage
        if stage is not None:
            return stage.full(size + stage.departures.size, self._bounds.limit())
        return size >= self._bounds.limit() or (self.sink is not None and self.sink.backlog > 0)

    def relieved(self) -> None:
        """Less waits than before: read on, here and where this was waited for."""
        self.throttle()
        if self.eases is not None:
            self.eases.throttle()

    def kill(self) -> None:
        """Nobody receives any more: drop what waits and what comes."""
        self.dead = True
        self.sink = None
        if self.stage is not None:
            self.stage.kill()
        self.outbox.clear()
        self._budget.forget(self)
        self._disarm()

    def _arm(self) -> None:
        due = self.outbox.next_due
        blocked = self.stage is None and (self.sink is None or self.sink.backlog)
        if due == math.inf or blocked:
            self._disarm()
        elif self._timer is None or due != self._armed:
            self._disarm()
            self._armed = due
            self._timer = self._timers.call_at(due, self._due)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer = None
        self.pump()
