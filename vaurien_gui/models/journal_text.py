"""How a journal entry reads: one text per column. No Qt."""

from __future__ import annotations

import re
from datetime import datetime
from enum import IntEnum
from functools import lru_cache

from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.events import Entry
from vaurien_core.options import Kind, Option, OptionValues
from vaurien_gui.models import amounts, packing
from vaurien_gui.models.packing import Row

NOTICES = frozenset({"notice", "change"})
"""Kinds that are a sentence over the whole width."""


TOXIC = "toxic"
"""The kind of a row about a stream rather than an exchange."""


class Column(IntEnum):
    """The columns, in order."""

    TIME = 0
    PROXY = 1
    CLIENT = 2
    CONN = 3
    REQUEST = 4
    BEHAVIOR = 5
    OPTIONS = 6
    ADDED = 7
    BYTES = 8
    OUTCOME = 9


TITLES = ("Time", "Proxy", "Client", "Conn", "Request", "Behavior", "Options", "Added", "Bytes", "Outcome")
_NAME = re.compile(r"[\w.-]+: ")
"""A sentence that begins with somebody's name, which stays as it is."""
NUMBERS = frozenset({Column.CONN, Column.ADDED, Column.BYTES})
"""Right-aligned ones."""


class EntryText:
    """Says entries. With a catalogue, options have their units."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        behaviors = catalogue.behaviors if catalogue is not None else ()
        self._options = {b.name: {o.name: o for o in b.options} for b in behaviors}
        self._said = lru_cache(maxsize=512)(self._say_options)

    def text(self, entry: Entry, column: int) -> str:
        """One cell. Of a notice only time, proxy and the sentence (as its request) are said."""
        if entry.kind in NOTICES:
            return self._notice(entry, column)
        match column:
            case Column.TIME:
                return local_time(entry.at)
            case Column.PROXY:
                return entry.proxy
            case Column.CLIENT:
                return entry.client
            case Column.CONN:
                return str(entry.conn) if entry.conn else ""
            case Column.REQUEST:
                return entry.label or entry.text
            case Column.BEHAVIOR:
                return entry.rule or entry.behavior
            case Column.OPTIONS:
                return self._said(entry.behavior, entry.phase, entry.options)
            case Column.ADDED:
                return added(entry)
            case Column.BYTES:
                return "" if entry.kind == TOXIC else amounts.size(entry.down)
            case Column.OUTCOME if entry.kind == TOXIC:
                return entry.outcome or "acts"
        return "open" if entry.outcome == "held" else entry.outcome

    def options(self, entry: Entry) -> list[tuple[str, str]]:
        """Every option that was used, defaults included: (name, value with its unit)."""
        known = self._options.get(entry.behavior, {})
        return [
            (name.replace("_", " "), self._value(known.get(name), value) or "–")
            for name, value in entry.options
            if value not in (None, "", ())
        ]

    def words(self, row: Row) -> str:
        """Everything that a filter may look for, in lower case."""
        kind = TOXIC if packing.kind(row) == TOXIC else ""
        return f"{kind} {' '.join(packing.searched(row))} {self._said(*packing.used(row))}".lower()

    @staticmethod
    def _notice(entry: Entry, column: int) -> str:
        said = {Column.TIME: local_time(entry.at), Column.PROXY: entry.proxy or "all", Column.REQUEST: sentence(entry)}
        return said.get(Column(column), "")

    def _say_options(self, behavior: str, phase: str, values: OptionValues) -> str:
        known = self._options.get(behavior, {})
        given = dict(values)
        own_phase = "before" in given
        given.pop("phase", None)
        parts = []
        time = next((name for name in ("sleep", "latency") if name in given and "jitter" in given), "")
        if time:
            sleep, jitter = (self._value(known.get(name), given.pop(name)) for name in (time, "jitter"))
            unit = sleep.partition(" ")[2]
            spread = jitter.removesuffix(f" {unit}") if unit else jitter
            parts.append(sleep if jitter.split(" ")[0] == "0" else f"{sleep} ± {spread}")
        for name, value in given.items():
            option = known.get(name)
            if value in (None, "", False, ()) or (option is not None and value == option.default):
                continue
            label = name.replace("_", " ")
            if value is True:
                parts.append(label)
            elif isinstance(value, str):
                parts.append(value)
            else:
                parts.append(f"{label} {self._value(option, value)}")
        if phase and parts and not own_phase:
            parts.append(phase)
        return ", ".join(parts)

    @staticmethod
    def _value(option: Option | None, value: object) -> str:
        if isinstance(value, tuple):
            return " ".join(map(str, value))
        if isinstance(value, bool):
            return "yes" if value else "no"
        if not isinstance(value, (int, float)):
            return str(value)
        unit = option.unit if option is not None else ""
        if option is not None and option.kind is Kind.DURATION:
            if unit in ("", "s") and 0 < value < 1:
                value, unit = value * 1000, "ms"
            unit = unit or "s"
        return f"{value:,.6g} {unit}".rstrip()


@lru_cache(maxsize=4096)
def local_time(at: str) -> str:
    """The time of day of an entry where the window is, to the millisecond, as the graphs' axis has it."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%H:%M:%S.%f")[:-3]
    except ValueError:
        return at[11:23]


def sentence(entry: Entry) -> str:
    """The text of a notice or change, beginning with a capital unless it begins with a name (`web: delay at 8 %`)."""
    if _NAME.match(entry.text):
        return entry.text
    return entry.text[:1].upper() + entry.text[1:]


def added(entry: Entry) -> str:
    """What a fault added: `+264 ms`, `+12.4 s`, `held`, or nothing."""
    if entry.outcome == "held":
        return "held"
    if entry.measured_ms is None:
        return ""
    return f"+{amounts.latency(max(0.0, entry.measured_ms) / 1000)}"
