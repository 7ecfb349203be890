"""Every action has its place in a menu and a key that leads there, and no key means two things."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu

from vaurien_gui.actions import ACTIONS, BAR, MENUS
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments


@pytest.fixture
def quiet(settings: QSettings, qapp: QApplication) -> App:
    return App(qapp, Arguments(theme="light"), settings=settings)


def letter(text: str) -> str:
    """The underlined one, in lower case; "" for none."""
    found = re.search(r"&([^&\s])", text.replace("&&", ""))
    return found[1].lower() if found else ""


def menus_of(app: App) -> list[tuple[str, QMenu]]:
    """All menus of the bar and the menus in them, by their path."""
    found = list(app.menus.menus.items())
    for path, menu in found:
        for action in menu.actions():
            inner = action.menu()
            if isinstance(inner, QMenu):
                found.append((f"{path} > {inner.title()}", inner))
    return found


def places(app: App) -> dict[str, list[QAction]]:
    """What stands in each menu, by the menu's path."""
    return {path: [a for a in menu.actions() if not a.isSeparator()] for path, menu in menus_of(app)}


def test_each_action_has_a_text_a_tip_and_a_letter(quiet: App) -> None:
    for spec in ACTIONS:
        action = quiet.actions[spec.id]
        assert action.text().replace("&", "").strip(), spec.id
        assert action.toolTip().strip(), spec.id
        assert letter(action.text()), f"{spec.id}: no letter of {action.text()!r} is underlined"


def test_no_two_entries_of_a_menu_share_a_letter(quiet: App) -> None:
    for path, actions in places(quiet).items():
        if actions == quiet.menus.recent.actions():
            continue
        letters = Counter(letter(action.text()) for action in actions)
        twice = [key for key, count in letters.items() if count > 1]
        assert not twice, f"{path}: {[a.text() for a in actions if letter(a.text()) in twice]}"
    assert len({letter(BAR[name]) for name in MENUS}) == len(MENUS)
