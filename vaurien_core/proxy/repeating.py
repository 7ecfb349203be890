"""A request that the backend gets twice: what was passed on of it is said once more, its second answer is dropped.

The framer is told the same bytes again, as though the client had repeated itself, so a session counts what its backend
really got. Owned by the `Requests` of a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaurien_core.protocols.base import Piece
from vaurien_core.proxy.outbox import LIMIT
from vaurien_core.proxy.turn import Flow, Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


class Repeats:
    """Copies of requests that are on their way, and those that are to be said again."""

    __slots__ = ("_conn", "_copies", "_due")

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._copies: dict[Turn, bytearray] = {}
        self._due: list[bytes] = []

    def begin(self, turn: Turn) -> None:
        """Copy what is passed on of this exchange."""
        self._copies[turn] = bytearray()

    def forget(self, turn: Turn) -> None:
        """Say it once only."""
        self._copies.pop(turn, None)

    def passed(self, turn: Turn, piece: Piece) -> None:
        """A piece of a request was passed on."""
        copy = self._copies.get(turn)
        if copy is None:
            return
        copy += piece.data
        if len(copy) > LIMIT:
            self.forget(turn)
            turn.note = {**(turn.note or {}), "repeated": "no: over 1 MiB"}
        elif piece.last:
            self.forget(turn)
            self._due.append(bytes(copy))

    def between_requests(self) -> None:
        """The client is between two requests: whatever is to be said again can be."""
        due, self._due = self._due, []
        for data in due:
            self._say(data)

    def _say(self, data: bytes) -> None:
        conn = self._conn
        for piece in conn.framer.upstream(data):
            exchange = piece.exchange
            if exchange is not None and (not conn.turns or conn.turns[-1].exchange is not exchange):
                conn.turns.append(_second(conn, Turn(exchange, conn.ordinal(exchange), conn.server.clock.now())))
            if exchange is not None and piece.last:
                conn.turns[-1].request_end = True
            conn.up.put(piece.data)


def _second(conn: Connection, turn: Turn) -> Turn:
    """Of an exchange that nobody counts, draws for or journals, and whose answer goes nowhere."""
    turn.scenario = conn.server.phase
    turn.acted = turn.reported = True
    turn.request_flow = turn.answer_flow = Flow.DROP
    return turn
