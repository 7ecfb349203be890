"""What happens when an exchange begins: it is counted, its place found, its rule drawn, and its behavior asked."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from vaurien_core.proxy.draw import MIX, as_percent, number
from vaurien_core.proxy.intervention import Acting
from vaurien_core.proxy.turn import Flow, Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


def begin(conn: Connection, turn: Turn) -> None:
    """Read plan and override once; they hold for all of this exchange."""
    server = conn.server
    exchange = turn.exchange
    server.counters.exchanges += 1
    key = exchange.key if server.draws_by_request else None
    plan = server.plan
    if plan.idle and key is None:
        return
    turn.place = server.places.place(key, conn.number, turn.ordinal)
    if plan.idle:
        return
    rule = plan.override
    if rule is None:
        drawn = number(server.seed, server.spec.name, turn.place, MIX)
        turn.draw = as_percent(drawn)
        rule = plan.choose(drawn)
    if rule is None or rule.kind == "dummy":
        return
    turn.rule = rule
    act = Acting(conn, turn)
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
    if waiting is not None:
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
