"""Presets: a list to search, what the chosen one does, and what applying it would change."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.models.shown import PresetForm, PresetItem
from vaurien_gui.style.controls import Button, IconButton, Rule, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.preset_rows import NOTE, PresetRows

LIST_WIDTH = 264


class PresetSheet(QWidget):
    """The content of a `Sheet`. Shows a `PresetForm`; Return applies, Up and Down choose from the search field too.

    Args:
        theme: colours and measures.
        fresh: the chosen one is to begin a new profile, instead of being laid over a proxy.
    """

    searched = Signal(str)
    chosen = Signal(str)
    applied = Signal()
    save_wanted = Signal()
    done = Signal()

    def __init__(self, theme: Theme, *, fresh: bool = False) -> None:
        super().__init__()
        self._theme, self._fresh = theme, fresh
        self._name = self.tr("New from preset") if fresh else self.tr("Presets")
        self.setAccessibleName(self._name)
        self._intro = Text(theme, token="text2", wrap=True)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search presets"))
        self.search.setClearButtonEnabled(True)
        self._lens = QAction(self.search)
        self.search.addAction(self._lens, QLineEdit.ActionPosition.LeadingPosition)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Presets"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows = PresetRows(theme)
        self.list.setItemDelegate(self._rows)
        self.list.setMouseTracking(True)
        self._title = Text(theme, role="card-title", wrap=True)
        self._description = Text(theme, wrap=True)
        for words in (self._title, self._description):
            words.setTextFormat(Qt.TextFormat.PlainText)  # presets of users say what they like
        self._head = Text(theme, self.tr("It begins with") if fresh else self.tr("Applying it changes"), role="strong")
        self.changes = Text(theme, token="text2", wrap=True)
        self.changes.setAccessibleName(self.tr("What it begins with") if fresh else self.tr("What applying it changes"))
        self._remark = ProblemLine(theme, "info", "text2", "body")
        self.close_button = IconButton(theme, "close", self.tr("Close"))
        self.save_button = Button(theme, self.tr("Save as preset…"), "download")
        self.save_button.setToolTip(self.tr("The present mix of this proxy as a preset of your own"))
        self.cancel_button = Button(theme, self.tr("Cancel"))
        self.save_button.setVisible(not fresh)
        self.apply_button = Button(theme, self.tr("Create") if fresh else self.tr("Apply"), "tick", "ink")
        self.setFocusProxy(self.search)
        self._items: tuple[PresetItem, ...] = ()
        self._lay_out()
        self.search.textChanged.connect(self.searched)
        self.search.returnPressed.connect(self._apply)
        self.list.currentItemChanged.connect(self._current)
        self.list.itemActivated.connect(lambda _: self._apply())
        self.apply_button.clicked.connect(self._apply)
        self.save_button.clicked.connect(self.save_wanted)
        self.cancel_button.clicked.connect(self.done)
        self.close_button.clicked.connect(self.done)
        theme.changed.connect(self._follow)
        self._follow()

    def show_form(self, form: PresetForm, *, fresh: bool = False) -> None:
        """Show the list and the chosen one; `fresh`: with an empty search."""
        if fresh:
            self.search.blockSignals(True)
            self.search.clear()
            self.search.blockSignals(False)
        over = self.tr("Known ways to fail, for %1. Weights, options and phases are set; addresses stay.")
        new = self.tr("A new profile with one proxy that fails in a known way. Then tell it where your server is.")
        self._intro.show_text(new if self._fresh else over.replace("%1", form.proxy))
        self._show_list(form)
        item = next((item for item in form.items if item.name == form.chosen), None)
        self._title.show_text(item.title if item else "")
        self._description.show_text(form.description)
        self._head.setVisible(bool(form.changes))
        self.changes.setVisible(bool(form.changes))
        self.changes.show_text("".join(_line(text) for text in form.changes))
        self._remark.show_problem(form.remark)
        self.apply_button.setEnabled(form.applicable)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down in the search field move in the list."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if step and self.search.hasFocus():
            self.list.setCurrentRow(min(max(self.list.currentRow() + step, 0), self.list.count() - 1))
        else:
            super().keyPressEvent(event)

    def _show_list(self, form: PresetForm) -> None:
        self.list.blockSignals(True)
        if form.items != self._items:
            self._items = form.items
            self.list.clear()
            for item in form.items:
                row = QListWidgetItem(item.title)
                row.setData(NOTE, item.note)
                row.setData(Qt.ItemDataRole.UserRole, item.name)
                row.setData(Qt.ItemDataRole.AccessibleTextRole, f"{item.title}, {item.note}")
                self.list.addItem(row)
        names = [item.name for item in form.items]
        self.list.setCurrentRow(names.index(form.chosen) if form.chosen in names else -1)
        self.list.blockSignals(False)

    def _lay_out(self) -> None:
        theme = self._theme
        head = QHBoxLayout()
        head.addWidget(Text(theme, self._name, "sheet-title"))
        head.addStretch(1)
        head.addWidget(self.close_button)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        inner = QWidget()
        right = QVBoxLayout(inner)
        right.setContentsMargins(0, 4, 8, 0)
        right.setSpacing(8)
        for part in (self._title, self._description):
            right.addWidget(part)
        right.addSpacing(8)
        right.addWidget(self._head)
        right.addWidget(self.changes)
        right.addWidget(self._remark)
        right.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName(self.tr("The chosen preset"))
        inner.setObjectName("leftBody")
        inner.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        scroll.setWidget(inner)
        middle = QHBoxLayout()
        middle.setSpacing(20)
        middle.addLayout(left)
        middle.addWidget(scroll, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.save_button)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.apply_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._intro)
        column.addSpacing(12)
        column.addLayout(middle, 1)
        column.addSpacing(12)
        column.addWidget(Rule(theme))
        column.addSpacing(12)
        column.addLayout(buttons)

    def _current(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(str(item.data(Qt.ItemDataRole.UserRole)))

    def _apply(self) -> None:
        if self.apply_button.isEnabled():
            self.applied.emit()

    def _follow(self) -> None:
        theme = self._theme
        self.search.setFont(theme.font("body"))
        self.list.setFont(theme.font("body"))
        self.search.setFixedWidth(theme.px(LIST_WIDTH))
        self.list.setFixedWidth(theme.px(LIST_WIDTH))
        self._lens.setIcon(theme.icon("search", "text3"))
        self.list.doItemsLayout()


def _line(text: str) -> str:
    """A line of the changes; an indented one stays so."""
    bare = text.lstrip()
    return f'<p style="margin: 0 0 4px {4 * (len(text) - len(bare))}px">{escape(bare)}</p>'
