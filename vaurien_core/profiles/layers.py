"""The layers of a profile: flags over the file over the files that it extends. Resolved once, with origins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from vaurien_core.errors import Problem, ProfileError
from vaurien_core.frozen import dataclass
from vaurien_core.options.kinds import read_list
from vaurien_core.profiles import keys
from vaurien_core.profiles.document import read_document
from vaurien_core.profiles.values import expand, has_variable, unquote

if TYPE_CHECKING:
    from vaurien_core.profiles.lines import Ini

Flags = Mapping[str, Mapping[str, str]]
"""Section to key to text, from the command line."""

_CONTROL_FLAGS = {"http": "--http", "host": "--http-host", "port": "--http-port", "allow_remote": "--allow-remote"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One value with the place that it came from."""

    section: str
    key: str
    raw: str
    """As written."""
    text: str
    """Unquoted, with its variables filled in."""
    file: str
    """The file's name, or the flag."""
    line: int = 0
    broken: bool = False
    """Its variables could not be filled in; that is reported already."""

    @property
    def origin(self) -> str:
        """`profile.ini:14`, or the flag."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def secret(self) -> bool:
        """Whether the text holds what the environment held, which may be shown to nobody."""
        return has_variable(self.raw)

    def problem(self, message: str, severity: str = "error") -> Problem:
        """A problem at this place."""
        if not self.line:
            return Problem(message, self.file, severity=severity)
        return Problem(message, self.file, self.line, self.section, self.key, severity)

    def unexpected(self, expected: str, found: str = "") -> Problem:
        """`expected ..., got ...`, without what a variable held."""
        got = found if found and not self.secret else repr(self.raw if self.secret else self.text)
        return self.problem(f"expected {expected}, got {got}.")


@dataclass(slots=True)
class Layers:
    """Everything that was written, merged key by key; what was wrong on the way."""

    flags: dict[str, dict[str, Cell]] = field(default_factory=dict)
    sections: dict[str, dict[str, Cell]] = field(default_factory=dict)
    """The files: the own one wins, then the first that it extends."""
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    """File and line of every section's header."""
    own: Ini | None = None
    problems: list[Problem] = field(default_factory=list)

    def find(self, *places: tuple[Mapping[str, Mapping[str, Cell]], str, str]) -> Cell | None:
        """The first of several places (layer, section, key) that holds something."""
        for layer, section, key in places:
            cell = layer.get(section, {}).get(key)
            if cell is not None:
                return cell
        return None


def read_layers(
    text: str | None, name: str, folder: Path | None, env: Mapping[str, str], flags: Flags | None = None
) -> Layers:
    """Read a text, the files that it extends and the flags; never raises for what they hold.

    Args:
        text: of the profile; None: there are flags only.
        name: how messages call it.
        folder: where the names of extended files begin; with `name`'s last part, the file itself.
        env: where `${NAME}` is looked up.
        flags: what the command line says.
    """
    layers = Layers()
    for section, texts in (flags or {}).items():
        for key, value in texts.items():
            said = flag_name(section, key)
            layers.flags.setdefault(section, {})[key] = Cell(section, key, value, value, said)
    if text is not None:
        layers.own = _add(layers, text, name, folder, env, (os.path.realpath((folder or Path()) / Path(name).name),))
    return layers


def flag_name(section: str, key: str) -> str:
    """The flag that sets a key: `--behavior-delay-sleep`."""
    dashed = key.replace("_", "-")
    if section == "vaurien":
        return "--timeout" if key == "connect_timeout" else f"--{dashed}"
    if section == "control":
        return _CONTROL_FLAGS.get(key, f"--control-{dashed}")
    if section == "statsd":
        return f"--statsd.{key}"
    if section == "expect":
        return "--expect"
    return f"--{section.replace(':', '-')}-{dashed}"


def _add(
    layers: Layers, text: str, name: str, folder: Path | None, env: Mapping[str, str], chain: tuple[str, ...]
) -> Ini:
    from vaurien_core.profiles.lines import scan  # a run may have flags only

    ini = scan(text)
    layers.problems += [Problem(f.message, name, f.line, f.section, f.key) for f in ini.faults]
    extends: list[Cell] = []
    above = {name: {_canonical(key) for key in cells} for name, cells in layers.sections.items()}
    for section in ini.sections.values():
        layers.places.setdefault(section.name, (name, section.header + 1))
        for item in section.items.values():
            cell = _cell(layers, section.name, item.key, item.text, name, item.first + 1, env)
            if section.name == "DEFAULT":
                if item.key == "extends":
                    extends.append(cell)
                else:
                    layers.problems.append(cell.problem("[DEFAULT] holds extends only; this is ignored.", "warning"))
                continue
            if _canonical(item.key) not in above.get(section.name, ()):
                layers.sections.setdefault(section.name, {})[item.key] = cell
        if section.name != "DEFAULT":
            layers.sections.setdefault(section.name, {})
    for cell in extends:
        for other in read_list(cell.text, ""):
            _extend(layers, cell, str(unquote(other)), folder, env, chain)
    return ini


def _canonical(key: str) -> str:
    """A key by its present name: a file that uses the old one still wins over those that it extends."""
    return keys.ALIASES.get(key, key)


def _extend(
    layers: Layers, cell: Cell, other: str, folder: Path | None, env: Mapping[str, str], chain: tuple[str, ...]
) -> None:
    path = (folder or Path()) / Path(other).expanduser()
    real = os.path.realpath(path)
    if real in chain:
        layers.problems.append(
            cell.problem(f"expected files that do not extend each other, but {other} leads back here.")
        )
        return
    try:
        document = read_document(path, said=other)
    except ProfileError as error:
        layers.problems += [cell.problem(f"{other}: {p.message}") if not p.line else p for p in error.problems]
        return
    _add(layers, document.text, other, path.parent, env, (*chain, real))


def _cell(layers: Layers, section: str, key: str, raw: str, name: str, line: int, env: Mapping[str, str]) -> Cell:
    try:
        text = expand(unquote(raw), env)
    except ValueError as error:
        layers.problems.append(Problem(f"{error}", name, line, section, key))
        return Cell(section, key, raw, "", name, line, broken=True)
    return Cell(section, key, raw, text, name, line)
