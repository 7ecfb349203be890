"""Letting go: what is held goes on as if nothing had been drawn for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaurien_core.proxy.turn import Flow, Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


def let_go(conn: Connection) -> int:
    """Let what this connection holds now go on as dummy; how many exchanges that were."""
    held = list(conn.held)
    if not held:
        return 0
    if any(turn.ending == "stall" for turn in held):
        conn.endings.reset_both("reset")
        return len(held)
    for turn in held:
        hung = turn.outcome == "held"
        _let_go(conn, turn)
        if hung:
            conn.accounts.unhold(turn)
    conn.hung = False
    if conn.opening is not None:
        conn.opening.go_on()
    conn.up.release()
    conn.down.release()
    if not conn.endings.over:
        conn.answers.settle()
    return len(held)


def go_normal(conn: Connection) -> None:
    """All-normal: nothing that was drawn acts any more; a stream that has lost or altered bytes is reset."""
    if conn.endings.draining or conn.endings.over:
        return
    if conn.altered or any(turn.altered for turn in (*conn.turns, *conn.held)):
        conn.endings.reset_both("reset")
        return
    for turn in list(conn.turns):
        conn.requests.once(turn)
        _forget(conn, turn)
    conn.requests.doomed = None
    let_go(conn)
    for turn in list(conn.turns):
        if turn.task is not None:
            turn.task.cancel()


def _let_go(conn: Connection, turn: Turn) -> None:
    turn.released = True
    if turn.outcome == "held":
        turn.outcome = ""
    if turn.request_flow is Flow.HOLD:
        turn.request_flow = Flow.PASS
    if turn.answer_flow is Flow.HOLD:
        turn.answer_flow = Flow.PASS
    turn.request_due = 0.0
    if turn.remaking is not None and not turn.remaking.altered:
        conn.answers.pass_on(turn)
    if turn.task is not None:
        turn.wake()


def _forget(conn: Connection, turn: Turn) -> None:
    """Take back what was drawn for an exchange but has not touched a byte yet."""
    pending = (
        turn.render is not None
        or turn.remaking is not None
        or turn.insertion
        or turn.ending
        or turn.answer_due_s is not None
    )
    if not pending:
        return
    turn.released = True
    turn.render, turn.insertion, turn.ending = None, b"", ""
    conn.answers.pass_on(turn)
    if not turn.first_answer:
        turn.answer_due_s = None
    if turn.answer_flow is Flow.DROP:
        turn.answer_flow = Flow.PASS
