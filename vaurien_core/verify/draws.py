"""What a fault draws in the place where it is measured, recomputed from the seed; see `proxy.draw`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vaurien_core.proxy import draw

FAULTED = "faulted"
"""The name of the proxy that has the fault: draws hang on it."""
SEED = 42


class Draws:
    """Sequences of one place, by purpose."""

    def __init__(self, place: bytes, purpose: Callable[[str], str]) -> None:
        self._place, self._purpose = place, purpose
        self._sequences: dict[str, Any] = {}  # iterators of whole numbers

    def number(self, purpose: str) -> int:
        """The next one, 64 bits."""
        if purpose not in self._sequences:
            self._sequences[purpose] = draw.sequence(SEED, FAULTED, self._place, self._purpose(purpose))
        number: int = next(self._sequences[purpose])
        return number

    def fraction(self, purpose: str) -> float:
        """The next one within [0, 1)."""
        return draw.as_fraction(self.number(purpose))

    def single(self, purpose: str) -> float:
        """What a behavior of a mix draws once, within [0, 1)."""
        return draw.fraction(SEED, FAULTED, self._place, purpose)

    def content(self, size: int, purpose: str) -> bytes:
        """Bytes that a behavior of a mix draws."""
        return draw.stream_bytes(size, SEED, FAULTED, self._place, purpose)
