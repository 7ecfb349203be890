"""What happens when an exchange begins: it is counted, its place found, its rule drawn, and its behavior asked."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import TYPE_CHECKING

from vaurien_core.protocols.base import Duty
from vaurien_core.proxy.draw import DUMMY, MIX, as_percent, number
from vaurien_core.proxy.intervention import Acting
from vaurien_core.proxy.plan import ActiveRule
from vaurien_core.proxy.selecting import selected
from vaurien_core.proxy.turn import Flow, Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


def begin(conn: Connection, turn: Turn) -> None:
    """Read plan and override once; they hold for all of this exchange.

    What the session owes the exchange is done whatever is drawn; the draw is made, so that the others' stay the same.
    """
    if not turn.ordinal:
        rule, conn.connecting = conn.connecting, None
        if rule is not None:
            conn.server.counters.exchanges += 1
            act_on(conn, turn, rule, Acting(conn, turn))
        return
    conn.server.counters.exchanges += 1
    duty = None if conn.opaque else conn.framer.duty(turn.exchange)
    rule = drawn(conn, turn)
    if duty is not None:
        _owe(conn, turn, duty)
    elif rule is not None and not rule.connects(conn.server.protocol.errors):
        act_on(conn, turn, rule, Acting(conn, turn))


def drawn(conn: Connection, turn: Turn) -> ActiveRule | None:
    """Count the exchange's place and draw; None: nothing is to be done. Plan and override are read once."""
    server = conn.server
    plan = server.plan
    key = turn.exchange.key if server.draws_by_request and turn.ordinal else None
    if plan.idle and key is None:
        return None
    turn.place = server.places.place(key, conn.number, turn.ordinal)
    if plan.idle:
        return None
    rule = selected(conn, turn, plan.selective) if plan.selective else None
    if rule is not None and rule.kind == DUMMY:
        rule.hits += 1
    elif rule is None and plan.override is None:
        found = number(server.seed, server.spec.name, turn.place, MIX)
        turn.draw = as_percent(found)
        rule = plan.choose(found)
        turn.owned = plan.owned(found) if rule is not None else None
    elif rule is None and not plan.selective:
        rule = plan.override
    return None if rule is None or rule.kind == DUMMY else rule


def _owe(conn: Connection, turn: Turn, duty: Duty) -> None:
    """Do what an injected error left to be done: no hit of any rule, journalled under the one that caused it."""
    turn.rule, turn.acted, turn.phase, turn.outcome = conn.cause, True, "before", "owed to the session"
    if turn.exchange.answer_expected:
        turn.render = lambda _close: duty.reply
    turn.drop(duty.upstream)
    if not duty.upstream:
        conn.framer.dropped(turn.exchange)


def act_on(conn: Connection, turn: Turn, rule: ActiveRule, act: Acting) -> None:
    """Ask the drawn behavior."""
    server = conn.server
    exchange = turn.exchange
    turn.rule = rule
    behavior = rule.behavior
    if behavior.protocols and act.protocol not in behavior.protocols:
        act.not_applicable(f"{rule.kind} does not work on {act.protocol}")
        return
    if behavior.needs_answer and not exchange.answer_expected:
        act.not_applicable("the request gets no answer")
        return
    rule.hits += 1
    turn.hit = rule.hits
    try:
        waiting = behavior.begin(act)
    except Exception as error:
        server.notice(f"The behavior {rule.name} failed, the exchange passes: {error!r}", severity="error")
        act.forget()
        return
    if waiting is not None and not turn.ordinal:
        if isinstance(waiting, Coroutine):
            waiting.close()
        act.not_applicable(f"{rule.kind} acts on requests only")
    elif waiting is not None:
        _wait(conn, turn, act, waiting)
        return
    if turn.reason:
        rule.hits -= 1
    if not turn.backend_answers:
        conn.framer.dropped(exchange)


def _wait(conn: Connection, turn: Turn, act: Acting, waiting: Awaitable[None]) -> None:
    """Hold the request until the coroutine is done."""
    turn.request_flow = Flow.STAGE
    conn.accounts.hold(turn)
    turn.task = conn.server.spawn(
        act.run(waiting), f"{turn.rule.name if turn.rule else ''} #{conn.number}.{turn.ordinal}"
    )
