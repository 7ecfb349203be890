"""How a connection ends: FIN or RST, to one side or both, and what becomes of the exchanges that are open then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vaurien_core.proxy.port import Port
from vaurien_core.proxy.seams import TimerHandle, Timers
from vaurien_core.proxy.turn import Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection

LINGER_S = 2.0
"""How long a closed side is read on, so that the peer sees FIN and not a reset for what it still sent."""
DRAIN_S = 5.0
"""How long the backend's answer is awaited after the client was reset."""


class Lingering:
    """A port after our FIN: what comes is discarded until the peer closes too, at most 2 s. Owned by the server."""

    __slots__ = ("_done", "_port", "_timer")

    def __init__(self, port: Port, timers: Timers, now: float, done: Callable[[Lingering], None]) -> None:
        self._port, self._done = port, done
        self._timer: TimerHandle = timers.call_at(now + LINGER_S, self.close)

    def start(self) -> None:
        """Send FIN and discard."""
        self._port.shutdown_write()
        self._port.start(self)

    def received(self, data: bytes) -> None:
        """Nobody wants it."""

    def ended(self) -> None:
        """The peer has closed too."""
        self.close()

    def drained(self) -> None:
        """Everything was taken; the FIN follows by itself."""

    def lost(self, error: OSError | None) -> None:
        """The peer is gone."""
        self.close()

    def close(self) -> None:
        """Close now; idempotent."""
        self._timer.cancel()
        self._port.close()
        self._done(self)


class Endings:
    """The ways in which one connection ends; owned by it.

    Attributes:
        over: both sides are closed, or on their way.
        draining: the client was reset, the backend's answer is still awaited.
    """

    __slots__ = ("_backend_fin", "_client_fin", "_conn", "_drain_timer", "_drain_turn", "over")

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.over = False
        self._client_fin = self._backend_fin = False
        self._drain_turn: Turn | None = None
        self._drain_timer: TimerHandle | None = None

    @property
    def draining(self) -> bool:
        """See the class."""
        return self._drain_turn is not None

    # -- half-closes, in their turn

    def end_backend(self) -> None:
        """FIN to the backend: the client has sent everything."""
        self._backend_fin = True
        if self._conn.backend is not None:
            self._conn.backend.shutdown_write()
        self._both_ended()

    def backend_eof_in_turn(self, head: Turn | None) -> None:
        """The backend has closed; `head` is the exchange that waited for it."""
        conn = self._conn
        outcome = self._unanswered(head) if head is not None else ""
        if head is not None and outcome and not head.acted:
            head.bad = True
            conn.server.counters.errors_client += conn.client_eof
            conn.server.counters.errors_backend += not conn.client_eof
        for turn in list(conn.turns):
            conn.accounts.finish_turn(turn, turn.outcome or outcome)
        conn.turns.clear()
        conn.backend_eof = False
        if conn.server.spec.stay_connected:
            conn.forget_backend()
            return
        conn.down.mark(self._end_client, ends=True)

    def _unanswered(self, turn: Turn) -> str:
        """What is wrong with a backend that closes now; "" if nothing is."""
        conn = self._conn
        if turn.exchange.answer_done:
            return ""
        if not conn.client_eof:
            return "backend closed"
        return "client left" if conn.server.protocol.name != "tcp" and not conn.opaque else ""

    def _end_client(self) -> None:
        self._client_fin = True
        if self._conn.client is not None:
            self._conn.client.shutdown_write()
        self._both_ended()

    def _both_ended(self) -> None:
        if self._client_fin and self._backend_fin:
            self._finish("")
            for port in (self._conn.client, self._conn.backend):
                if port is not None:
                    port.close()
            self._gone()

    # -- breaks

    def client_lost(self) -> None:
        """The client reset: so is the backend."""
        conn = self._conn
        conn.leave_lane()
        conn.client = None
        if self.draining or (conn.toxics is not None and conn.toxics.hides_loss_of("client")):
            return
        waiting = [t for t in conn.turns if not t.held and not t.acted]
        for turn in waiting[:1]:
            turn.bad = True
            conn.server.counters.errors_client += 1
        self._finish("client reset")
        if conn.backend is not None:
            conn.backend.abort(rst=True)
        self._gone()

    def backend_lost(self) -> None:
        """The backend reset: so is the client, behind what the backend had said."""
        conn = self._conn
        conn.leave_lane()
        conn.backend = conn.up.sink = conn.down.source = None
        conn.up.kill()
        if self.draining:
            self._drained()
            return
        if conn.hung or (conn.toxics is not None and conn.toxics.hides_loss_of("backend")):
            conn.backend_eof = True
            return
        for turn in [t for t in conn.turns if t.needs_backend][:1]:
            turn.bad = not turn.acted
            conn.server.counters.errors_backend += turn.bad
        for turn in list(conn.turns):
            conn.accounts.finish_turn(turn, turn.outcome or "backend reset")
        conn.turns.clear()
        conn.closing = True
        conn.down.mark(self._reset_after_backend, ends=True)

    def _reset_after_backend(self) -> None:
        self._finish("backend reset")
        if self._conn.client is not None:
            self._conn.client.abort(rst=True)
        self._gone()

    def dial_failed(self, outcome: str, sentence: str) -> None:
        """There is no backend: FIN to the client, and the journal says why."""
        conn = self._conn
        conn.server.counters.errors_backend += 1
        conn.server.backend_failed(conn, outcome, sentence)
        self.close_both(outcome)

    def tls_failed(self, side: str, sentence: str) -> None:
        """TLS with one side can't be had: FIN to both, and the journal says why.

        Args:
            side: `client` or `backend`.
            sentence: for people.
        """
        if self.over:
            return
        conn = self._conn
        if side == "client":
            conn.server.counters.errors_client += 1
        else:
            conn.server.counters.errors_backend += 1
        conn.server.tls_failed(conn, f"{side} TLS failed", sentence)
        self.close_both(f"{side} TLS failed")

    # -- closes

    def close_both(self, outcome: str) -> None:
        """FIN to both sides, what they still send is discarded."""
        if self.over:
            return
        conn = self._conn
        self._finish(outcome)
        for port in (conn.client, conn.backend):
            if port is not None:
                conn.server.linger(port)
        self._gone()

    def reset_client(self, turn: Turn) -> None:
        """RST to the client in an answer's place; the backend may finish its answer, at most 5 s."""
        conn = self._conn
        if self.over or self.draining:
            return
        conn.accounts.finish_turn(turn, "reset")
        if conn.client is not None:
            conn.client.abort(rst=True)
            conn.client = conn.up.source = None
        conn.down.kill()
        if conn.backend is None or conn.backend_eof or not turn.needs_backend:
            self.close_both("reset")
            return
        conn.backend.resume()
        self._drain_turn = turn
        server = conn.server
        self._drain_timer = server.timers.call_at(server.clock.now() + DRAIN_S, self._drained)

    def drained(self) -> None:
        """Something of the awaited answer came."""
        turn = self._drain_turn
        if turn is not None and (turn.exchange.answer_done or self._conn.backend_eof):
            self._drained()

    def _drained(self) -> None:
        self.close_both("reset")

    def reset_both(self, outcome: str) -> None:
        """RST to both sides at once."""
        if self.over:
            return
        conn = self._conn
        self._finish(outcome)
        for port in (conn.client, conn.backend):
            if port is not None:
                port.abort(rst=True)
        self._gone()

    def stop(self) -> None:
        """Close both sides at once, with FIN."""
        if self.over:
            return
        conn = self._conn
        self._finish("stopped")
        for port in (conn.client, conn.backend):
            if port is not None:
                port.close()
        self._gone()

    def _finish(self, outcome: str) -> None:
        """End what is open, drop what waits."""
        conn = self._conn
        conn.leave_lane()
        self.over = True
        conn.cancel_dial()
        if conn.search is not None:
            conn.search.end()
        if self._drain_timer is not None:
            self._drain_timer.cancel()
        conn.requests.clear()
        for link in (conn.up, conn.down):
            link.kill()
            link.source = None
        turns = {**dict.fromkeys(conn.turns), **conn.held}
        conn.turns.clear()
        for turn in turns:
            turn.marks = 0
            if turn.finished:
                conn.accounts.unhold(turn)
                conn.server.report(conn, turn)
            else:
                conn.accounts.finish_turn(turn, self._outcome(turn, outcome))

    def _outcome(self, turn: Turn, outcome: str) -> str:
        if turn.outcome and turn.outcome != "held":
            return turn.outcome
        return outcome or turn.exchange.status

    def _gone(self) -> None:
        conn = self._conn
        conn.client = conn.backend = None
        kept, conn.kept = conn.kept, None
        for one in (kept or {}).values():
            one.close()
        conn.server.closed(conn)
