"""What kinds of option there are, and how the text of each is read and written.

No compound kinds. A bare number has the option's unit; `250ms`, `1.5s`, `64KiB` are accepted where
the kind has a unit. Readers raise `ValueError` with what was expected.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum

OptionValue = bool | int | float | str | tuple[str, ...] | None


class Kind(StrEnum):
    """The kind of an option; decides its widget, its schema and its text form."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    TEXT = "text"
    REGEX = "regex"
    CHOICE = "choice"
    DURATION = "duration"
    BYTES = "bytes"
    RATE = "rate"
    PERCENT = "percent"
    LIST = "list"
    SECRET = "secret"  # noqa: S105 - the name of a kind


TRUE = frozenset({"y", "yes", "1", "on", "true", "t"})
FALSE = frozenset({"n", "no", "0", "off", "false", "f", ""})
SECONDS: Mapping[str, float] = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}
BYTE_UNITS: Mapping[str, int] = {
    "b": 1,
    "k": 1000, "kb": 1000, "mb": 10**6, "gb": 10**9,
    "ki": 1024, "kib": 1024, "mib": 2**20, "gib": 2**30,
}  # fmt: skip
_QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*([a-zµ%/]*)", re.IGNORECASE)


def _quantity(text: str, unit: str, units: Mapping[str, float], expected: str) -> float:
    """A number in `unit`, given with any unit of `units` or bare."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ValueError(expected)
    number, suffix = float(match[1]), match[2].lower()
    if not math.isfinite(number):
        raise ValueError(expected)
    if not suffix:
        return number
    if suffix not in units:
        raise ValueError(expected)
    scale = units[suffix] / units.get(unit.lower(), 1)
    return round(number * scale, 12)


def read_int(text: str, unit: str) -> int:
    """A whole number, with or without its unit."""
    text = text.strip().removesuffix(unit).strip() if unit else text.strip()
    try:
        return int(text)
    except ValueError:
        raise ValueError("a whole number") from None


def read_float(text: str, unit: str) -> float:
    """A number, with or without its unit."""
    text = text.strip()
    if unit and text.lower().endswith(unit.lower()):
        text = text[: -len(unit)].strip()
    try:
        value = float(text)
    except ValueError:
        raise ValueError("a number") from None
    if not math.isfinite(value):
        raise ValueError("a number")
    return value


def read_bool(text: str, unit: str) -> bool:
    """Yes or no, in the words of the classic tool."""
    lowered = text.strip().lower()
    if lowered not in TRUE | FALSE:
        raise ValueError("yes or no")
    return lowered in TRUE


def read_duration(text: str, unit: str) -> float:
    """A time in `unit`: `250ms`, `1.5s`, `2min`, or a bare number."""
    return _quantity(text, unit or "s", SECONDS, f"a time such as 250ms, 1.5s or a number of {unit or 's'}")


def read_bytes(text: str, unit: str) -> int:
    """A size in bytes: `64KiB`, `1MB`, or a bare number."""
    value = _quantity(
        text, "b", {k: float(v) for k, v in BYTE_UNITS.items()}, "a size such as 64KiB or a number of bytes"
    )
    return round(value)


def read_rate(text: str, unit: str) -> float:
    """A rate in `unit` (KB/s unless told): `100KB/s`, `1MB/s`, or a bare number."""
    base = (unit or "KB/s").lower().removesuffix("/s")
    lowered = text.strip().lower().removesuffix("/s")
    return _quantity(
        lowered,
        base,
        {k: float(v) for k, v in BYTE_UNITS.items()},
        f"a rate such as 100KB/s or a number of {unit or 'KB/s'}",
    )


def read_percent(text: str, unit: str) -> float:
    """A percentage, with or without its sign."""
    return read_float(text.strip().removesuffix("%"), "")


def read_text(text: str, unit: str) -> str:
    """Text as it is."""
    return text


def read_regex(text: str, unit: str) -> str:
    """A regular expression that compiles."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from None
    return text


def read_list(text: str, unit: str) -> tuple[str, ...]:
    """Items between commas or lines."""
    return tuple(item for item in (part.strip() for part in re.split(r"[,\n]", text)) if item)


READERS: Mapping[Kind, Callable[[str, str], OptionValue]] = {
    Kind.INT: read_int,
    Kind.FLOAT: read_float,
    Kind.BOOL: read_bool,
    Kind.TEXT: read_text,
    Kind.REGEX: read_regex,
    Kind.CHOICE: read_text,
    Kind.DURATION: read_duration,
    Kind.BYTES: read_bytes,
    Kind.RATE: read_rate,
    Kind.PERCENT: read_percent,
    Kind.LIST: read_list,
    Kind.SECRET: read_text,
}


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number: `2`, `0.3`."""
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
    return str(int(value)) if whole else repr(float(value))


def write_text(kind: Kind, unit: str, value: OptionValue) -> str:
    """The INI text of a value; reading it gives the value back.

    Durations below a second are written in milliseconds where that is exact (`300ms`), sizes
    in KiB or MiB where that is exact.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if kind is Kind.DURATION:
        seconds = value * SECONDS.get(unit or "s", 1.0)
        ms = round(seconds * 1000, 6)
        if 0 < seconds < 1 and read_duration(f"{number_text(ms)}ms", unit) == value:
            return f"{number_text(ms)}ms"
        return number_text(value)
    if kind is Kind.BYTES and value and value % 1024 == 0:
        return f"{value // 2**20}MiB" if value % 2**20 == 0 else f"{value // 1024}KiB"
    return number_text(value)
