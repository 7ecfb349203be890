"""One declared setting: enough to parse it, check it, print it and draw its widget."""

from __future__ import annotations

import math

from vaurien_core.errors import OptionError, did_you_mean
from vaurien_core.frozen import dataclass
from vaurien_core.options.kinds import READERS, Kind, OptionValue, number_text, write_text

_NUMBERS = (Kind.INT, Kind.FLOAT, Kind.DURATION, Kind.BYTES, Kind.RATE, Kind.PERCENT)
_WHOLE = (Kind.INT, Kind.BYTES)


@dataclass(frozen=True, slots=True)
class Option:
    """What one setting is.

    Attributes:
        name: key in INI, JSON and `--behavior-NAME-OPTION`.
        kind: see `Kind`.
        default: value when nothing sets it; None = unset is a value of its own (three-valued).
        help: one sentence without a full stop.
        unit: of a bare number ("s", "ms", "%", "KB/s", ...), or "".
        minimum, maximum: inclusive limits in `unit`.
        choices: for `CHOICE`, the allowed values.
        advanced: belongs behind the form's fold.
        depends_on: `other` or `other=value`: the option matters only then.
    """

    name: str
    kind: Kind
    default: OptionValue
    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    advanced: bool = False
    depends_on: str = ""

    def parse(self, text: str) -> OptionValue:
        """The value of an INI, flag or form text.

        Raises:
            OptionError: it can't be read or is out of range.
        """
        if self.default is None and not text.strip():
            return None
        try:
            value = READERS[self.kind](text, self.unit)
        except ValueError as error:
            raise OptionError(self.name, str(error), repr(text)) from None
        return self.check(value)

    def check(self, value: object) -> OptionValue:
        """A typed value (from JSON, say), converted to the kind and within its limits.

        Raises:
            OptionError: wrong type or out of range.
        """
        if value is None and self.default is None:
            return None
        if isinstance(value, str) and self.kind not in (Kind.TEXT, Kind.REGEX, Kind.CHOICE, Kind.SECRET):
            return self.parse(value)
        if self.kind is Kind.BOOL:
            if not isinstance(value, bool):
                raise OptionError(self.name, "true or false", repr(value))
            return value
        if self.kind in _NUMBERS:
            return self._number(value)
        if self.kind is Kind.LIST:
            if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
                raise OptionError(self.name, "a list of texts", repr(value))
            return tuple(value)
        if not isinstance(value, str):
            raise OptionError(self.name, "a text", repr(value))
        if self.kind is Kind.CHOICE and value not in self.choices:
            raise OptionError(self.name, f"one of {', '.join(self.choices)}", _nearest(value, self.choices))
        if self.kind is Kind.REGEX:
            READERS[Kind.REGEX](value, "")
        return value

    def _number(self, value: object) -> OptionValue:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise OptionError(self.name, "a number", repr(value))
        unit = f" {self.unit}" if self.unit else ""
        if self.minimum is not None and value < self.minimum:
            raise OptionError(self.name, f"at least {number_text(self.minimum)}{unit}", number_text(value))
        if self.maximum is not None and value > self.maximum:
            raise OptionError(self.name, f"at most {number_text(self.maximum)}{unit}", number_text(value))
        if self.kind in _WHOLE:
            if value != int(value):
                raise OptionError(self.name, "a whole number", number_text(value))
            return int(value)
        return float(value)

    def format(self, value: OptionValue) -> str:
        """The INI text of a value; `parse` gives it back."""
        return write_text(self.kind, self.unit, value)

    @property
    def flag(self) -> str:
        """The name as a piece of a command-line flag: `keep-alive`."""
        return self.name.replace("_", "-")


def _nearest(value: str, choices: tuple[str, ...]) -> str:
    """What was found, with a hint where it is a misspelt choice; all of them have been named."""
    hint = did_you_mean(value, choices)
    return f'"{value}",{hint}' if hint.endswith("?") else f'"{value}"'
