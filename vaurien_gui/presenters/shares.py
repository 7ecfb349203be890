"""How much of a proxy's traffic is meant to meet a fault, in a word or two: for the band and the proxy list."""

from __future__ import annotations

from decimal import Decimal

from vaurien_core.model.change import plain_rules
from vaurien_core.model.profile import ProxySpec, Rule, ToxicSpec
from vaurien_gui.presenters.texts import percent, plural
from vaurien_gui.session import Session


def plain_faults(session: Session, spec: ProxySpec) -> tuple[Rule, ...]:
    """The faults that share the 100 % of all exchanges."""
    plain = plain_rules(spec, session.own_options)
    return tuple(rule for rule in spec.faults if rule in plain)


def apart_faults(session: Session, spec: ProxySpec) -> tuple[Rule, ...]:
    """The faults with selectors."""
    plain = plain_faults(session, spec)
    return tuple(rule for rule in spec.faults if rule not in plain)


def plain_share(session: Session, spec: ProxySpec) -> Decimal:
    """Percent of all exchanges that the mix of plain rules breaks."""
    return sum((rule.weight for rule in plain_faults(session, spec)), Decimal(0))


def share_text(session: Session, spec: ProxySpec) -> str:
    """`20 %`, `2 rules`, `20 % + 2 rules + 1 toxic`; "" without faults."""
    share, apart, toxics = plain_share(session, spec), apart_faults(session, spec), spec.mounted
    parts = [percent(share)] if share else []
    parts += [plural(len(apart), "rule")] if apart else []
    return " + ".join([*parts, *([plural(len(toxics), "toxic")] if toxics else [])])


def toxic_text(toxic: ToxicSpec) -> str:
    """Where it stands and on how many connections: `down`, `up, 50 %`, `both ways`."""
    where = {"downstream": "down", "upstream": "up"}.get(toxic.stream, "both ways")
    return where if toxic.toxicity == 1 else f"{where}, {round(toxic.toxicity * 100, 4):g} %"
