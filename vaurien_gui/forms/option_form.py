"""The form of a set of options, generated from their declarations. There is no hand-written form."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from vaurien_core.options import Option, OptionValue
from vaurien_gui.forms.editors import CheckEditor, Editor, QuantityEditor, editor_of, label_of
from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.forms.suggesting import SuggestingEditor
from vaurien_gui.models.shown import FormRow, Suggestion
from vaurien_gui.style.controls import Button, Text, clear
from vaurien_gui.style.theme import Theme

_Shape = tuple[tuple[Option, str, tuple[Suggestion, ...]], ...]
"""What makes other fields necessary: options, their folds, and what they can be."""
_SHORT_LABEL = 8
"""Two numbers share a line when the second one's label has at most so many characters."""


class OptionForm(QWidget):
    """A sentence, a field per option, and what is advanced behind a fold. Tells texts; checks nothing.

    Owners may add to `head` (at the right of the sentence) and `body` (under it).
    """

    edited = Signal(str, str)
    reset = Signal(str)
    action = Signal(str)
    """The id of a button beside a field."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("form")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._options: _Shape | None = None
        self._after: QWidget | None = None
        self._entries: dict[str, _Entry] = {}
        self._sentence = Text(theme, token="text2", wrap=True)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        self._folds: dict[str, _Fold] = {}
        self._below = QVBoxLayout()
        self._below.setSpacing(8)
        self.head = QHBoxLayout()
        self.head.setSpacing(4)
        self.head.addWidget(self._sentence, 1)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 8, 8, 10)
        self.body.setSpacing(8)
        self.body.addLayout(self.head)
        self.body.addLayout(self._rows)
        self.body.addLayout(self._below)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_rows(self, sentence: str, rows: tuple[FormRow, ...]) -> None:
        """Show values; fields are made anew only when the options are others."""
        self._sentence.show_text(sentence)
        self._sentence.setVisible(bool(sentence))
        options = tuple((row.option, self._fold_of(row), row.suggestions) for row in rows)
        if options != self._options:
            self._build(options, {self._fold_of(row) for row in rows if row.fold and row.changed})
        values = {row.option.name: row.value for row in rows}
        for row in rows:
            self._entries[row.option.name].show_row(row, _matters(row.option, values))
            if row.problem and (fold := self._fold_of(row)):
                self._folds[fold].unfold()

    def unfold(self, title: str) -> None:
        """Open a fold, if it is there."""
        if title in self._folds:
            self._folds[title].unfold()

    def tab_after(self, widget: QWidget) -> None:
        """The fields follow this widget in the order of Tab."""
        self._after = widget

    def editor(self, name: str) -> Editor:
        """The editor of an option.

        Raises:
            KeyError: no such option is shown.
        """
        return self._entries[name].editor

    def _fold_of(self, row: FormRow) -> str:
        return row.fold or (self.tr("Advanced") if row.option.advanced else "")

    def _build(self, options: _Shape, open_folds: set[str]) -> None:
        self._options = options
        clear(self._rows)
        clear(self._below)
        self._entries = {option.name: self._entry(option, known) for option, _, known in options}
        self._folds = {}
        column = max([self._theme.px(56), *(e.label_width() for e in self._entries.values() if not e.bare)])
        titles = list(dict.fromkeys(["", *(title for _, title, _ in options)]))
        stops: list[QWidget] = []
        for title in titles:
            entries = [self._entries[option.name] for option, at, _ in options if at == title]
            rows = self._rows
            if title:
                fold = self._folds[title] = _Fold(self._theme, title)
                self._below.addWidget(fold, 0, Qt.AlignmentFlag.AlignLeft)
                self._below.addWidget(fold.inside)
                fold.setChecked(title in open_folds)
                stops.append(fold)
                rows = fold.rows
            self._lay_out(entries, rows, column)
            stops += [stop for entry in entries for stop in entry.stops]
        before = self._after
        for stop in stops:
            if before is not None:
                QWidget.setTabOrder(before, stop)
            before = stop

    def _entry(self, option: Option, known: tuple[Suggestion, ...]) -> _Entry:
        entry = _Entry(self._theme, option, known)
        entry.editor.edited.connect(lambda text, name=option.name: self._tell(name, text))
        entry.editor.reset.connect(lambda name=option.name: self.reset.emit(name))
        entry.button.clicked.connect(lambda _=False: self.action.emit(entry.action))
        return entry

    def _tell(self, name: str, text: str) -> None:
        if text:
            self.edited.emit(name, text)
        else:
            self.reset.emit(name)

    def _lay_out(self, entries: list[_Entry], rows: QVBoxLayout, column: int) -> None:
        waiting = list(entries)
        while waiting:
            entry = waiting.pop(0)
            mate = waiting[0] if waiting and _pair(entry, waiting[0]) else None
            if mate is not None:
                waiting.pop(0)
            rows.addLayout(_row(entry, mate, column))


class _Fold(Button):
    """The button of a fold; `inside` is what it shows and hides, under it."""

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__(theme, title, "chevron-right", "link", token="accent")
        self.inside = QWidget()
        self.rows = QVBoxLayout(self.inside)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(8)
        self.inside.hide()
        self.setCheckable(True)
        self.toggled.connect(self._show)

    def unfold(self) -> None:
        """Show what is inside."""
        self.setChecked(True)

    def _show(self, on: bool) -> None:
        self.inside.setVisible(on)
        self.show_icon("chevron-down" if on else "chevron-right")


class _Entry:
    """The widgets of one option."""

    def __init__(self, theme: Theme, option: Option, known: tuple[Suggestion, ...]) -> None:
        self.option = option
        self.editor = SuggestingEditor(theme, option, known) if known else editor_of(theme, option)
        self.bare = isinstance(self.editor, CheckEditor)
        self.label = Text(theme, "" if self.bare else label_of(option), token="text2")
        self.label.setBuddy(self.editor.field)
        self.label.setToolTip(option.help)
        self.problem = ProblemLine(theme)
        self.note = Text(theme, role="caption", token="text2", wrap=True)
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note.hide()
        self.action = ""
        self.button = Button(theme, kind="small")
        self.beside = QWidget()
        room = QHBoxLayout(self.beside)
        room.setContentsMargins(8, 0, 0, 0)
        room.addWidget(self.button)
        self.beside.hide()

    @property
    def stops(self) -> list[QWidget]:
        """What Tab stops at, in order."""
        return [*self.editor.stops, self.button]

    def label_width(self) -> int:
        """What the label needs."""
        return self.label.sizeHint().width()

    def show_row(self, row: FormRow, matters: bool) -> None:
        """Value, reset arrow, problem."""
        self.editor.show_value(cast("OptionValue", row.value), problem=bool(row.problem))
        self.editor.setEnabled(matters)
        self.label.set_token("text2" if matters else "disabled")
        self.label.setEnabled(matters)
        self.editor.show_changed(row.changed)
        self.problem.show_problem(row.problem)
        self.note.show_text(row.note)
        self.note.setVisible(bool(row.note))
        self.beside.setVisible(row.action is not None)
        if row.action is not None:
            self.action = row.action.id
            self.button.setText(row.action.text)


def _pair(one: _Entry, two: _Entry) -> bool:
    numbers = isinstance(one.editor, QuantityEditor) and isinstance(two.editor, QuantityEditor)
    return numbers and len(label_of(two.option)) <= _SHORT_LABEL


def _row(entry: _Entry, mate: _Entry | None, column: int) -> QGridLayout:
    """Label, field, reset arrow, perhaps the same again; a line for problems under them."""
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(4)
    grid.setColumnMinimumWidth(0, column)
    line = QHBoxLayout()
    line.setSpacing(0)
    line.addWidget(entry.editor, 1 if entry.editor.wide else 0)
    line.addWidget(entry.beside)
    if mate is not None:
        line.addSpacing(8)
        line.addWidget(mate.label)
        line.addSpacing(8)
        line.addWidget(mate.editor)
        line.addWidget(mate.beside)
    if not entry.editor.wide:
        line.addStretch(1)
    grid.addWidget(entry.label, 0, 0)
    grid.addLayout(line, 0, 1)
    grid.addWidget(entry.problem, 1, 1)
    grid.addWidget(entry.note, 2, 1)
    if mate is not None:
        grid.addWidget(mate.problem, 3, 1)
    grid.setColumnStretch(1, 1)
    return grid


def _matters(option: Option, values: dict[str, object]) -> bool:
    """Whether `depends_on` holds: `other` is set, or `other=value`."""
    if not option.depends_on:
        return True
    name, _, wanted = option.depends_on.partition("=")
    value = values.get(name)
    if not wanted:
        return bool(value)
    return str(value).lower() == wanted.lower()
