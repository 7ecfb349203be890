"""Which texts of a profile that was read came from the environment; see `model.veil`."""

from __future__ import annotations

from collections.abc import Mapping

from vaurien_core.model.profile import Profile
from vaurien_core.model.veil import Path, Reference, map_texts
from vaurien_core.model.wire import to_json
from vaurien_core.profiles.layers import Cell

_PUBLIC = ("proxy", "protocol", "host", "draw_by", "state", "log_level")
"""Names, and where Vaurien itself listens: its callers have to know."""


def references(profile: Profile, cells: Mapping[str, Cell]) -> tuple[Reference, ...]:
    """The texts that variables were filled into, less what everybody may see."""
    secret = {tuple(path.split("/")): cell.raw for path, cell in cells.items() if cell.secret}
    found: list[Reference] = []

    def look(path: Path, text: str) -> str:
        if path in secret and path[-1] not in _PUBLIC:
            found.append(Reference(path, secret[path], text))
        return text

    if secret:
        map_texts(to_json(profile), look)
    return tuple(found)
