"""What a row does with its options, in plain words; the words are the behavior's own."""

from __future__ import annotations

import re
from html import escape

from vaurien_core.errors import OptionError, VaurienError
from vaurien_core.model.catalogue import BehaviorInfo
from vaurien_core.model.profile import ProxySpec
from vaurien_core.model.selectors import CONNECT, REGEX, Selector, split
from vaurien_core.registry import Registry, misfit
from vaurien_gui.presenters.texts import percent

_FIGURE = re.compile(r"<b>[^<]*</b>")
"""What is never broken over two lines: a number and its unit."""

PLAIN = ("expected", "requests")
"""First words of problems that are no names."""


def sentence_of(registry: Registry, spec: ProxySpec, rule: str, info: BehaviorInfo | None) -> str:
    """Say `<b>10 %</b> of exchanges wait <b>200–400 ms</b> (uniform) before they reach the backend`.

    A behavior that this process does not know (a remote engine's plugin) says what its summary says.
    """
    setup = spec.behavior(rule)
    weight = spec.weight(rule)
    share = f"<b>{percent(weight)}</b> of exchanges" if weight else "Exchanges that it is drawn for"
    try:
        behavior = registry.behavior(setup.kind)
        own = behavior.Options.describe()
        selector = Selector.of(setup.options, own)
        if selector is not None:
            share += _selected(selector)
        said = behavior.sentence(behavior.Options.build(split(setup.options, own)[0]))
        return whole_figures(f"{share} {said}.")
    except VaurienError:
        return escape(info.summary, quote=False) + "." if info is not None and info.summary else ""


def whole_figures(text: str) -> str:
    """The sentence with figures that are never broken over two lines."""
    return _FIGURE.sub(lambda figure: figure[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def problem_of(registry: Registry, spec: ProxySpec, rule: str) -> str:
    """What is wrong with a row's options on this protocol (`error: http has no error ...`), or ""."""
    setup = spec.behavior(rule)
    try:
        behavior, protocol = registry.behavior(setup.kind), registry.protocol(spec.protocol)
        return _sentence(misfit(setup, behavior, protocol))
    except OptionError as error:
        return _sentence(str(error))
    except VaurienError:
        return ""


def _sentence(text: str) -> str:
    """With a capital behind the option's name, where it doesn't begin with the name of an error or a protocol."""
    option, colon, said = text.partition(": ")
    return f"{option}: {said[:1].upper()}{said[1:]}" if said.split(" ", 1)[0] in PLAIN else f"{option}{colon}{said}"


def _selected(selector: Selector) -> str:
    """Say which ones: ` like <b>UPDATE orders*</b> (every <b>2nd</b>)`."""
    words = []
    if selector.at == CONNECT:
        words.append("in the <b>connect phase</b>")
    if selector.match:
        kind = "matching" if selector.match.startswith(REGEX) else "like"
        words.append(f"{kind} <b>{escape(selector.match.removeprefix(REGEX), quote=False)}</b>")
    if selector.header:
        words.append(f"with header <b>{escape(selector.header, quote=False)}</b>")
    if selector.client:
        words.append(f"from <b>{escape(', '.join(selector.client), quote=False)}</b>")
    counted = [f"not the first <b>{selector.skip}</b>"] if selector.skip else []
    counted += [f"every <b>{_ordinal(selector.every)}</b>"] if selector.every > 1 else []
    counted += [f"the first <b>{selector.first}</b>"] if selector.first else []
    counted += [f"at most <b>{selector.times}</b> hits"] if selector.times else []
    return " ".join(["", *words]) + (f" ({', '.join(counted)})" if counted else "")


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
