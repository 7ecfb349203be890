"""What differs between two profiles, place by place, in words: for staged edits, markers and conflicts.

Texts name places and show numbers only, and the few texts that can't be secrets: a marker ends up in pictures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vaurien_core.engine.revisions import edits_between
from vaurien_core.model.change import Path, value_at
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec

_SHOWN_TEXTS = frozenset({"proxy", "protocol", "draw_by", "state"})
_NAMES = {"proxy": "listen", "backend_tls": "TLS to the backend", "tls": "TLS"}
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Difference:
    """One place. A weight has the path of its rule, whatever edit carries it."""

    path: Path
    text: str
    """`Delay 8 → 10 %`; begins with the proxy's name where there are several."""


def differences(before: Profile, after: Profile) -> tuple[Difference, ...]:
    """Every place in which `after` differs, in the order of the profile."""
    several = len({p.name for p in (*before.proxies, *after.proxies)}) > 1
    found: list[Difference] = []
    for edit in edits_between(before, after):
        match edit.path:
            case ("proxies", name, "mix"):
                found += _weights(name, before.proxy(name), after.proxy(name), several)
            case ("proxies", name, "mix", rule):
                found.append(_weight(name, rule, before.proxy(name), after.proxy(name), several))
            case ("proxies", name, "behaviors", rule, option):
                old = dict(before.proxy(name).behavior(rule).options).get(option)
                words = f"{rule} {option.replace('_', ' ')}"
                found.append(Difference(edit.path, _place(name, several) + _changed(words, old, edit.value)))
            case ("proxies", name, "behaviors", rule):
                what = f"rule {rule} {'removed' if not isinstance(edit.value, BehaviorSpec) else 'added'}"
                found.append(Difference(edit.path, _place(name, several) + what))
            case ("proxies", name, "toxics"):
                found.append(Difference(edit.path, _place(name, several) + "toxics changed"))
            case ("proxies", name, "toxics", toxic, *rest):
                words = f"{toxic} {' '.join(rest[-1:])}".replace("_", " ").strip()
                text = _changed(words, value_at(before, edit.path), edit.value)
                found.append(Difference(edit.path, _place(name, several) + text))
            case ("proxies", name):
                what = "added" if isinstance(edit.value, ProxySpec) else "removed"
                found.append(Difference(edit.path, f"{name} {what}"))
            case ("proxies", name, "protocol_options", option):
                old = dict(before.proxy(name).protocol_options).get(option)
                found.append(Difference(edit.path, _place(name, several) + _changed(option, old, edit.value)))
            case ("proxies", name, key):
                old = getattr(before.proxy(name), key)
                found.append(Difference(edit.path, _place(name, several) + _changed(key, old, edit.value)))
            case path:
                found.append(Difference(path, f"{' '.join(path)} changed"))
    return tuple(found)


def touching(edits: Iterable[Path], path: Path) -> bool:
    """Whether one of the places is the same as, within, or around `path`."""
    return any(each[: len(path)] == path[: len(each)] for each in edits)


def _weights(name: str, before: ProxySpec, after: ProxySpec, several: bool) -> list[Difference]:
    rules = dict.fromkeys(r.behavior for r in (*before.mix, *after.mix))
    found = [_weight(name, rule, before, after, several) for rule in rules if before.weight(rule) != after.weight(rule)]
    return found or [Difference(("proxies", name, "mix"), f"{_place(name, several)}order of the rules")]


def _weight(name: str, rule: str, before: ProxySpec, after: ProxySpec, several: bool) -> Difference:
    old, new = (f"{(spec.weight(rule) or _ZERO).normalize():f}" for spec in (before, after))
    return Difference(
        ("proxies", name, "mix", rule), f"{_place(name, several)}{rule[:1].upper()}{rule[1:]} {old} → {new} %"
    )


def _place(name: str, several: bool) -> str:
    return f"{name}: " if several else ""


def _changed(words: str, old: Any, new: Any) -> str:
    title = _NAMES.get(words, words).replace("_", " ")
    if new is None:
        return f"{title} back to its default"
    if words in _SHOWN_TEXTS:
        return f"{title} {old} → {new}"
    shown = [_number(value) for value in (old, new)]
    if not shown[1]:
        return f"{title} changed"
    return f"{title} {shown[0]} → {shown[1]}" if shown[0] else f"{title} = {shown[1]}"


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float, Decimal)):
        return f"{value:g}"
    return ""
