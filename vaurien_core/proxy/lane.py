"""The express lane of a `tcp` connection on which nothing acts: bytes go from socket to socket, and are counted.

A connection enters it between two reads when nothing is held, due, queued or drawn on it; it leaves, with every
byte and count in place, before anything else may happen to it: another plan, a toxic, an end, an error, a stop. So all
that is not passing on bytes happens in one place, the connection. Bytes, exchanges and latencies are counted as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaurien_core.protocols.tcp import TcpFramer
from vaurien_core.proxy.clear import nothing_acts
from vaurien_core.proxy.pipes import Pipes
from vaurien_core.proxy.reactor_port import ReactorPort
from vaurien_core.proxy.turn import Flow
from vaurien_core.proxy.way import Way

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection

ENTER_AT = 16 * 1024
"""A read of so many bytes, or the second exchange, is worth a lane."""


def enter(conn: Connection, size: int) -> None:
    """Take the lane if it is worth it and nothing stands against it.

    Args:
        conn: it has just passed on what was read.
        size: bytes of that.
    """
    client, backend, framer = conn.client, conn.backend, conn.framer
    if (size < ENTER_AT and not conn.repeats) or type(framer) is not TcpFramer:
        return
    if type(client) is not ReactorPort or type(backend) is not ReactorPort:
        return
    if client.broken or backend.broken:  # it will be closed, and a lane could no longer say what it watches
        return
    if conn.server.plan.idle and nothing_acts(conn) and _passed(conn, answering=framer.position[1]):
        conn.lane = Lane(conn, client, backend, framer)


def _passed(conn: Connection, *, answering: bool) -> bool:
    """Whether the one exchange that is open, if any, is passed on untouched."""
    if len(conn.turns) > 1 or not (conn.turns or answering):
        return False
    for turn in conn.turns:
        flows = turn.request_flow is Flow.PASS and turn.answer_flow is Flow.PASS
        if (
            not flows
            or turn.rule
            or turn.acted
            or turn.held
            or turn.marks
            or turn.staged
            or turn.ending
            or turn.finished
        ):
            return False
    return True


class Lane:
    """See the module. Owned by its connection.

    Attributes:
        unheard: the client's first bytes still have to be looked at.
    """

    __slots__ = (
        "_answering",
        "_began",
        "_counters",
        "_down",
        "_framer",
        "_fresh",
        "_now",
        "_ordinal",
        "_up",
        "_ways",
        "conn",
        "pipes",
        "unheard",
    )

    def __init__(self, conn: Connection, client: ReactorPort, backend: ReactorPort, framer: TcpFramer) -> None:
        self.conn, self._framer = conn, framer
        self.pipes: Pipes = conn.server.pipes
        self.unheard = conn.unheard
        self._counters, self._now = conn.server.counters, conn.server.clock.now
        self._ordinal, self._answering = framer.position
        self._began = conn.turns[0].began if conn.turns else 0.0
        self._fresh = False
        self._up = self._down = 0
        client.lend()
        backend.lend()
        up = Way(self, client, backend, upstream=True)
        down = Way(self, backend, client, upstream=False)
        up.other, down.other = down, up
        self._ways = (up, down)
        up.watch()
        down.watch()

    def asked(self, size: int) -> None:
        """Bytes from the client: of the exchange that is open, or of one that begins."""
        if self._answering:
            self._answering = False
            self._fresh = True
            self._ordinal += 1
            self._counters.exchanges += 1
            self._began = self._now()
            self._up, self._down = size, 0
        else:
            self._up += size

    def answered(self, size: int) -> None:
        """Bytes from the backend were sent."""
        self._down += size
        if not self._answering:
            self._answering = True
            self._counters.latency.record(max(0.0, self._now() - self._began))

    def leave(self, broken: ReactorPort | None = None, error: OSError | None = None) -> None:
        """Give the sockets back to their ports, with what was not sent, and the exchange to the connection; idempotent.

        Args:
            broken: the port whose socket could not be read.
            error: why.
        """
        conn = self.conn
        if conn.lane is not self:
            return
        conn.lane = None
        for way in self._ways:
            way.unwatch()
        rests = [(way.sink, way.rest()) for way in self._ways]
        self._tell()
        for way in self._ways:
            way.source.take_back()
        for sink, rest in rests:
            if rest:
                sink.send(rest)
        conn.up.throttle()
        conn.down.throttle()
        if broken is not None and error is not None:
            broken.lose(error)

    def _tell(self) -> None:
        """Say where the exchanges stand."""
        conn = self.conn
        turn = conn.turns[0] if conn.turns else None
        if not self._fresh:
            self._framer.go_on(self._ordinal, answering=self._answering, fresh=False)
            if turn is not None:
                turn.up += self._up
                turn.down += self._down
                turn.first_answer = turn.first_answer or self._answering
            return
        exchange = self._framer.go_on(self._ordinal, answering=self._answering, fresh=True)
        if turn is not None:
            conn.turns.clear()
            conn.accounts.finish_turn(turn)
        conn.requests.resume(exchange, self._began, up=self._up, down=self._down, answering=self._answering)
