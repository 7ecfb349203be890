"""What breaks a proxy now as the text of a preset, and the name of its file. Called by the window."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vaurien_core.errors import UsageError
from vaurien_core.model.profile import ProxySpec
from vaurien_core.profiles import keys
from vaurien_core.profiles.mixes import mix_text
from vaurien_core.profiles.preset_rules import SECTION
from vaurien_core.profiles.values import protect
from vaurien_core.profiles.writing import behavior_lines, option_text, toxic_lines
from vaurien_core.registry import Registry

Lines = Sequence[tuple[str, str]]


def worth_saving(spec: ProxySpec) -> bool:
    """Whether something breaks it, so that a preset of it would."""
    return bool(spec.faults or spec.toxics or spec.state != "up")


def text_of(spec: ProxySpec, title: str, description: str, registry: Registry) -> str:
    """The mix, the state and the toxics of a proxy and their options as a preset; with a mix, for its protocol.

    Raises:
        UsageError: it breaks nothing, or INI text can't hold it.
    """
    if not worth_saving(spec):
        raise UsageError(f"{spec.name} breaks nothing now; a preset needs a mix, a toxic or a state.")
    catalogue = registry.catalogue()
    protocols = spec.protocol if spec.faults or _bound(spec, registry) else ""
    head = [("title", title), ("description", description), ("protocols", protocols)]
    try:
        blocks: list[tuple[str, Lines]] = [
            (SECTION, [(key, protect(" ".join(value.split()))) for key, value in head if value]),
            ("vaurien", _proxy_lines(spec)),
        ]
        setups = [spec.behavior(rule.behavior) for rule in spec.faults]
        blocks += [(f"behavior:{s.name}", lines) for s in setups if (lines := behavior_lines(s, catalogue))]
        blocks += [(f"toxic:{t.name}", lines) for t in spec.toxics if (lines := toxic_lines(t, catalogue))]
    except ValueError as error:
        raise UsageError(f"the preset can't be written: {error}.") from None
    return "\n".join(f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in lines) for name, lines in blocks)


def file_name(title: str) -> str:
    """The file of a preset with this title: `flaky-network.ini`; "" if it has no letter or digit."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return f"{stem}.ini" if stem else ""


def _proxy_lines(spec: ProxySpec) -> Lines:
    lines = [("behavior", mix_text(spec.faults))] if spec.faults else []
    if spec.toxics:
        lines.append((keys.TOXICS.name, option_text(keys.TOXICS, tuple(toxic.name for toxic in spec.toxics))))
    if spec.state != "up":
        lines.append(("state", spec.state))
    return lines


def _bound(spec: ProxySpec, registry: Registry) -> bool:
    """Whether one of its toxics is for some protocols only."""
    return any(registry.behavior(toxic.kind).protocols for toxic in spec.toxics)
