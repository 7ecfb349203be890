"""What a preset's file may hold: words of its own and what breaks one proxy, no addresses and no other settings."""

from __future__ import annotations

from vaurien_core.errors import Problem, did_you_mean
from vaurien_core.profiles import keys
from vaurien_core.profiles.lines import Ini
from vaurien_core.registry import Registry

SECTION = "preset"
KEYS = ("title", "description", "protocols")
PROXY_KEYS = frozenset({"behavior", "state", keys.TOXICS.name})
SECTIONS = ("behavior", "toxic", "phase", "scenario")
_ENDPOINT = "expected behaviors, toxics, phases and [preset] only; a preset has no addresses and no other settings."


def foreign(ini: Ini, name: str) -> list[Problem]:
    """What a preset may not hold."""
    found = [Problem(fault.message, name, fault.line, fault.section, fault.key) for fault in ini.faults]
    for section in ini.sections.values():
        word, _, rest = section.name.partition(":")
        line = section.header + 1
        if section.name == SECTION:
            for key, item in section.items.items():
                if key not in KEYS:
                    message = f'unknown key "{key}",{did_you_mean(key, KEYS)}'
                    found.append(Problem(message, name, item.first + 1, section.name, key))
        elif section.name == "vaurien":
            for key, item in section.items.items():
                if key not in PROXY_KEYS:
                    found.append(Problem(_ENDPOINT, name, item.first + 1, section.name, key))
        elif word not in SECTIONS or "@" in rest or "callable" in section.items:
            found.append(Problem(_ENDPOINT, name, line, section.name))
    return found


def unknown_protocols(ini: Ini, name: str, protocols: tuple[str, ...], registry: Registry) -> list[Problem]:
    """Protocols that it is for and that nobody speaks."""
    known = registry.protocol_names
    item = ini.item(SECTION, "protocols")
    line = item.first + 1 if item else 0
    messages = [f'unknown protocol "{p}",{did_you_mean(p, known)}' for p in protocols if p not in known]
    return [Problem(message, name, line, SECTION, "protocols") for message in messages]
