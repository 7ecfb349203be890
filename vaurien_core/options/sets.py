"""Frozen dataclasses of options: the declaration from which every surface is made."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import field, fields, replace
from typing import Any, Self, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.options.kinds import Kind, OptionValue
from vaurien_core.options.option import Option

_KEY = "vaurien.option"
_KINDS: Mapping[type, Kind] = {bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT, str: Kind.TEXT, tuple: Kind.LIST}

T = TypeVar("T")

OptionValues = tuple[tuple[str, OptionValue], ...]
"""Options that somebody set, sorted by name: a frozen mapping. `dict(values)` reads it."""


def values_of(mapping: Mapping[str, OptionValue] | Iterable[tuple[str, OptionValue]]) -> OptionValues:
    """A mapping as frozen, sorted `OptionValues`."""
    return tuple(sorted(dict(mapping).items()))


def opt(
    default: T,
    help: str,
    *,
    kind: Kind | None = None,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    advanced: bool = False,
    depends_on: str = "",
) -> T:
    """Declare an option as a dataclass field; the kind follows from the annotation unless given.

    `choices` makes it a CHOICE, the unit "s" or "ms" on a float a DURATION, "%" a PERCENT.
    """
    meta: dict[str, Any] = {
        "kind": kind, "help": help, "unit": unit, "minimum": minimum, "maximum": maximum,
        "choices": choices, "advanced": advanced, "depends_on": depends_on,
    }  # fmt: skip
    return field(default=default, metadata={_KEY: meta})


class OptionSet:
    """Base of every options dataclass (`@dataclass(frozen=True, slots=True)`)."""

    __slots__ = ()

    @classmethod
    def describe(cls) -> tuple[Option, ...]:
        """The options, in the order in which they were declared."""
        return _describe(cls)

    @classmethod
    def option(cls, name: str) -> Option:
        """One option by name.

        Raises:
            UsageError: there is none; names the nearest.
        """
        for option in _describe(cls):
            if option.name == name:
                return option
        raise UsageError(f'unknown option "{name}",{did_you_mean(name, (o.name for o in _describe(cls)))}')

    @classmethod
    def build(cls, values: OptionValues | Mapping[str, OptionValue] = ()) -> Self:
        """An instance with `values` over the defaults.

        Raises:
            OptionError: a value doesn't fit. UsageError: an unknown name.
        """
        return replace(cls(), **{name: cls.option(name).check(value) for name, value in dict(values).items()})  # type: ignore[type-var]

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> OptionValues:
        """Texts (INI, flags) as checked values.

        Raises:
            OptionError: a text doesn't fit. UsageError: an unknown name.
        """
        return values_of({name: cls.option(name).parse(text) for name, text in texts.items()})


def _describe(cls: type[OptionSet]) -> tuple[Option, ...]:
    described = _described.get(cls)
    if described is None:
        described = _described[cls] = _read_declaration(cls)
    return described


_described: dict[Any, tuple[Option, ...]] = {}
"""Declarations never change: read once per class."""


def _read_declaration(cls: type[OptionSet]) -> tuple[Option, ...]:
    hints = get_type_hints(cls)
    found = []
    for item in fields(cast("Any", cls)):
        if _KEY not in item.metadata:
            continue
        meta = dict(item.metadata[_KEY])
        meta["kind"] = meta["kind"] or _kind(hints[item.name], meta)
        found.append(Option(name=item.name, default=cast("OptionValue", item.default), **meta))
    return tuple(found)


def _kind(hint: Any, meta: Mapping[str, Any]) -> Kind:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(a for a in get_args(hint) if a is not type(None))
    base = get_origin(hint) or hint
    if meta["choices"]:
        return Kind.CHOICE
    if base is float and meta["unit"] in ("s", "ms", "us"):
        return Kind.DURATION
    if base is float and meta["unit"] == "%":
        return Kind.PERCENT
    return _KINDS[base]
