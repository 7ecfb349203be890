"""One editor per kind of option. Each shows a value and tells the text that a person wants instead."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from vaurien_core.options import Kind, Option, OptionValue
from vaurien_gui.forms.fields import CommitEdit, QuietCombo, mark_problem
from vaurien_gui.forms.quantity import KINDS as QUANTITIES
from vaurien_gui.forms.quantity import QuantityField
from vaurien_gui.style.controls import IconButton
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.segmented import Segmented

SEGMENTS = 4
"""Up to so many choices are shown side by side, where they fit."""

ACRONYMS = frozenset({"tls"})


def label_of(option: Option) -> str:
    """The words beside the field: `keep_alive` is `Keep alive`."""
    words = option.name.replace("_", " ").replace("-", " ").strip()
    words = " ".join(word.upper() if word in ACRONYMS else word for word in words.split(" "))
    return words[:1].upper() + words[1:]


class Editor(QWidget):
    """Base of the editors. `edited` carries the INI text; "" means: back to the default."""

    edited = Signal(str)
    reset = Signal()
    wide = True
    """Whether it wants all the room of its row."""

    def __init__(self, theme: Theme, option: Option) -> None:
        super().__init__()
        self._theme, self.option, self._changed = theme, option, False
        self.stops: list[QWidget] = []
        """What Tab stops at, in order."""
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(4)
        theme.changed.connect(self.follow_theme)

    def show_value(self, value: OptionValue, *, problem: bool) -> None:
        """Show a value; with a problem, what was typed stays and is outlined."""
        raise NotImplementedError

    def show_changed(self, changed: bool) -> None:
        """Offer the way back to the default, or not."""
        self._changed = changed
        self._arrow.setVisible(changed)

    def _add_arrow(self, edit: QLineEdit | None = None) -> None:
        """The way back: within a line edit, or a small button at the end."""
        words = self.tr("Back to the default")
        default = self.option.format(self.option.default)
        tip = f"{words} ({default})" if default and self.option.kind is not Kind.SECRET else words
        if edit is None:
            button = IconButton(self._theme, "undo", tip, "text3")
            button.setProperty("kind", "reset")
            button.clicked.connect(self.reset)
            self._line.addWidget(button)
            self.stops.append(button)
            self._arrow: QAction | QWidget = button
        else:
            action = edit.addAction(self._theme.icon("undo", "text3", 14), QLineEdit.ActionPosition.LeadingPosition)
            action.setToolTip(tip)
            action.triggered.connect(self.reset)
            self._arrow = action
        self._arrow.setVisible(False)

    def follow_theme(self) -> None:
        """Fonts and icons that Qt keeps."""
        if isinstance(self._arrow, QAction):
            self._arrow.setIcon(self._theme.icon("undo", "text3", 14))

    def _take(self, field: QWidget, stretch: int = 0) -> None:
        field.setAccessibleName(label_of(self.option))
        field.setAccessibleDescription(self.option.help)
        field.setToolTip(self.option.help)
        self._line.addWidget(field, stretch)
        self.setFocusProxy(field)
        self.field = field
        self.stops.append(field)


class QuantityEditor(Editor):
    """int, float, percent, duration, bytes and rate."""

    wide = False

    def __init__(self, theme: Theme, option: Option) -> None:
        super().__init__(theme, option)
        self._field = QuantityField(theme, option, label_of(option))
        self._field.committed.connect(self.edited)
        self._take(self._field)
        self._add_arrow(self._field.lineEdit())
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def show_value(self, value: OptionValue, *, problem: bool) -> None:
        """The number with its unit."""
        self._field.show_value(value, keep=problem)
        mark_problem(self._field, problem)


class TextEditor(Editor):
    """text, regex, list and secret (masked)."""

    def __init__(self, theme: Theme, option: Option) -> None:
        super().__init__(theme, option)
        secret = option.kind is Kind.SECRET
        default = "${NAME}" if secret and not option.default else option.format(option.default)
        self._field = CommitEdit(theme, label_of(option), default)
        if secret:
            self._field.setEchoMode(QLineEdit.EchoMode.Password)
        if option.kind is Kind.REGEX:
            self._field.setFont(theme.font("mono"))
        self._field.committed.connect(self.edited)
        self._take(self._field, 1)
        self._add_arrow(self._field)

    def show_value(self, value: OptionValue, *, problem: bool) -> None:
        """The text; a default shows as the placeholder."""
        text = "" if value == self.option.default else self.option.format(value)
        self._field.show_text(text, keep=problem)
        mark_problem(self._field, problem)


class CheckEditor(Editor):
    """A bool with a default: one check box, labelled with the first clause of its help."""

    def __init__(self, theme: Theme, option: Option) -> None:
        super().__init__(theme, option)
        self._box = QCheckBox(option.help.split(";")[0])
        self._box.clicked.connect(lambda on: self.edited.emit("true" if on else "false"))
        self._take(self._box)
        self._box.setAccessibleName(self._box.text())
        self._add_arrow()
        self.follow_theme()
        self._line.addStretch(1)

    def follow_theme(self) -> None:
        """The words grow with the system font."""
        self._box.setFont(self._theme.font("body"))
        super().follow_theme()

    def show_value(self, value: OptionValue, *, problem: bool) -> None:
        """Ticked or not."""
        self._box.setChecked(bool(value))


class ChoiceEditor(Editor):
    """A choice, or a bool that may be unset: segments where they fit, else a combo box."""

    def __init__(self, theme: Theme, option: Option) -> None:
        super().__init__(theme, option)
        choices = option.choices if option.kind is Kind.CHOICE else ("true", "false")
        words = {"true": self.tr("yes"), "false": self.tr("no")} if option.kind is Kind.BOOL else {}
        items = [(choice, words.get(choice, choice)) for choice in choices]
        if option.default is None:
            items.insert(0, ("", self.tr("default")))
        self._items = tuple(items)
        self._combo = QuietCombo(theme, label_of(option))
        self._segments = Segmented(theme, items, name=label_of(option))
        for field in (self._combo, self._segments):
            field.chosen.connect(self.edited)
            self._take(field)
        self._add_arrow()
        self._line.addStretch(1)
        self._segmented: bool | None = None
        self._show_segments(len(items) <= SEGMENTS)

    def show_value(self, value: OptionValue, *, problem: bool) -> None:
        """The chosen one."""
        current = self.option.format(value)
        self._combo.show_items(self._items, current)
        self._segments.show_current(current)
        mark_problem(self._combo, problem)

    def minimumSizeHint(self) -> QSize:
        """The combo box always fits."""
        return QSize(self._theme.px(84), self._segments.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose the form that fits."""
        arrow = self._theme.px(24) if self._changed else 0
        fits = self.width() - arrow >= self._segments.sizeHint().width()
        self._show_segments(fits and len(self._items) <= SEGMENTS)
        super().resizeEvent(event)

    def _show_segments(self, segments: bool) -> None:
        if segments is not self._segmented:
            self._segmented = segments
            self._segments.setVisible(segments)
            self._combo.setVisible(not segments)
            self.field = self._segments if segments else self._combo
            self.setFocusProxy(self.field)


def editor_of(theme: Theme, option: Option) -> Editor:
    """The editor of an option."""
    if option.kind in QUANTITIES:
        return QuantityEditor(theme, option)
    if option.kind is Kind.CHOICE or (option.kind is Kind.BOOL and option.default is None):
        return ChoiceEditor(theme, option)
    if option.kind is Kind.BOOL:
        return CheckEditor(theme, option)
    return TextEditor(theme, option)
