"""Journal entries of the data plane, as the fields of `model.events.Entry`.

An exchange has one entry, written when it has ended. A hung one has two with the same `conn` and `ex`: the first,
with the outcome `held`, is written when the holding begins, the second when it ends (`released`, `client left`,
`stopped`, ...).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vaurien_core.options import OptionValue, OptionValues, values_of
from vaurien_core.proxy.places import occurrence

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection
    from vaurien_core.proxy.toxics.mount import Mount
    from vaurien_core.proxy.turn import Turn

KERNELS_CHANCE = "Which packets are lost is the kernel's chance, not the seed's."


def exchange(proxy: str, conn: Connection, turn: Turn) -> dict[str, Any]:
    """The entry of an exchange as it stands."""
    rule = turn.rule
    return {
        "kind": "exchange",
        "proxy": proxy,
        "conn": conn.number,
        "ex": turn.ordinal,
        "client": conn.client_name,
        "label": turn.exchange.label,
        "rule": rule.name if rule is not None else "",
        "behavior": rule.kind if rule is not None else "",
        "phase": turn.phase,
        "scenario": turn.scenario,
        "options": _options(turn),
        "draw": turn.draw,
        "owned": turn.owned,
        "occurrence": occurrence(turn.place),
        "planned_ms": None if turn.planned_s is None else round(turn.planned_s * 1000, 3),
        "measured_ms": None if turn.measured_s is None else round(turn.measured_s * 1000, 3),
        "up": turn.up,
        "down": turn.down,
        "outcome": outcome(turn),
    }


def outcome(turn: Turn) -> str:
    """How it ended, in a word or two."""
    if turn.reason:
        return f"not applicable: {turn.reason}"
    if turn.outcome:
        return turn.outcome
    if turn.released:
        return "released"
    return turn.exchange.status


def connection(proxy: str, conn: Connection, what: str, text: str, *, severity: str = "info") -> dict[str, Any]:
    """An entry about a connection rather than an exchange."""
    return {
        "kind": "connection",
        "proxy": proxy,
        "conn": conn.number,
        "client": conn.client_name,
        "outcome": what,
        "text": text,
        "severity": severity,
    }


def toxic(proxy: str, conn: Connection, mount: Mount, outcome: str) -> dict[str, Any]:
    """A toxic touches a stream of a connection for the first time, or ends the connection (`closed`, `reset`)."""
    return {
        "kind": "toxic",
        "proxy": proxy,
        "conn": conn.number,
        "client": conn.client_name,
        "label": "upstream" if mount.upstream else "downstream",
        "rule": mount.name,
        "behavior": mount.kind,
        "options": mount.options,
        "draw": None if mount.drawn is None else mount.drawn * 100,
        "owned": None if mount.drawn is None else (0.0, mount.toxicity * 100),
        "outcome": outcome,
        "text": KERNELS_CHANCE if mount.toxic.drops else "",
    }


def _options(turn: Turn) -> OptionValues:
    """Those of the rule, defaults included, and what the behavior noted."""
    used: dict[str, OptionValue] = dict(turn.rule.options) if turn.rule is not None else {}
    for name, value in (turn.note or {}).items():
        used[name] = value if isinstance(value, (bool, int, float, str)) or value is None else str(value)
    return values_of(used)
