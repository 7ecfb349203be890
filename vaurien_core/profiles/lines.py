"""INI text as lines: where every section and key stands, so that errors have a line and edits touch nothing else.

Reads the dialect of `configparser` with `interpolation=None`, `strict`, `;` as inline comment prefix and no default
section (a property test compares the two), but keeps places and finds every fault instead of the first. Lines end at
a line feed only; a carriage return before it belongs to the line's end.
"""

from __future__ import annotations

import re
from dataclasses import field

from vaurien_core.frozen import dataclass

_HEADER = re.compile(r"\[(?P<name>.+)\]")
_DELIMITER = re.compile(r"[=:]")
CASED = "expect"
"""The section whose keys are names for people and keep their case."""


@dataclass(slots=True)
class Item:
    """One key of a section."""

    key: str
    """In lower case, but for `[expect]`."""
    first: int
    """Index of its line."""
    last: int
    """Index of the last line of its value."""
    parts: list[str]

    @property
    def text(self) -> str:
        """The value, without comments; the lines of a longer one joined."""
        return "\n".join(self.parts).rstrip()


@dataclass(slots=True)
class Section:
    """One section: its header and everything up to the next one."""

    name: str
    header: int
    """Index of its line."""
    end: int = 0
    """Index after its last line."""
    items: dict[str, Item] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that can't be read."""

    line: int
    """From 1."""
    message: str
    section: str = ""
    key: str = ""


@dataclass(slots=True)
class Ini:
    """A text, scanned."""

    lines: list[str]
    """With their ends."""
    sections: dict[str, Section] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def item(self, section: str, key: str) -> Item | None:
        """A key, if it is there."""
        found = self.sections.get(section)
        return found.items.get(key) if found else None


def comment_start(line: str) -> int | None:
    """Where the comment of a line begins; None without one."""
    stripped = line.strip()
    if stripped.startswith(("#", ";")):
        return 0
    index = line.find(";")
    while index != -1:
        if index == 0 or line[index - 1].isspace():
            return index
        index = line.find(";", index + 1)
    return None


def split_lines(text: str) -> list[str]:
    """Lines with their ends; joined they are the text."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def scan(text: str) -> Ini:
    """Read a text; what is wrong with it stands in `faults`, the rest is usable."""
    ini = Ini(split_lines(text))
    scanner = _Scanner(ini)
    for index, line in enumerate(ini.lines):
        scanner.feed(index, line)
    scanner.finish()
    return ini


class _Scanner:
    """The state between two lines. Lives for one `scan`."""

    def __init__(self, ini: Ini) -> None:
        self.ini = ini
        self.section: Section | None = None
        self.item: Item | None = None
        self.indent = 0
        self.headless = False

    def feed(self, index: int, line: str) -> None:
        """One line."""
        start = comment_start(line)
        value = line[:start].strip()
        if not value:
            if start is None and self.item is not None:
                self.item.parts.append("")
            return
        indent = len(line) - len(line.lstrip())
        if self.item is not None and indent > self.indent:
            self.item.parts.append(value)
            self.item.last = index
            return
        self.indent = indent
        if header := _HEADER.match(value):
            self._begin(header["name"].strip(), index)
        elif self.section is None:
            if not self.headless:
                self._fault(index, f"expected a [section] first, got {value!r}.")
            self.headless = True
        else:
            self._option(value, index)

    def finish(self) -> None:
        """The text has ended."""
        if self.section is not None:
            self.section.end = len(self.ini.lines)

    def _begin(self, name: str, index: int) -> None:
        self.finish()
        if self.section is not None:
            self.section.end = index
        self.section, self.item = Section(name, index), None
        earlier = self.ini.sections.get(name)
        if earlier is not None:
            message = f"this section is there already, in line {earlier.header + 1}; put its keys together."
            self._fault(index, message, name)
        else:
            self.ini.sections[name] = self.section

    def _option(self, value: str, index: int) -> None:
        assert self.section is not None
        delimiter = _DELIMITER.search(value)
        key = value[: delimiter.start()].rstrip() if delimiter else ""
        if delimiter is None or not key:
            self._fault(index, f"expected `key = value`, got {value!r}.", self.section.name)
            return
        key = key if self.section.name == CASED else key.lower()
        self.item = Item(key, index, index, [value[delimiter.end() :].strip()])
        earlier = self.section.items.get(key)
        if earlier is not None:
            message = f"this key is there already, in line {earlier.first + 1}; remove one of them."
            self._fault(index, message, self.section.name, key)
        else:
            self.section.items[key] = self.item

    def _fault(self, index: int, message: str, section: str = "", key: str = "") -> None:
        self.ini.faults.append(Fault(index + 1, message, section, key))
