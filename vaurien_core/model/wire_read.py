"""JSON data -> values, by the types of the fields: one reader per type, made once and then only called.

An engine under load sends thousands of entries and counters a second, and the window reads them between two frames:
so what a type asks for is looked up when its reader is made, not for every value. `wire` is the only caller.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.options import OptionValues, values_of

Json = Any
"""What `json.loads` gives."""
Reader = Callable[[Json, str], Any]
"""Data and where it stands, for the sentence of an error; raises `UsageError`."""


_PLAIN = frozenset((int, float, str, bool, type(None)))


@cache
def hints_of(cls: type) -> dict[str, Any]:
    """The types of a class's fields."""
    return get_type_hints(cls)


def read(hint: Any, data: Json, where: str) -> Any:
    """Data as what a type asks for.

    Raises:
        UsageError: a wrong type, a missing or an unknown key; says where.
    """
    return reader_of(hint)(data, where)


@cache
def reader_of(hint: Any) -> Reader:
    """The reader of a type."""
    if hint is Any or hint is object:
        return lambda data, where: tuple(data) if isinstance(data, list) else data
    if hint == OptionValues:
        return _read_options
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union(get_args(hint))
    if origin is tuple:
        return _tuple(get_args(hint))
    if dataclasses.is_dataclass(hint):
        return _object(hint)
    return _scalar(hint)


def _read_options(data: Json, where: str) -> OptionValues:
    if not isinstance(data, dict):
        raise UsageError(f"{where}: expected an object of options, got {data!r}.")
    return values_of({k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})


def _union(args: tuple[Any, ...]) -> Reader:
    empty = type(None) in args
    options = tuple(o for o in args if o is not type(None))
    plain = frozenset(o for o in options[:-1] if isinstance(o, type) and not dataclasses.is_dataclass(o))
    first, last = [reader_of(o) for o in options[:-1]], reader_of(options[-1])

    def union(data: Json, where: str) -> Any:
        if data is None and empty:
            return None
        if type(data) in plain:
            return data
        for reader in first:
            try:
                return reader(data, where)
            except UsageError:
                continue
        return last(data, where)

    return union


def _tuple(args: tuple[Any, ...]) -> Reader:
    if len(args) == 2 and args[1] is Ellipsis:
        return _many(args[0])
    readers = [reader_of(a) for a in args]

    def fixed(data: Json, where: str) -> tuple[Any, ...]:
        if not isinstance(data, (list, tuple)):
            raise UsageError(f"{where}: expected a list, got {data!r}.")
        if len(readers) != len(data):
            raise UsageError(f"{where}: expected {len(readers)} items, got {len(data)}.")
        return tuple([reader(v, where) for reader, v in zip(readers, data, strict=True)])

    return fixed


def _many(hint: Any) -> Reader:
    """Any number of one type. Plain numbers and texts are looked at in one go: there are hundreds in a sample."""
    reader = reader_of(hint)
    plain = _as_they_are(hint)

    def many(data: Json, where: str) -> tuple[Any, ...]:
        if not isinstance(data, (list, tuple)):
            raise UsageError(f"{where}: expected a list, got {data!r}.")
        if plain.issuperset(map(type, data)):
            return tuple(data)
        return tuple([reader(v, f"{where}[{i}]") for i, v in enumerate(data)])

    return many


def _as_they_are(hint: Any) -> frozenset[type]:
    """The types of which a value is what the hint asks for, without a reader: `float | None` has two."""
    wanted = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    return frozenset(wanted) if set(wanted) <= _PLAIN else frozenset()


def _object(cls: Any) -> Reader:
    readers = {name: (_as_they_are(hint), reader_of(hint)) for name, hint in hints_of(cls).items()}

    def fields(data: Json, where: str) -> Any:
        if not isinstance(data, dict):
            raise UsageError(f"{where}: expected an object, got {data!r}.")
        values = {}
        for key, value in data.items():
            if key not in readers:
                raise UsageError(f'{where}: unknown key "{key}",{did_you_mean(key, readers)}')
            plain, reader = readers[key]
            values[key] = value if type(value) in plain else reader(value, f"{where}.{key}")
        try:
            return cls(**values)
        except TypeError as error:
            raise UsageError(f"{where}: {error}") from None

    return fields


def _scalar(hint: Any) -> Reader:
    if hint is Decimal:
        return _read_decimal
    texts = isinstance(hint, type) and issubclass(hint, StrEnum)

    def scalar(data: Json, where: str) -> Any:
        if type(data) is hint:
            return data
        if hint is float and isinstance(data, int) and not isinstance(data, bool):
            return float(data)
        if texts and isinstance(data, str):
            return hint(data)
        raise UsageError(f"{where}: expected {hint.__name__}, got {data!r}.")

    return scalar


def _read_decimal(data: Json, where: str) -> Decimal:
    try:
        if isinstance(data, bool) or not isinstance(data, (str, int, float)):
            raise InvalidOperation
        value = Decimal(str(data))
        if not value.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise UsageError(f"{where}: expected a number, got {data!r}.") from None
    return value
