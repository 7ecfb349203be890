"""Puts the steps of a script on their way to the client, each behind its pause, and what ends it behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaurien_core.model.answer import Ending, Script
from vaurien_core.proxy.outbox import HOLD
from vaurien_core.proxy.turn import Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


def play(conn: Connection, turn: Turn, script: Script) -> None:
    """Send the steps. A pause counts from what left before it, be it another answer or an earlier part of this one."""
    now = conn.server.clock.now()
    waits = script.lasts_s > 0 and not turn.released
    due = max(now, conn.down.outbox.last_due) if waits else 0.0
    if waits:
        conn.accounts.hold(turn)
        turn.planned_s = (turn.planned_s or 0.0) + script.lasts_s
        turn.script_began = turn.script_began or due
    for step in script.steps:
        if waits:
            due += max(0.0, step.wait_s)
        if step.data:
            _send(conn, turn, step.data, due, now)
    if waits:
        turn.marks += 1
        conn.down.mark(lambda: conn.accounts.script_left(turn), due)


def end(conn: Connection, turn: Turn, ending: Ending) -> None:
    """Bring the ending that is no `GO_ON`, behind everything that was played; the turn must be at the head."""
    conn.requests.doomed = turn
    turn.altered = True
    if ending is Ending.STALL:
        turn.ending = "stall"
        conn.down.mark(lambda: _stall(conn, turn))
        return
    conn.accounts.finish_turn(turn)
    if ending is Ending.RESET:
        conn.closing = True
        conn.down.mark(lambda: conn.reset_in_turn(turn))
    else:
        conn.close_in_turn()


def _send(conn: Connection, turn: Turn, data: bytes, due: float, now: float) -> None:
    if turn.first_answer:
        conn.down.put(data, due)
        return
    turn.first_answer = True
    turn.marks += 1
    conn.down.put(data, due, lambda left, planned: conn.accounts.answer_left(turn, now, left, planned))


def _stall(conn: Connection, turn: Turn) -> None:
    """Silence from here on; journalled as held now, and as injected when it ends."""
    outcome, turn.outcome = turn.outcome, "held"
    conn.down.mark(lambda: None, HOLD)
    conn.hang(turn)
    turn.outcome = outcome
