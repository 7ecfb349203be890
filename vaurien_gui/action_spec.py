"""What an action is, declared: the registry in `actions` is made of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

K = TypeVar("K")


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


def plain(text: str) -> str:
    """A text of somebody else's, for a menu: its `&` is no letter of the menu's."""
    return text.replace("&", "&&")


def lettered(titles: Mapping[K, str], taken: str = "") -> dict[K, str]:
    """Titles for one menu, each with a letter of its own underlined: the first of a word, else any that is free.

    Args:
        titles: what is to stand in the menu.
        taken: letters of what else stands there, in lower case.

    Raises:
        ValueError: every letter of a title is taken.
    """
    used, made = set(taken), dict[K, str]()
    for key, title in titles.items():
        first = [at for at, sign in enumerate(title) if sign.isalnum() and (at == 0 or title[at - 1] == " ")]
        rest = [at for at, sign in enumerate(title) if sign.isalnum() and at not in first]
        at = next((at for at in (*first, *rest) if title[at].lower() not in used), None)
        if at is None:
            raise ValueError(f"no letter of {title!r} is free beside {''.join(sorted(used))}")
        used.add(title[at].lower())
        made[key] = f"{title[:at]}&{title[at:]}"
    return made
