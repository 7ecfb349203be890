"""Option rows of old-style plugins, `(help, type, default[, choices])`, as declared options."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from vaurien_core.errors import UsageError
from vaurien_core.options import OptionSet, opt

_TYPES: tuple[type, ...] = (bool, int, float, str)


def options_from_rows(name: str, rows: object) -> type[OptionSet]:
    """The options of a plugin as a dataclass; a type that isn't one of bool, int, float, str is read as a text.

    Raises:
        UsageError: the rows are none, or their defaults don't fit.
    """
    if not isinstance(rows, Mapping):
        raise UsageError(f"{name}: options must be a mapping of names to (help, type, default).")
    fields: list[Any] = []
    for key, row in rows.items():
        if not isinstance(row, (tuple, list)) or not 3 <= len(row) <= 4 or not str(key).isidentifier():
            raise UsageError(f"{name}: the option {key!r} must be a name with (help, type, default[, choices]).")
        help_, type_, default = row[:3]
        choices = tuple(str(c) for c in row[3]) if len(row) == 4 and row[3] else ()
        kind = type_ if type_ in _TYPES and not choices else str
        if default is not None and not isinstance(default, kind):
            default = kind(default)
        fields.append((key, kind, opt(default, str(help_).rstrip("."), choices=choices)))
    return dataclasses.make_dataclass(f"{name.title()}Options", fields, bases=(OptionSet,), frozen=True, slots=True)


def settings_of(rows: object, options: OptionSet) -> dict[str, Any]:
    """The values as the plugin's own types make them."""
    assert isinstance(rows, Mapping)
    values: dict[str, Any] = {}
    for key, row in rows.items():
        value = getattr(options, key)
        type_ = row[1]
        if value is not None and callable(type_) and not (isinstance(type_, type) and isinstance(value, type_)):
            value = type_(value)
        values[key] = value
    return values
