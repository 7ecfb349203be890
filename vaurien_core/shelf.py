"""A table of classes by name, of which those that Vaurien ships are imported when their name is first asked for.

So a start imports what its profile names, and no more. `registry` has one for behaviors and one for protocols.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Shelf(Generic[T]):
    """Classes by name, in the order in which they were put there.

    Args:
        package: where what is shipped lies: `slow_close.py` defines `SlowClose`, which is called `slow_close`.
        shipped: the names of that.
    """

    def __init__(self, package: str, shipped: Iterable[str] = ()) -> None:
        self._package = package
        self._kinds: dict[str, type[T] | None] = dict.fromkeys(shipped)

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def put(self, name: str, kind: type[T]) -> None:
        """Add a class, or put it in the place of the one of that name."""
        self._kinds[name] = kind

    def get(self, name: str) -> type[T] | None:
        """The class of that name, imported if need be; None where there is none."""
        kind = self._kinds.get(name)
        if kind is None and name in self._kinds:
            module = importlib.import_module(f"{self._package}.{name}")
            kind = self._kinds[name] = getattr(module, name.title().replace("_", ""))
        return kind

    def all(self) -> dict[str, type[T]]:
        """Every class by its name; imports all that are still missing."""
        return {name: kind for name in self._kinds if (kind := self.get(name)) is not None}
