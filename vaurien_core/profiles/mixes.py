"""The text of a mix, `20:delay, 5:error`: reading it, and changing a weight in it without touching the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from vaurien_core.frozen import dataclass
from vaurien_core.model.profile import Rule

FULL = Decimal(100)
DECIMALS = 4
_ITEM = re.compile(r"(?:(?P<weight>[^:]*?)\s*:\s*)?(?P<name>[^:]+)")
_WEIGHT = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """One item of a mix's text."""

    text: str
    start: int
    """Where it stands in the text."""


def tokens(text: str) -> list[Token]:
    """The items between commas and lines, without the space around them."""
    found = []
    for match in re.finditer(r"[^,\n]+", text):
        item = match[0].strip()
        if item:
            found.append(Token(item, match.start() + match[0].index(item)))
    return found


def parse_mix(text: str) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """The rules of a mix, in written order, and what is wrong with it (`expected ..., got ...`), one by one.

    A bare name has all of it. A rule whose weight can't be read has none. A sum over 100 is a contradiction, which a
    window can mend: `checks` says it.
    """
    rules: list[Rule] = []
    wrong: list[str] = []
    for token in tokens(text):
        match = _ITEM.fullmatch(token.text)
        if match is None:
            wrong.append(f"expected WEIGHT:BEHAVIOR, such as 20:delay, got {token.text!r}.")
            continue
        name, weight = match["name"].strip(), FULL
        if match["weight"] is not None:
            try:
                weight = parse_weight(match["weight"].strip())
            except ValueError as error:
                wrong.append(str(error))
                weight = Decimal(0)
        if any(rule.behavior == name for rule in rules):
            wrong.append(f"expected each behavior once, got {name} twice.")
        else:
            rules.append(Rule(name, weight))
    return tuple(rules), tuple(wrong)


def parse_weight(text: str) -> Decimal:
    """A weight in percent.

    Raises:
        ValueError: it is no number, not within 0..100, or has more than 4 decimals.
    """
    if not _WEIGHT.fullmatch(text):
        raise ValueError(f"expected a weight in percent, such as 20 or 0.5, got {text!r}.")
    weight = Decimal(text)
    if weight < 0:
        raise ValueError(f"expected a weight of at least 0 %, got {text}.")
    if weight > FULL:
        raise ValueError(f"expected a weight of at most 100 %, got {text}.")
    exponent = weight.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > DECIMALS:
        raise ValueError(f"expected a weight with at most {DECIMALS} decimals, got {text}.")
    return Decimal(weight_text(weight)) if weight else Decimal(0)


def weight_text(weight: Decimal) -> str:
    """A weight as it is written: `20`, `0.5`."""
    return f"{weight.normalize():f}"


def mix_text(rules: Iterable[Rule]) -> str:
    """A mix as one line."""
    return ", ".join(rule_text(rule) for rule in rules)


def rule_text(rule: Rule) -> str:
    """One item of a mix."""
    return f"{weight_text(rule.weight)}:{rule.behavior}"
