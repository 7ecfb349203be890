"""What is mounted on one connection: a chain per stream that has toxics, and what they have done to the connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vaurien_core.proxy.toxics.active import ActiveToxic
from vaurien_core.proxy.toxics.chain import Chain

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection
    from vaurien_core.proxy.link import Link


class Mounted:
    """Made when the first toxic meets a connection; owned by it.

    Attributes:
        altered: bytes were lost or changed, now or by a toxic that has gone: the streams can't be trusted.
    """

    __slots__ = ("_conn", "_failed", "altered")

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.altered = self._failed = False

    def use(self, toxics: Sequence[ActiveToxic]) -> None:
        """Mount these in the place of those that are mounted; what waited for one that has gone leaves now."""
        conn = self._conn
        lost = False
        for link, upstream in ((conn.up, True), (conn.down, False)):
            wanted = wanted_of(conn, toxics, upstream=upstream)
            chain = link.stage
            if chain is None and not wanted:
                continue
            if chain is None:
                chain = Chain(self, conn, link, upstream=upstream)
                link.stage_behind(chain)
            lost = any(mount.lost for mount in chain.use(wanted)) or lost
        if lost and not conn.endings.over:
            conn.endings.close_both("closed")
            return
        for link in (conn.up, conn.down):
            link.pump()
            link.throttle()

    def suspend(self) -> None:
        """What only waited leaves now, also what a mix has drawn."""
        for turn in self._conn.turns:
            turn.released = turn.released or turn.up_mount is not None or turn.down_mount is not None
            turn.up_mount = turn.down_mount = None
        for link in (self._conn.up, self._conn.down):
            if link.stage is not None:
                link.stage.suspend()

    def chain(self, *, upstream: bool) -> Chain:
        """The chain of a stream; an empty one where nothing is mounted."""
        link = self._conn.up if upstream else self._conn.down
        if link.stage is None:
            link.stage_behind(Chain(self, self._conn, link, upstream=upstream))
        assert link.stage is not None
        return link.stage

    def spent(self, link: Link) -> None:
        """Nothing is mounted on a stream any more and nothing waits there: the link sends by itself again."""
        link.stage = None

    def fail(self) -> None:
        """A toxic has made this connection fail; counted once."""
        self.altered = True
        if not self._failed:
            self._failed = True
            self._conn.server.counters.errors_injected += 1

    def end_hidden(self) -> None:
        """An end was not passed on: with both peers gone there is nobody left to be faulty for."""
        conn = self._conn
        down = conn.down.stage
        client_gone = conn.client is None or conn.client_eof
        backend_gone = conn.backend_eof or (down is not None and down.end_seen)
        if client_gone and backend_gone and not conn.endings.over:
            server = conn.server
            server.timers.call_at(server.clock.now(), lambda: conn.endings.close_both("client left"))

    def hides_loss_of(self, side: str) -> bool:
        """A side (`client`, `backend`) was reset: whether the other must not learn it, and lives on."""
        conn = self._conn
        link = conn.up if side == "client" else conn.down
        if link.stage is None or not link.stage.hides_end:
            return False
        link.stage.end_seen = True
        if side == "client":
            conn.up.source = None
            conn.down.kill()
        self.end_hidden()
        return True


def wanted_of(conn: Connection, toxics: Sequence[ActiveToxic], *, upstream: bool) -> list[ActiveToxic]:
    """Those that meet a stream, in their order."""
    server = conn.server
    return [t for t in toxics if t.meets(server.seed, server.spec.name, conn.number, upstream=upstream)]
