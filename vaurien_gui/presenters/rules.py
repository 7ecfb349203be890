"""Named variants in the window: which name one may get, what creating and removing one means."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from vaurien_core.model.change import Path
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec
from vaurien_core.registry import RESERVED
from vaurien_gui.models.phases import names_rule

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def name_problem(name: str, spec: ProxySpec, registered: Collection[str]) -> str:
    """What is wrong with the name of a new rule; "" if nothing."""
    if not _NAME.fullmatch(name):
        return "Expected a name of letters, digits, '-', '_' and '.'."
    if name == RESERVED:
        return f"{name} is a reserved word; name the rule differently."
    if name in registered:
        return f"{name} is a behavior itself; name the rule differently."
    if any(b.name == name for b in spec.behaviors):
        return f"There is a rule named {name} already."
    return ""


def suggestion(kind: str, spec: ProxySpec) -> str:
    """A free name: `error-2`."""
    taken = {b.name for b in spec.behaviors}
    return next(name for n in range(2, 1000) if (name := f"{kind}-{n}") not in taken)


def copy_of(setup: BehaviorSpec, name: str) -> BehaviorSpec:
    """A variant with the same options and selectors."""
    return BehaviorSpec(name, setup.kind, setup.options)


def removal(profile: Profile, spec: ProxySpec, name: str) -> list[tuple[Path, Any]]:
    """The edits that take a variant out: out of this mix, and altogether unless another mix or a phase names it."""
    edits: list[tuple[Path, Any]] = []
    if any(r.behavior == name for r in spec.mix):
        edits.append((("proxies", spec.name, "mix"), tuple(r for r in spec.mix if r.behavior != name)))
    owners = [p for p in profile.proxies if any(b.name == name for b in p.behaviors)]
    if names_rule(profile.scenario, name):
        return edits
    if not any(r.behavior == name for p in owners if p.name != spec.name for r in p.mix):
        edits += [(("proxies", p.name, "behaviors", name), None) for p in owners]
    return edits
