"""The remainder rule of the mix: what a weight takes, it takes from normal traffic; the other rows never move.

Pure values: presenters hold one, views know only the limits that came out of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Self

STEP = Decimal("0.1")
"""Weights made by hand or by rescaling are multiples of this, in percent."""
FULL = Decimal(100)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class MixModel:
    """Weights in percent by row, in order; what is missing to 100 is normal."""

    weights: tuple[tuple[str, Decimal], ...]
    apart: frozenset[str] = frozenset()
    """Rows with selectors: they draw for themselves, take nothing from normal and are never rescaled."""

    @classmethod
    def of(cls, weights: Iterable[tuple[str, Decimal]], apart: Iterable[str] = ()) -> Self:
        """A model of (row, weight) pairs; a row occurs once."""
        return cls(tuple(weights), frozenset(apart))

    @property
    def shared(self) -> tuple[tuple[str, Decimal], ...]:
        """The rows that share 100 %."""
        return tuple((name, weight) for name, weight in self.weights if name not in self.apart)

    @property
    def total(self) -> Decimal:
        """The sum of all shared weights; above 100 only where a file said so."""
        return sum((weight for _, weight in self.shared), ZERO)

    @property
    def normal(self) -> Decimal:
        """What is left for normal traffic, never below 0."""
        return max(ZERO, FULL - self.total)

    def weight(self, row: str) -> Decimal:
        """The weight of a row.

        Raises:
            KeyError: no such row.
        """
        return dict(self.weights)[row]

    def limit(self, row: str) -> Decimal:
        """How far a row may go without touching another: its value plus what is normal; 100 for one apart."""
        if row in self.apart:
            return FULL
        return self.weight(row) + self.normal

    def set(self, row: str, value: Decimal) -> Self:
        """One row changed, as far as its limit; the others stay."""
        return self._with({row: min(max(value, ZERO), self.limit(row))})

    def make_room(self, row: str, value: Decimal) -> Self:
        """One row at `value` (0 to 100), the others scaled down together as far as that needs, in steps of 0.1."""
        value = min(max(value, ZERO), FULL)
        others = [(name, weight) for name, weight in self.shared if name != row]
        self.weight(row)
        if row in self.apart:
            return self._with({row: value})
        room = FULL - value
        if sum((weight for _, weight in others), ZERO) <= room:
            return self._with({row: value})
        return self._with({**_rescaled(others, room), row: value})

    def scale_to_100(self) -> Self:
        """All rows scaled down together until they fit; unchanged when they do."""
        return self if self.total <= FULL else self._with(_rescaled(self.shared, FULL))

    def solo(self, row: str) -> Self:
        """One row with the sum of all, the others at 0; unchanged for one apart, or where nothing is over 0."""
        total = min(self.total, FULL)
        if row in self.apart or not total:
            return self
        self.weight(row)
        return self._with({**{name: ZERO for name, _ in self.shared}, row: total})

    def split(self) -> Self:
        """The rows over 0 with equal shares of their sum, in steps of 0.1; the first ones take what is over."""
        rows = [(name, Decimal(1)) for name, weight in self.shared if weight]
        return self._with(_rescaled(rows, min(self.total, FULL))) if rows else self

    def _with(self, changed: dict[str, Decimal]) -> Self:
        return type(self)(tuple((name, changed.get(name, weight)) for name, weight in self.weights), self.apart)


def _rescaled(weights: Iterable[tuple[str, Decimal]], room: Decimal) -> dict[str, Decimal]:
    """Weights in proportion, summing to `room` rounded down to a step (largest remainder method)."""
    rows = list(weights)
    total = sum((Fraction(weight) for _, weight in rows), Fraction(0))
    steps = int((room / STEP).to_integral_value(ROUND_FLOOR))
    exact = {name: Fraction(weight) * steps / total for name, weight in rows}
    whole = {name: share.numerator // share.denominator for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: whole[name] - exact[name])
    for name in by_remainder[: steps - sum(whole.values())]:
        whole[name] += 1
    return {name: count * STEP for name, count in whole.items()}
