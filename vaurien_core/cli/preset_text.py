"""What `vaurien describe preset` prints, and how `--preset` finds one."""

from __future__ import annotations

import textwrap
from pathlib import Path

from vaurien_core.profiles.mixes import mix_text
from vaurien_core.profiles.presets import UP, Preset, presets, read, user_folder
from vaurien_core.profiles.scenarios import scenario_blocks
from vaurien_core.profiles.writing import behavior_lines, toxic_lines
from vaurien_core.registry import Registry

WIDTH = 88


def find(name: str, registry: Registry) -> Preset:
    """A preset by its name, or from a file whose path ends in `.ini`.

    Raises:
        UsageError: there is none, or it can't be read.
    """
    return read(Path(name), registry) if name.endswith(".ini") else presets(registry).named(name)


def described(registry: Registry, name: str | None = None) -> str:
    """All presets, or one in full.

    Raises:
        UsageError: there is no such preset, or it can't be read.
    """
    if name is not None:
        return _full(find(name, registry), registry)
    listed = presets(registry)
    width = max(len(preset.name) for preset in listed.presets)
    lines = ["Presets, for --preset NAME", ""]
    for preset in listed.presets:
        text = f"{preset.title} ({', '.join(preset.protocols) or 'any protocol'})"
        lines.append(f"  {preset.name:<{width}}  {text}{'' if preset.builtin else ', your own'}")
    lines += ["", f"Your own lie in {user_folder()}."]
    return "\n".join([*lines, *(f"not usable: {problem}" for problem in listed.problems)])


def _full(preset: Preset, registry: Registry) -> str:
    catalogue = registry.catalogue()
    blocks = [("vaurien", lines)] if (lines := _proxy_lines(preset)) else []
    blocks += [(f"behavior:{spec.name}", behavior_lines(spec, catalogue)) for spec in preset.behaviors]
    blocks += [(f"toxic:{spec.name}", lines) for spec in preset.toxics if (lines := toxic_lines(spec, catalogue))]
    blocks += scenario_blocks(preset.scenario)
    parts = [
        f"{preset.name}: {preset.title}",
        textwrap.fill(preset.description, WIDTH),
        f"Protocols: {', '.join(preset.protocols) or 'all'}.",
        "\n\n".join(f"[{name}]\n" + "\n".join(f"{k} = {v}" for k, v in lines) for name, lines in blocks),
    ]
    return "\n\n".join(part for part in parts if part)


def _proxy_lines(preset: Preset) -> list[tuple[str, str]]:
    lines = [("behavior", mix_text(preset.mix))] if preset.mix else []
    if preset.toxics:
        lines.append(("toxics", ", ".join(spec.name for spec in preset.toxics)))
    return [*lines, ("state", preset.state)] if preset.state != UP else lines
