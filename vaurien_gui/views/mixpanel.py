"""The behavior mix of one proxy: bar, rows, and a way to add another behavior."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QScrollArea, QVBoxLayout, QWidget

from vaurien_core.model.catalogue import BehaviorInfo
from vaurien_gui.models.shown import MixPanel
from vaurien_gui.style.controls import Button, ElidedText, Text
from vaurien_gui.style.pictures import picture
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.messagebar import InlineNote
from vaurien_gui.views.mixbar import MixBar, percent
from vaurien_gui.views.mixrow import MixRowView
from vaurien_gui.views.rows import arrange

GROUPS = ("Timing", "Errors", "Connection", "Data", "Bandwidth", "Rules")


class MixPanelView(QWidget):
    """Shows a `MixPanel` and tells what a hand wants. New values are written into the rows that are there."""

    weight_edited = Signal(str, object, bool)
    """Behavior, Decimal in percent, whether the hand still drags."""
    make_room = Signal(str, object)
    """Behavior, Decimal in percent that it shall have at the others' cost."""
    option_edited = Signal(str, str, str)
    option_reset = Signal(str, str)
    add_requested = Signal(str)
    remove_requested = Signal(str)
    copy_requested = Signal(str, str)
    """Behavior, and the name of the rule that is to be like it."""
    rename_requested = Signal(str, str)
    """Rule, and the name that it is to have."""
    action = Signal(str)
    """`scale-to-100` or `back-to-mix`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._panel = MixPanel((), Decimal(100))
        self._rows: dict[str, MixRowView] = {}
        self._open, self._awaited = "", ""
        self._made_of, self._made = "", ""
        self._renamed = ("", "")
        self._reveal = QTimer(self, singleShot=True, interval=50)
        self._reveal.timeout.connect(self._reveal_focus)
        self._summary = ElidedText(theme, token="text2")
        self._held = InlineNote(theme, "shield", "accent", "text2")
        self._over = InlineNote(theme, "failed", "bad", "bad", self.tr("Scale to 100"))
        self._override = InlineNote(theme, "info", "accent", "text2", self.tr("Back to the mix"))
        self._phase = InlineNote(theme, "timer", "accent", "text2")
        self.bar = MixBar(theme)
        self.add_button = Button(theme, self.tr("Add behavior…"), "plus", "ghost")
        self._menu = QMenu(self)
        self._menu.setProperty("headed", True)  # what is disabled in it are headings, to be read
        self._menu.setToolTipsVisible(True)
        self._build()
        self.bar.picked.connect(self._focus_row)
        self.add_button.clicked.connect(self._pop_up)
        self._over.pressed.connect(lambda: self.action.emit("scale-to-100"))
        self._override.pressed.connect(lambda: self.action.emit("back-to-mix"))

    def show_mix(self, panel: MixPanel) -> None:
        """Show new values; only rows that came or went change the layout."""
        self._panel = panel
        self._summary.show_text(self._summarize(panel))
        self._held.show_text(self.tr("Held. Weights are kept and nothing is injected.") if panel.held else "")
        over = self.tr("The weights add up to {}, more than 100 %.").format(panel.over)
        self._over.show_text(over if panel.over else "")
        self._override.show_text(panel.override)
        self._phase.show_text(panel.phase)
        self.bar.show_mix(panel)
        names = [row.behavior for row in panel.rows]
        former, latter = self._renamed
        if latter in names and former not in names:
            self._open = latter if self._open == former else self._open
            self._awaited, self._renamed = latter, ("", "")
        if names != list(self._rows):
            self._arrange(names)
        for row in panel.rows:
            self._rows[row.behavior].show_row(row, held=panel.held)
        self.add_button.setVisible(bool(panel.addable))
        if self._awaited in self._rows:
            self._rows[self._awaited].slider.setFocus(Qt.FocusReason.OtherFocusReason)
            self._awaited = ""
        if self._made in self._rows and self._made != self._made_of:
            self._show_made()

    def row(self, behavior: str) -> MixRowView:
        """The row of a behavior.

        Raises:
            KeyError: it isn't in the mix.
        """
        return self._rows[behavior]

    @property
    def in_hand(self) -> str:
        """The behavior of the row that has, or last had, the window's focus; "" if none."""
        focus = self.window().focusWidget()
        return next((name for name, row in self._rows.items() if focus and row.isAncestorOf(focus)), "")

    def open_options(self, behavior: str, on: bool = True) -> None:
        """Unfold one row's options; every other one folds."""
        self._open = behavior if on else ""
        for name, row in self._rows.items():
            row.set_open(name == self._open)

    def menu(self) -> QMenu:
        """The menu of what can be added, made of the mix that is shown."""
        self._menu.clear()
        known = {name: index for index, name in enumerate(GROUPS)}
        infos = sorted(self._panel.addable, key=lambda i: (known.get(i.group, len(GROUPS)), i.group, i.title))
        for group, members in groupby(infos, key=lambda info: info.group):
            if not self._menu.isEmpty():
                self._menu.addSeparator()
            self._menu.addAction(group).setEnabled(False)
            for info in members:
                self._add_entry(info)
        return self._menu

    def _build(self) -> None:
        head = QHBoxLayout()
        head.addWidget(Text(self._theme, self.tr("Behavior mix"), "section"))
        head.addStretch(1)
        head.addWidget(self._summary)
        foot = QHBoxLayout()
        foot.addWidget(self.add_button)
        foot.addStretch(1)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 12, 8)
        column.setSpacing(0)
        column.addLayout(head)
        column.addSpacing(8)
        for note in (self._held, self._over, self._override, self._phase):
            column.addWidget(note)
        column.addWidget(self.bar)
        column.addSpacing(6)
        column.addLayout(self._list)
        column.addLayout(foot)

    def _summarize(self, panel: MixPanel) -> str:
        total = sum((row.weight for row in panel.rows if not row.apart), Decimal(0))
        rules = sum(1 for row in panel.rows if row.apart and row.weight)
        more = "" if not rules else self.tr(" + 1 rule") if rules == 1 else self.tr(" + {} rules").format(rules)
        if panel.held:
            return self.tr("{}{} kept").format(percent(total), more)
        return self.tr("{} faults{}, {} normal").format(percent(total), more, percent(panel.normal))

    def _arrange(self, names: list[str]) -> None:
        """Make, move and drop rows; those that stay keep their state."""
        self._rows = arrange(self._list, self._rows, names, self._make)
        self._order_focus()

    def _make(self, name: str) -> MixRowView:
        shown = next(row for row in self._panel.rows if row.behavior == name)
        row = MixRowView(self._theme, shown)
        row.weight_edited.connect(self.weight_edited)
        row.room_wanted.connect(self.make_room)
        row.option_edited.connect(self.option_edited)
        row.option_reset.connect(self.option_reset)
        row.remove_wanted.connect(self.remove_requested)
        row.copy_wanted.connect(self._request_copy)
        row.rename_wanted.connect(self._request_rename)
        row.opened.connect(self.open_options)
        row.set_open(name == self._open)
        return row

    def _request_rename(self, rule: str, name: str) -> None:
        """The row goes on under its new name: open if it was, and with the focus."""
        if name == rule:
            self._rows[rule].naming.hide()
        self._renamed = (rule, name)
        self.rename_requested.emit(rule, name)

    def _order_focus(self) -> None:
        before: QWidget | None = None
        for row in self._rows.values():
            for widget in (row.slider, row.spin, row.options_button):
                if before is not None:
                    QWidget.setTabOrder(before, widget)
                before = widget
            before = _last_inside(row)
        if before is not None:
            QWidget.setTabOrder(before, self.add_button)

    def _focus_row(self, behavior: str) -> None:
        if behavior in self._rows:
            self._rows[behavior].slider.setFocus(Qt.FocusReason.MouseFocusReason)

    def _add_entry(self, info: BehaviorInfo) -> None:
        entry = self._menu.addAction(picture(self._theme, info.name), info.title)
        entry.setToolTip(info.summary)
        entry.setStatusTip(info.summary)
        entry.triggered.connect(lambda: self._request(info.name))

    def _request(self, name: str) -> None:
        self._awaited = name
        self.add_requested.emit(name)

    def _request_copy(self, behavior: str, name: str) -> None:
        self._made_of, self._made = behavior, name
        self.copy_requested.emit(behavior, name)

    def _show_made(self) -> None:
        """The rule that was asked for is there: close the question, open its selectors."""
        made, source = self._made, self._made_of
        self._made = self._made_of = ""
        if source in self._rows:
            self._rows[source].naming.hide()
        self.open_options(made)
        self._rows[made].show_selectors()
        self._rows[made].form.editor("match").field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._reveal.start()

    def _reveal_focus(self) -> None:
        """Scroll to the field that got the focus, once it has its place."""
        area: QWidget | None = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        field = self.focusWidget()
        if isinstance(area, QScrollArea) and field is not None:
            area.ensureWidgetVisible(field, 0, self._theme.px(160))

    def _pop_up(self) -> None:
        self.menu().popup(self.add_button.mapToGlobal(QPoint(0, self.add_button.height())))


def _last_inside(row: MixRowView) -> QWidget:
    """The last widget of a row in the focus chain: its options come after its button."""
    last: QWidget = row.options_button
    walker = last.nextInFocusChain()
    while walker is not None and row.isAncestorOf(walker):
        if walker.focusPolicy() & Qt.FocusPolicy.TabFocus and walker.focusProxy() is None:
            last = walker
        walker = walker.nextInFocusChain()
    return last
