"""Sections and keys that nothing reads: kept, and warned about."""

from __future__ import annotations

from collections.abc import Iterable

from vaurien_core.errors import Problem, did_you_mean
from vaurien_core.profiles import keys
from vaurien_core.profiles.layers import Cell, Layers
from vaurien_core.profiles.scenarios import CHANGES, PHASES, SCENARIO

_PROXY_KEYS = frozenset(keys.named((*keys.ADDRESSES, keys.TOXICS, *keys.TUNING))) | keys.ALIASES.keys()
_KNOWN: dict[str, frozenset[str]] = {
    "vaurien": _PROXY_KEYS | keys.named(keys.SHARED).keys() | keys.CLASSIC_HTTP.keys() | keys.WITHOUT_EFFECT,
    "control": frozenset(keys.named(keys.CONTROL)),
    "statsd": frozenset(keys.named(keys.STATSD)),
    "scenario": frozenset(keys.named(SCENARIO)),
}
_SECTIONS = ("vaurien", "control", "statsd", "expect", "proxy", "behavior", "toxic", "protocol", "scenario", "phase",
             "DEFAULT")  # fmt: skip
_READ = ("proxy", "behavior", "toxic", "protocol", "phase")
"""First words of sections with a name."""


def unknown(layers: Layers) -> list[Problem]:
    """Everything that was written and is not read."""
    problems: list[Problem] = []
    ignored: list[Cell] = []
    for section, cells in layers.sections.items():
        word, colon, name = section.partition(":")
        if section in _KNOWN:
            problems += _keys(cells.values(), _KNOWN[section])
            ignored += [c for c in cells.values() if section == "vaurien" and c.key in keys.WITHOUT_EFFECT]
        elif word == "phase" and name:
            problems += _keys(cells.values(), frozenset(keys.named(CHANGES if "@" in name else PHASES)))
        elif word == "proxy" and colon:
            problems += _keys(cells.values(), _PROXY_KEYS)
        elif word == "protocol" and name:
            ignored += [c for c in cells.values() if c.key in keys.PROTOCOL_WITHOUT_EFFECT]
        elif section != "expect" and not (colon and name and word in _READ):
            known = [s for s in _SECTIONS if s not in _READ] if not colon else _READ
            problems.append(
                _at(layers, section, f"unknown section, kept as it is;{did_you_mean(word, known)}", "warning")
            )
    flags = [
        c
        for s, cells in layers.flags.items()
        for c in cells.values()
        if s == "vaurien" and c.key in keys.WITHOUT_EFFECT
    ]
    return [*problems, *_notice([*ignored, *flags])]


def _keys(cells: Iterable[Cell], known: frozenset[str]) -> list[Problem]:
    problems = []
    for cell in cells:
        if cell.key not in known:
            hint = did_you_mean(cell.key, known)
            problems.append(cell.problem(f"unknown key, kept as it is;{hint}", "warning"))
    return problems


def _notice(cells: list[Cell]) -> list[Problem]:
    """One for all: what the classic tool had and this one needs no setting for."""
    if not cells:
        return []
    names = ", ".join(dict.fromkeys(cell.key for cell in cells))
    return [cells[0].problem(f"accepted and without effect here: {names}.", "warning")]


def _at(layers: Layers, section: str, message: str, severity: str) -> Problem:
    file, line = layers.places.get(section, ("", 0))
    return Problem(message, file, line, section, severity=severity)
