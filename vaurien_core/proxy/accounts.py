"""What one connection's exchanges come to: which are held, when their bytes left, how they ended.

Called by the lanes, the verbs and the endings of a connection, which owns it; tells the counters and the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaurien_core.proxy.outbox import HOLD
from vaurien_core.proxy.turn import Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


class Accounts:
    """See the module. Lives as long as its connection."""

    __slots__ = ("_conn",)

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def hold(self, turn: Turn) -> None:
        """Count an exchange as held."""
        if not turn.held:
            turn.held = True
            self._conn.held[turn] = None
            self._conn.server.counters.held += 1

    def unhold(self, turn: Turn) -> None:
        """It goes on."""
        if turn.held:
            turn.held = False
            self._conn.held.pop(turn, None)
            self._conn.server.counters.held -= 1

    def request_left(self, turn: Turn, left: float, planned: float) -> None:
        """The first byte of a delayed request was sent."""
        self._measured(turn, turn.began, left, planned)

    def answer_left(self, turn: Turn, arrived: float, left: float, planned: float) -> None:
        """The first byte of the final answer was sent."""
        counters = self._conn.server.counters
        (counters.latency_faulted if turn.acted else counters.latency).record(max(0.0, left - turn.began))
        if turn.answer_due_s is not None:
            self._measured(turn, arrived, left, planned)
        else:
            turn.marks -= 1
            self._report_if_over(turn)

    def drawn_left(self, turn: Turn, left: float) -> None:
        """The first byte of an answer that met a stream fault of its own was sent; if none is, nothing is told."""
        self._conn.server.counters.latency_faulted.record(max(0.0, left - turn.began))

    def script_left(self, turn: Turn) -> None:
        """The last step of a script, or of a part of one, was sent."""
        turn.marks -= 1
        turn.measured_s = self._conn.server.clock.now() - turn.script_began
        self._report_if_over(turn)

    def _report_if_over(self, turn: Turn) -> None:
        if turn.finished and not turn.marks:
            self.unhold(turn)
            self._conn.server.report(self._conn, turn)

    def _measured(self, turn: Turn, arrived: float, left: float, planned: float) -> None:
        turn.marks -= 1
        self.unhold(turn)
        turn.measured_s = left - arrived
        if planned > 0.0 and planned != HOLD and not turn.released:
            self._conn.server.counters.lateness.record(max(0.0, left - planned))
        if turn.finished:
            self._conn.server.report(self._conn, turn)

    def finish_turn(self, turn: Turn, outcome: str = "") -> None:
        """The exchange is over; it is journalled once everything of it has left."""
        if turn.finished:
            return
        turn.finished = True
        if turn.exchange.facts.get("secures") and turn.local is None:
            self._conn.down.mark(self._conn.tls.upgrade)
        if outcome:
            turn.outcome = outcome
        if turn.exchange.failed and not turn.acted:
            turn.bad = True
            self._conn.server.counters.errors_backend += 1
        if turn.task is not None:
            turn.task.cancel()
        if not turn.marks:
            self.unhold(turn)
            self._conn.server.report(self._conn, turn)

    def injected_outcome(self, turn: Turn) -> str:
        """What the journal calls an answer of ours: `503 injected`."""
        used = turn.note or {}
        what = used.get("error") or used.get("inject") or "answer"
        return f"{what} injected"
