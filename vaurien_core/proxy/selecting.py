"""Which rule with selectors an exchange gets: asked for each exchange that begins while such rules are in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaurien_core.proxy.draw import as_percent, number, owns, rule_purpose
from vaurien_core.proxy.plan import ActiveRule, Apart
from vaurien_core.proxy.turn import Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


def selected(conn: Connection, turn: Turn, rules: tuple[Apart, ...]) -> ActiveRule | None:
    """The first rule that is hit, in written order; see `draw`. Each counts what it matches, whoever is hit.

    Rules for the connect phase are asked in it and nowhere else.
    """
    server, exchange = conn.server, turn.exchange
    connecting = not turn.ordinal
    hit = None
    for rule, weight in rules:
        selector = rule.selector
        if (
            selector is None
            or rule.connects(server.protocol.errors) is not connecting
            or not selector.matches(exchange.label, conn.client_name, exchange.head)
        ):
            continue
        rule.matched += 1
        server.counters.match(rule.name)
        if hit is not None or not selector.admits(rule.matched):
            continue
        if selector.times is not None and rule.hits >= selector.times:
            continue
        drawn = number(server.seed, server.spec.name, turn.place, rule_purpose(rule.name))
        if owns(drawn, weight):
            hit, turn.draw, turn.owned = rule, as_percent(drawn), (0.0, weight / 10_000)
    return hit
