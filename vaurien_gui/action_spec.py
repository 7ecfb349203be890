"""What an action is, declared: the registry in `actions` is made of these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action. `menu` is where it stands; `check` makes it a tick; `group` the menu's section."""

    id: str
    text: str
    tip: str
    menu: str
    icon: str = ""
    shortcuts: tuple[str, ...] = ()
    group: int = 0
    check: bool = False
    submenu: str = ""
    """The menu within the menu, or ""."""
    choice: str = ""
    """Ticks with the same one exclude each other."""
