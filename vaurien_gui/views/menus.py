"""The menu bar, made from the actions' declarations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent
from PySide6.QtWidgets import QMenu, QMenuBar

from vaurien_gui.actions import ACTIONS, BAR, MENUS, Actions


class Menus(QObject):
    """The menus of a window, and the list of recent files in one of them.

    The letters of the bar are underlined, and act, only while Alt is held.
    """

    def __init__(self, bar: QMenuBar, actions: Actions, open_recent: Callable[[str], None]) -> None:
        super().__init__(bar)
        self._open_recent = open_recent
        self.menus = {name: QMenu(name, bar) for name in MENUS}
        self.recent = QMenu("Open &recent", bar)
        groups: dict[str, QActionGroup] = {}
        for name, menu in self.menus.items():
            menu.setToolTipsVisible(True)
            group, inner = 0, dict[str, QMenu]()
            for spec in sorted((s for s in ACTIONS if s.menu == name), key=lambda s: s.group):
                if spec.group != group:
                    menu.addSeparator()
                    group = spec.group
                if spec.submenu and spec.submenu not in inner:
                    inner[spec.submenu] = menu.addMenu(spec.submenu)
                place = inner.get(spec.submenu, menu)
                if spec.submenu and place.actions() and place.actions()[-1].isCheckable() != spec.check:
                    place.addSeparator()
                place.addAction(actions[spec.id])
                if spec.id == "open":
                    menu.addMenu(self.recent)
                if spec.choice:
                    groups.setdefault(spec.choice, QActionGroup(bar)).addAction(actions[spec.id])
            bar.addMenu(menu)
            menu.aboutToHide.connect(lambda: self.show_letters(False))
        bar.window().installEventFilter(self)
        self.show_recent(())

    def show_letters(self, on: bool) -> None:
        """Underline the letters that open a menu with Alt, or not."""
        for name, menu in self.menus.items():
            title = BAR[name] if on else name
            if menu.title() != title:
                menu.setTitle(title)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the Alt key: every key press goes to the window as a possible shortcut first."""
        kind = event.type()
        if kind is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self.show_letters(alt or event.key() == Qt.Key.Key_Alt)
        elif kind is QEvent.Type.WindowDeactivate:
            self.show_letters(False)
        elif kind is QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            held = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self.show_letters(held and event.key() != Qt.Key.Key_Alt)
        return False

    def show_recent(self, paths: tuple[str, ...]) -> None:
        """The files that can be opened again."""
        self.recent.clear()
        self.recent.setEnabled(bool(paths))
        for path in paths:
            action = QAction(Path(path).name, self.recent)
            action.setToolTip(path)
            action.triggered.connect(lambda _checked=False, p=path: self._open_recent(p))
            self.recent.addAction(action)
