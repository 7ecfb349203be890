"""The toxics of one stream of one connection, in their order, and the bytes that wait behind them.

It stands between a `Link` and its port, and only while something is mounted there: what the link would have sent, it
feeds in here. Owned by the connection's `Mounted`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vaurien_core.proxy import entries
from vaurien_core.proxy.outbox import HOLD, TIME_LIMIT, Item, Mark, Note
from vaurien_core.proxy.seams import TimerHandle
from vaurien_core.proxy.toxics.active import ActiveToxic
from vaurien_core.proxy.toxics.departures import Departures, Shares
from vaurien_core.proxy.toxics.larder import Larder, Meal
from vaurien_core.proxy.toxics.mount import Mount
from vaurien_core.proxy.toxics.sieve import Sieve

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection
    from vaurien_core.proxy.link import Link
    from vaurien_core.proxy.toxics.mounted import Mounted

AT_ONCE = 2048
"""Pieces that leave before other connections have their turn."""


class Chain:
    """See the module.

    Attributes:
        adds_time: more may wait here than usual, as waiting is all that happens to it.
        end_seen: the stream has ended, whether or not the end was passed on.
    """

    __slots__ = (
        "_armed", "_conn", "_larder", "_link", "_mounted", "_mounts", "_note", "_pumping", "_relief", "_sieve",
        "_staying", "_timer", "adds_time", "clock", "connection", "departures", "end_seen", "server", "timers",
        "upstream",
    )  # fmt: skip

    def __init__(self, mounted: Mounted, conn: Connection, link: Link, *, upstream: bool) -> None:
        self._mounted, self._conn, self._link, self.upstream = mounted, conn, link, upstream
        self.server = conn.server
        self.clock, self.timers, self.connection = self.server.clock, self.server.timers, conn.number
        self.departures = Departures(self.server.budget)
        self._larder = Larder(self)
        self._mounts: list[Mount] = []
        self._staying: list[Mount] = []
        """Those that a mix has drawn for the rest of the connection, behind the others."""
        self.adds_time = self.end_seen = self._pumping = False
        self._note: Note | None = None
        self._timer: TimerHandle | None = None
        self._armed = HOLD
        self._relief: TimerHandle | None = None
        self._sieve: Sieve | None = None

    # -- what is mounted

    def use(self, wanted: Sequence[ActiveToxic]) -> list[Mount]:
        """Mount these, in this order; those that are mounted already stay, by name.

        Returns:
            Those that are not mounted any more.
        """
        before = {mount.name: mount for mount in self._mounts if mount not in self._staying}
        mounts: list[Mount] = []
        fresh: list[Mount] = []
        let_go: set[object] = set()
        changed: list[tuple[Mount, ActiveToxic]] = []
        for active in wanted:
            mount = before.get(active.name)
            if mount is None or type(mount.behavior) is not type(active.behavior):
                mount = Mount(self, active.name, active.behavior, active.options)
                number, name = self._conn.number, self.server.spec.name
                mount.drawn = active.drawn(self.server.seed, name, number, upstream=self.upstream)
                fresh.append(mount)
            else:
                del before[active.name]
                if mount.behavior is not active.behavior:
                    changed.append((mount, active))
                    let_go.add(mount)
            mount.toxicity = active.spec.toxicity
            mounts.append(mount)
        for mount in before.values():
            mount.forget_calls()
            let_go.add(mount)
        self._mounts = [*mounts, *self._staying]
        self.departures.merges = not any(m.toxic.cuts for m in mounts)
        self.adds_time = any(m.behavior.adds_time for m in mounts)
        if let_go:
            self.departures.take_off(let_go)
            for mount in mounts:
                mount.rebase(self.departures.leaves(mount))
        for mount, active in changed:
            mount.update(active.behavior, active.options)
        for mount in fresh:
            mount.toxic.started()
        self._larder.serve(self._mounts)
        self.sieve()
        self.pump()
        return list(before.values())

    def stay(self, mount: Mount) -> None:
        """Mount it for as long as the connection lives."""
        self._staying.append(mount)
        self._mounts.append(mount)
        self._larder.serve(self._mounts)
        self.sieve()

    def sieve(self) -> None:
        """Let the kernel drop what the toxics want dropped of what the sender says: each its share of the rest.

        Called again when there is another sender.
        """
        share = 1 - math.prod(1 - mount.toxic.drops for mount in self._mounts)
        if self._sieve is None:
            if not share:
                return
            self._sieve = Sieve()
        try:
            self._sieve.use(self._link.source, share)
        except OSError as error:
            stream = "upstream" if self.upstream else "downstream"
            self.server.tell_once(f"loss {stream}", f"The kernel drops nothing {stream}: {error.strerror or error}.")

    def unsieve(self) -> None:
        """Drop no more, as the port is about to be closed: its last words must not be repeated for long."""
        if self._sieve is not None:
            self._sieve.end()

    def lost_segments(self) -> int:
        """What the kernel has dropped of what the sender says."""
        return self._sieve.lost() if self._sieve is not None else 0

    def suspend(self) -> None:
        """Nothing waits any more for what toxics have added to its time."""
        self.departures.release()
        for meal in self._larder.empty():
            if meal.mark is not None:
                self.departures.put_mark(meal.mark, 0.0, {})
            else:
                self.departures.put(meal.data, 0.0, {}, meal.note)
        self.pump()

    @property
    def idle(self) -> bool:
        """Whether nothing is mounted and nothing waits: it can be taken out."""
        return not self._mounts and not self.departures and not self._larder

    @property
    def hides_end(self) -> bool:
        """Whether the receiver is not to learn that the sender has gone."""
        return any(mount.toxic.hides_end for mount in self._mounts)

    # -- what the link says

    def feed(self, data: bytes, note: Note | None = None, first: Mount | None = None) -> None:
        """Bytes that may leave as far as their exchange is concerned.

        Args:
            data: the bytes.
            note: called when the first of what becomes of them leaves; never, if nothing does.
            first: a fault of their exchange alone, met before the others.
        """
        meal = Meal(self.clock.now(), data, note, first)
        if not self._larder.keep(meal):
            self.take(meal)
            self._arm()

    def mark(self, call: Mark, *, ends: bool) -> None:
        """Call when everything before it has left; `ends`: it tells the peer that nothing follows."""
        meal = Meal(self.clock.now(), mark=call, ends=ends)
        self.end_seen = self.end_seen or ends
        if not self._larder.keep(meal):
            self.take(meal)
            self.pump()

    def take(self, meal: Meal) -> None:
        """Let it meet the toxics."""
        at = meal.at
        if meal.mark is not None:
            if meal.ends:
                self._enter_end(0, meal.mark, at, at, {})
            else:
                self.departures.put_mark(meal.mark, at, {})
            return
        self._note = meal.note
        if meal.first is not None:
            meal.first.enter(meal.data, at, at, {})
        else:
            self._enter(0, meal.data, at, at, {})
        self._note = None

    def adopt(self, item: Item) -> None:
        """Something that was due before anything was mounted."""
        if item.mark is not None:
            self.departures.put_mark(item.mark, 0.0, {})
        else:
            self.departures.put(item.data, 0.0, {}, item.note)

    def pump(self) -> None:
        """Send what is due, as far as the port takes it."""
        if self._pumping:
            return
        self._pumping = True
        departures, link, count = self.departures, self._link, 0
        try:
            while departures and link.sink is not None and not link.sink.backlog:
                now = self.clock.now()
                if departures.next_due > now or count == AT_ONCE:
                    break
                count += 1
                parcel = departures.pop()
                if parcel.mark is not None:
                    parcel.mark()
                    continue
                link.sink.send(parcel.data)
                if parcel.note is not None:
                    parcel.note(now, parcel.due)
        finally:
            self._pumping = False
        self._arm()
        self._larder.hurry()
        if self.idle and not link.dead:
            self._mounted.spent(link)

    def limit(self, usual: int) -> int:
        """Bytes that may wait."""
        return self.server.spec.buffer_limit or TIME_LIMIT if self.adds_time else usual

    def full(self, size: int, limit: int) -> bool:
        """Whether no more is to be read; `size` bytes wait in all."""
        blocked = self._link.sink is not None and self._link.sink.backlog > 0
        if self._larder or (blocked and not self.adds_time) or size >= self.limit(limit):
            return True
        relief = max((m.toxic.relief() for m in self._mounts), default=0.0)
        if relief > 0 and relief != HOLD and self._relief is None:
            self._relief = self.timers.call_at(self.clock.now() + relief, self._relieved)
        return relief > 0

    def kill(self) -> None:
        """Nobody receives any more."""
        self._disarm()
        self.unsieve()
        if self._relief is not None:
            self._relief.cancel()
            self._relief = None
        for mount in self._mounts:
            mount.forget_calls()
        self._larder.close()
        self.departures.clear()

    @property
    def roomy(self) -> bool:
        """Whether more may be made to wait than waits."""
        waiting, sink = self.departures.size - self._larder.size, self._link.sink
        blocked = sink is None or sink.backlog > 0
        return waiting < self.limit(self.server.buffer_limit) and (self.adds_time or not (blocked and waiting))

    def emptied(self) -> None:
        """The larder is empty: more can be read."""
        self._link.relieved()

    # -- what mounts say

    def go_on(self, mount: Mount, data: bytes, base: float, arrival: float, shares: Shares) -> None:
        """Bytes come out of a toxic."""
        self._enter(self._behind(mount), data, base, arrival, shares)
        if not self._pumping and self._note is None:
            self._arm()

    def end_on(self, mount: Mount, mark: Mark, base: float, arrival: float, shares: Shares) -> None:
        """An end comes out of a toxic."""
        self._enter_end(self._behind(mount), mark, base, arrival, shares)
        self.pump()

    def end_hidden(self) -> None:
        """A toxic has kept the end of the stream to itself."""
        self._mounted.end_hidden()

    def crashed(self, mount: Mount, error: Exception) -> None:
        """A toxic (of a plugin) failed on bytes, which pass."""
        if not mount.crashed:
            mount.crashed = True
            self.server.notice(f"The toxic {mount.name} failed, its bytes pass: {error!r}", severity="error")

    def acted(self, mount: Mount) -> None:
        """A toxic touches this stream for the first time."""
        self.server.counters.toxic_acted(mount.name)
        self._journal(mount, "")

    def altered(self, mount: Mount) -> None:
        """The receiver doesn't get what was sent."""
        self._mounted.fail()

    def close(self, mount: Mount) -> None:
        """FIN to both sides, not from within a verb."""
        self._end_connection(mount, "closed")

    def reset(self, mount: Mount) -> None:
        """RST to both sides."""
        self._end_connection(mount, "reset")

    # -- inside

    def _behind(self, mount: Mount) -> int:
        return self._mounts.index(mount) + 1 if mount in self._mounts else 0

    def _enter(self, index: int, data: bytes, base: float, arrival: float, shares: Shares) -> None:
        if index < len(self._mounts):
            self._mounts[index].enter(data, base, arrival, shares)
            return
        note, self._note = self._note, None
        sink = self._link.sink
        if not shares and sink is not None and not self.departures and not sink.backlog:
            sink.send(data)
            if note is not None:
                note(base, 0.0)
        elif not self._link.dead:
            self.departures.put(data, base, shares, note)

    def _enter_end(self, index: int, mark: Mark, base: float, arrival: float, shares: Shares) -> None:
        if index < len(self._mounts):
            self._mounts[index].enter_end(mark, base, arrival, shares)
        elif not self._link.dead:
            self.departures.put_mark(mark, base, shares)

    def _end_connection(self, mount: Mount, outcome: str) -> None:
        def end() -> None:
            endings = self._conn.endings
            if endings.over:
                return
            self._journal(mount, outcome)
            if outcome == "reset":
                endings.reset_both(outcome)
            else:
                endings.close_both(outcome)

        self.timers.call_at(self.clock.now(), end)

    def _journal(self, mount: Mount, outcome: str) -> None:
        self.server.journal.add(**entries.toxic(self.server.spec.name, self._conn, mount, outcome))

    def _arm(self) -> None:
        due, sink = self.departures.next_due, self._link.sink
        if due == HOLD or sink is None or sink.backlog:
            self._disarm()
        elif self._timer is None or due != self._armed:
            self._disarm()
            self._armed = due
            self._timer = self.timers.call_at(due, self._due)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer = None
        self.pump()
        self._link.relieved()

    def _relieved(self) -> None:
        self._relief = None
        self._link.relieved()
