"""The toxics of one proxy, under its mix: always on, in the order in which bytes meet them."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from vaurien_gui.models.toxics_shown import ToxicsPanel
from vaurien_gui.style.controls import Button, ElidedText, Text
from vaurien_gui.style.pictures import picture
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.messagebar import InlineNote
from vaurien_gui.views.rows import arrange
from vaurien_gui.views.toxicrow import ToxicRowView


class ToxicsPanelView(QWidget):
    """Shows a `ToxicsPanel` and tells what a hand wants."""

    add_requested = Signal(str)
    """A kind."""
    network_requested = Signal(str)
    enabled_edited = Signal(str, bool)
    move_wanted = Signal(str, int)
    option_edited = Signal(str, str, str)
    option_reset = Signal(str, str)
    remove_requested = Signal(str)
    kick = Signal()
    """Close the connections that there are, so that new ones meet the toxics from the start."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._panel = ToxicsPanel(())
        self._rows: dict[str, ToxicRowView] = {}
        self._open = ""
        self._summary = ElidedText(theme, token="text2")
        self._held = InlineNote(theme, "shield", "accent", "text2")
        self._phase = InlineNote(theme, "timer", "accent", "text2")
        self.add_button = Button(theme, self.tr("Add toxic…"), "plus", "ghost")
        self.kick_button = Button(theme, self.tr("Kick connections"), kind="small")
        self.kick_button.setToolTip(self.tr("Close the connections that are open: clients connect again"))
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._build()

    def show_toxics(self, panel: ToxicsPanel) -> None:
        """Show new values; only rows that came or went change the layout."""
        self._panel = panel
        acting = sum(1 for row in panel.rows if row.enabled)
        words = self.tr("none") if not panel.rows else self.tr("{} of {} on").format(acting, len(panel.rows))
        self._summary.show_text(words)
        held = panel.held and acting > 0
        self._held.show_text(self.tr("Held. Toxics are kept and do nothing.") if held else "")
        self._phase.show_text(panel.phase)
        names = [row.name for row in panel.rows]
        if names != list(self._rows):
            self._arrange(names)
        for row in panel.rows:
            first, last = row.name == names[0], row.name == names[-1]
            self._rows[row.name].show_row(row, first=first, last=last, held=panel.held)
        self.add_button.setVisible(bool(panel.addable))
        self.kick_button.setVisible(bool(panel.rows))
        self.kick_button.setEnabled(panel.running)

    def row(self, name: str) -> ToxicRowView:
        """The row of a toxic.

        Raises:
            KeyError: there is none.
        """
        return self._rows[name]

    def open_options(self, name: str, on: bool = True) -> None:
        """Unfold one row's options; every other one folds."""
        self._open = name if on else ""
        for other, row in self._rows.items():
            row.set_open(other == self._open)

    def menu(self) -> QMenu:
        """What can be mounted."""
        menu = self._menu
        menu.clear()
        infos = sorted(self._panel.addable, key=lambda info: (info.group, info.title))
        for group, members in groupby(infos, key=lambda info: info.group):
            menu.addSection(group)
            for info in members:
                entry = menu.addAction(picture(self._theme, info.name), info.title)
                entry.setToolTip(info.summary)
                entry.triggered.connect(lambda _=False, name=info.name: self.add_requested.emit(name))
        if self._panel.networks:
            menu.addSection(self.tr("Networks"))
        for item in self._panel.networks:
            entry = menu.addAction(f"{item.title}   {item.note}")
            entry.setToolTip(item.note)
            entry.triggered.connect(lambda _=False, name=item.name: self.network_requested.emit(name))
        return menu

    def _build(self) -> None:
        head = QHBoxLayout()
        head.addWidget(Text(self._theme, self.tr("Always on"), "section"))
        head.addStretch(1)
        head.addWidget(self._summary)
        foot = QHBoxLayout()
        foot.addWidget(self.add_button)
        foot.addStretch(1)
        foot.addWidget(self.kick_button)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 12, 8)
        column.setSpacing(0)
        column.addLayout(head)
        column.addSpacing(4)
        for note in (self._held, self._phase):
            column.addWidget(note)
        column.addLayout(self._list)
        column.addLayout(foot)
        self.add_button.clicked.connect(self._pop_up)
        self.kick_button.clicked.connect(self.kick)

    def _arrange(self, names: list[str]) -> None:
        self._rows = arrange(self._list, self._rows, names, self._make)
        before: QWidget | None = None
        for row in self._rows.values():
            for stop in row.stops:
                if before is not None:
                    QWidget.setTabOrder(before, stop)
                before = stop
        for stop in (self.add_button, self.kick_button):
            if before is not None:
                QWidget.setTabOrder(before, stop)
            before = stop

    def _make(self, name: str) -> ToxicRowView:
        row = ToxicRowView(self._theme, next(row for row in self._panel.rows if row.name == name))
        row.enabled_edited.connect(self.enabled_edited)
        row.move_wanted.connect(self.move_wanted)
        row.option_edited.connect(self.option_edited)
        row.option_reset.connect(self.option_reset)
        row.remove_wanted.connect(self.remove_requested)
        row.opened.connect(self.open_options)
        row.set_open(name == self._open)
        return row

    def _pop_up(self) -> None:
        self.menu().popup(self.add_button.mapToGlobal(QPoint(0, self.add_button.height())))
