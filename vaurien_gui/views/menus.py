"""The menu bar, made from the actions' declarations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QMenuBar

from vaurien_gui.actions import ACTIONS, MENUS, Actions


class Menus:
    """The menus of a window, and the list of recent files in one of them."""

    def __init__(self, bar: QMenuBar, actions: Actions, open_recent: Callable[[str], None]) -> None:
        self._open_recent = open_recent
        self.menus = {name: QMenu(f"&{name}", bar) for name in MENUS}
        self.recent = QMenu("Open &recent", bar)
        themes = QActionGroup(bar)
        for name, menu in self.menus.items():
            menu.setToolTipsVisible(True)
            group = 0
            for spec in (s for s in ACTIONS if s.menu == name):
                if spec.group != group:
                    menu.addSeparator()
                    group = spec.group
                menu.addAction(actions[spec.id])
                if spec.id == "open":
                    menu.addMenu(self.recent)
                if spec.check:
                    themes.addAction(actions[spec.id])
            bar.addMenu(menu)
        self.show_recent(())

    def show_recent(self, paths: tuple[str, ...]) -> None:
        """The files that can be opened again."""
        self.recent.clear()
        self.recent.setEnabled(bool(paths))
        for path in paths:
            action = QAction(Path(path).name, self.recent)
            action.setToolTip(path)
            action.triggered.connect(lambda _checked=False, p=path: self._open_recent(p))
            self.recent.addAction(action)
