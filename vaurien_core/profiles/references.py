"""Which values of a profile that was read came from the environment; see `model.veil`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vaurien_core.model.profile import Profile
from vaurien_core.model.veil import Path, Reference, map_values
from vaurien_core.model.wire import to_json
from vaurien_core.profiles.layers import Cell

_PUBLIC = ("proxy", "protocol", "host", "draw_by", "state", "log_level")
"""Names, and where Vaurien itself listens: its callers have to know."""


def references(profile: Profile, cells: Mapping[str, Cell]) -> tuple[Reference, ...]:
    """The texts and options that variables were filled into, less what everybody may see."""
    secret = {tuple(path.split("/")): cell.raw for path, cell in cells.items() if cell.secret}
    found: list[Reference] = []

    def look(path: Path, value: Any) -> Any:
        if path not in secret or path[-1] in _PUBLIC or value is None:
            return value
        if isinstance(value, str):
            found.append(Reference(path, secret[path], value))
        elif _is_option(path):
            found.append(Reference(path, secret[path], tuple(value) if isinstance(value, (list, tuple)) else value))
            return secret[path]
        return value

    if secret:
        map_values(to_json(profile), look)
    return tuple(found)


def _is_option(path: Path) -> bool:
    """Of a behavior or a protocol: what others may show as a text in its place."""
    return path[0] == "proxies" and path[2:3] in (("behaviors",), ("protocol_options",))
