"""The connect phase under a fault: what is drawn at accept, and what keeps the backend from being dialled.

Exchange 0 has no request yet, so the verbs mean what they can there: a delay makes the dial late, a hang puts it off
until released, a blackout and a reset end the connection at once, an error takes the greeting's place. An error
that needs the client's login waits for it (`Connection.connecting`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaurien_core.behaviors.base import Render
from vaurien_core.model.exchange import Exchange
from vaurien_core.proxy.beginning import act_on, drawn
from vaurien_core.proxy.intervention import Acting
from vaurien_core.proxy.seams import TimerHandle
from vaurien_core.proxy.toxics.drawn import MakeToxic
from vaurien_core.proxy.turn import Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


def connect(conn: Connection) -> None:
    """Draw for the connect phase, in the place of its ordinals: only rules that belong there act on it.

    It counts as an exchange only if a fault acts on it.
    """
    server = conn.server
    plan, errors = server.plan, server.protocol.errors
    if plan.idle or not (plan.connects or any(e.at == "connect" for e in errors)):
        return
    turn = Turn(Exchange(0, "connect"), 0, server.clock.now())
    rule = drawn(conn, turn)
    if rule is None or not rule.connects(errors):
        return
    conn.turns.append(turn)
    act_on(conn, turn, rule, Connecting(conn, turn))
    server.counters.exchanges += turn.acted
    if turn.ending == "reset":
        conn.reset_in_turn(turn)
    elif turn.ending == "close":
        conn.answers.settle()
    elif turn.render is not None:
        conn.greeted = True
        conn.answers.reply(turn, close=turn.reply_closes)
    elif turn.held:
        conn.opening = Opening(conn, turn)
    else:
        conn.turns.remove(turn)
        _pass(conn, turn)


def _pass(conn: Connection, turn: Turn) -> None:
    """Nothing was done to it: an error of the connect phase that is not legal yet may be so at the login."""
    rule = turn.rule
    waits = rule is not None and rule.behavior.at_connect(conn.server.protocol.errors) and not conn.opaque
    if turn.reason and waits:
        conn.server.counters.not_applicable -= 1
        conn.connecting = rule
    elif turn.reason:
        conn.server.report(conn, turn)


class Connecting(Acting):
    """The verbs at exchange 0, before the backend is dialled."""

    __slots__ = ()

    def hold_answer(self, seconds: float) -> None:
        """There is no answer yet: all of the phase waits."""
        self.hold_request(seconds)

    def replace_answer(self, render: Render, *, close: bool = False) -> None:
        """There is none to replace."""
        self.not_applicable("nothing is answered in the connect phase")

    def mount(self, toxic: MakeToxic, stream: str, *, for_good: bool = False) -> None:
        """There are no bytes yet."""
        self.not_applicable("there is no stream in the connect phase")

    def insert(self, data: bytes) -> None:
        """There is none to put it into."""
        self.not_applicable("nothing is answered in the connect phase")


class Opening:
    """A delay or hang of the connect phase: the backend is dialled when it goes on. Owned by the connection."""

    __slots__ = ("_conn", "_due", "_timer", "_turn")

    def __init__(self, conn: Connection, turn: Turn) -> None:
        self._conn, self._turn = conn, turn
        self._due = turn.request_due
        self._timer: TimerHandle | None = None
        if self._due:
            turn.marks += 1
            self._timer = conn.server.timers.call_at(self._due, self.go_on)

    def cancel(self) -> None:
        """The connection ends; idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def go_on(self) -> None:
        """It is over, or was let go: dial, and let what waits take its turn."""
        conn, turn = self._conn, self._turn
        self.cancel()
        conn.opening = None
        if turn in conn.turns:
            conn.turns.remove(turn)
        conn.accounts.finish_turn(turn)
        if self._due:
            conn.accounts.request_left(turn, conn.server.clock.now(), self._due)
        conn.dial()
        conn.answers.settle()
