"""What a row does with its options, in plain words; the words are the behavior's own."""

from __future__ import annotations

import re
from html import escape

from vaurien_core.errors import VaurienError
from vaurien_core.model.catalogue import BehaviorInfo
from vaurien_core.model.profile import ProxySpec
from vaurien_core.registry import Registry
from vaurien_gui.presenters.texts import percent

_FIGURE = re.compile(r"<b>[^<]*</b>")
"""What is never broken over two lines: a number and its unit."""


def sentence_of(registry: Registry, spec: ProxySpec, rule: str, info: BehaviorInfo | None) -> str:
    """Say `<b>10 %</b> of exchanges wait <b>200–400 ms</b> (uniform) before they reach the backend`.

    A behavior that this process does not know (a remote engine's plugin) says what its summary says.
    """
    setup = spec.behavior(rule)
    weight = spec.weight(rule)
    share = f"<b>{percent(weight)}</b> of exchanges" if weight else "Exchanges that it is drawn for"
    try:
        behavior = registry.behavior(setup.kind)
        said = behavior.sentence(behavior.Options.build(setup.options))
        return _FIGURE.sub(lambda figure: figure[0].replace(" ", "\N{NO-BREAK SPACE}"), f"{share} {said}.")
    except VaurienError:
        return escape(info.summary) + "." if info is not None and info.summary else ""


def problem_of(registry: Registry, spec: ProxySpec, rule: str) -> str:
    """What is wrong with a row's options on this protocol (`error: http has no error ...`), or ""."""
    setup = spec.behavior(rule)
    try:
        behavior, protocol = registry.behavior(setup.kind), registry.protocol(spec.protocol)
        return behavior.check(behavior.Options.build(setup.options), protocol.info())
    except VaurienError:
        return ""
