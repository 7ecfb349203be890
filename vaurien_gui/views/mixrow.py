"""One behavior of the mix: swatch, name, what was measured, slider, figure, and its options under it."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from vaurien_gui.forms.option_form import OptionForm
from vaurien_gui.models.shown import FormRow, MixRow
from vaurien_gui.style.controls import Button, ElidedText, Glyph, IconButton, Swatch, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.applying import EditMark
from vaurien_gui.views.mixbar import percent
from vaurien_gui.views.rulenaming import RuleNaming
from vaurien_gui.views.slider import WeightSlider
from vaurien_gui.views.weightspin import WeightSpin

WIDEST = "88.8 % · 88.8/s"
"""What is measured, at its usual longest."""


class MixRowView(QWidget):
    """Shows a `MixRow` in place: nothing is rebuilt, no focus is lost, no drag is disturbed."""

    weight_edited = Signal(str, object, bool)
    room_wanted = Signal(str, object)
    option_edited = Signal(str, str, str)
    option_reset = Signal(str, str)
    remove_wanted = Signal(str)
    copy_wanted = Signal(str, str)
    """Behavior, and the name of the rule that is to be like it."""
    rename_wanted = Signal(str, str)
    """Rule, and the name that it is to have."""
    opened = Signal(str, bool)

    def __init__(self, theme: Theme, row: MixRow) -> None:
        super().__init__()
        self._theme, self._row = theme, row
        self._over: Decimal | None = None
        self._swatch = Swatch(theme, row.behavior)
        self._name = ElidedText(theme)
        self.mark = EditMark(theme)
        self._measured = ElidedText(theme, "caption", "text3")
        self.slider = WeightSlider(theme, row.behavior, row.title)
        self.spin = WeightSpin(theme, row.title)
        self.options_button = IconButton(theme, "sliders", self.tr("Options of {}").format(row.title))
        self.options_button.setCheckable(True)
        self._choice = _OverChoice(theme)
        self.naming = RuleNaming(theme, row.title)
        self.form = OptionForm(theme)
        self.form.hide()
        self._build()
        self._connect()
        self.show_row(row, held=False)

    @property
    def behavior(self) -> str:
        """The behavior of this row."""
        return self._row.behavior

    def show_row(self, row: MixRow, *, held: bool) -> None:
        """Show new values."""
        self._row = row
        self._name.show_text(row.title)
        self._name.set_role("strong" if row.weight else "body")
        self._name.setToolTip(row.info.summary if row.info else row.title)
        self._measured.show_text(row.measured)
        self._words.setToolTip(row.remark)
        self.naming.show_problem(row.name_problem)
        self.mark.show_mark(row.mark)
        self._swatch.set_held(held)
        self.slider.show_weight(row.weight, row.limit, held)
        self.spin.show_weight(row.weight, row.limit)
        self._show_choice()
        if not self.form.isHidden():
            self._show_form()

    def set_open(self, on: bool) -> None:
        """Unfold or fold the options."""
        self.options_button.setChecked(on)
        if on:
            self._show_form()
        self.form.setVisible(on)
        self._stack.setContentsMargins(0, 0, 0, 4 if on else 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 anywhere in the row renames the rule."""
        if event.key() == Qt.Key.Key_F2 and self._row.renamable:
            self._ask_rename()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Set to 0, make a rule of it, rename, remove."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        zero = menu.addAction(self.tr("Set to 0 %"))
        zero.triggered.connect(lambda: self.weight_edited.emit(self.behavior, Decimal(0), False))
        if self._row.new_name:
            menu.addAction(self.tr("Duplicate as rule…")).triggered.connect(self._ask_name)
        if self._row.renamable:
            menu.addAction(self.tr("Rename…")).triggered.connect(self._ask_rename)
        menu.addAction(self.tr("Remove {}").format(self._row.title)).triggered.connect(self._remove)
        menu.popup(event.globalPos())

    def _build(self) -> None:
        words = QWidget()
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addStretch(1)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(4)
        head.addWidget(self._name)
        head.addWidget(self.mark)
        head.addStretch(1)
        column.addLayout(head)
        column.addWidget(self._measured)
        column.addStretch(1)
        self._words = words
        words.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self._swatch)
        line.addWidget(words)
        line.addWidget(self.slider, 1)
        line.addWidget(self.spin)
        line.addWidget(self.options_button)
        stack = self._stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(4)
        stack.addLayout(line)
        stack.addWidget(self._choice)
        stack.addWidget(self.naming)
        stack.addWidget(self.form)
        self._build_corner()
        self._theme.changed.connect(self._measure)
        self._measure()

    def _build_corner(self) -> None:
        """What happens on the wire, and the way out of the mix: beside the sentence, so that they take no line."""
        title, summary = self._row.title, self._row.info.wire if self._row.info else ""
        self.wire_button = IconButton(self._theme, "info", self.tr("{} on the wire").format(title))
        self.wire_button.setCheckable(True)
        if not summary:  # shown without a parent, it would be a window of its own for a moment
            self.wire_button.hide()
        self.copy_button = IconButton(self._theme, "copy", self.tr("Duplicate {} as rule…").format(title))
        if not self._row.new_name:
            self.copy_button.hide()
        self.copy_button.clicked.connect(self._ask_name)
        self.rename_button = IconButton(self._theme, "pencil", self.tr("Rename {}… (F2)").format(title))
        self.rename_button.setAccessibleName(self.tr("Rename {}").format(title))
        if not self._row.renamable:
            self.rename_button.hide()
        self.rename_button.clicked.connect(self._ask_rename)
        self.remove_button = IconButton(self._theme, "trash", self.tr("Remove {}").format(title))
        self.remove_button.clicked.connect(self._remove)
        text = Text(self._theme, summary, "caption", "text2", wrap=True)
        text.hide()
        self.wire_button.toggled.connect(text.setVisible)
        for button in (self.wire_button, self.copy_button, self.rename_button, self.remove_button):
            self.form.head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.setTabOrder(self._choice.room_button, self.naming.field)
        self.setTabOrder(self.naming.cancel_button, self.wire_button)
        self.setTabOrder(self.wire_button, self.copy_button)
        self.setTabOrder(self.copy_button, self.rename_button)
        self.setTabOrder(self.rename_button, self.remove_button)
        self.form.tab_after(self.remove_button)
        self.form.body.insertWidget(1, text)

    def _connect(self) -> None:
        self.slider.moved.connect(lambda value, drag: self.weight_edited.emit(self.behavior, value, drag))
        self.spin.entered.connect(lambda value: self.weight_edited.emit(self.behavior, value, False))
        self.spin.exceeded.connect(self._exceeded)
        self.spin.settle.connect(self._take_limit)
        self._choice.limit_button.clicked.connect(self._take_limit)
        self._choice.room_button.clicked.connect(self._make_room)
        self.options_button.clicked.connect(lambda on: self.opened.emit(self.behavior, on))
        self.form.edited.connect(lambda name, text: self.option_edited.emit(self.behavior, name, text))
        self.form.reset.connect(lambda name: self.option_reset.emit(self.behavior, name))
        self.naming.named.connect(lambda name: self.copy_wanted.emit(self.behavior, name))
        self.naming.renamed.connect(lambda name: self.rename_wanted.emit(self.behavior, name))

    def _measure(self) -> None:
        widest = QFontMetrics(self._theme.font("caption")).horizontalAdvance(WIDEST)
        self._words.setFixedWidth(max(self._theme.px(100), widest + 2))
        self._words.setMinimumHeight(self._theme.px(38))

    def _show_form(self) -> None:
        info = self._row.info
        values, problems = dict(self._row.values), {p.field: p.message for p in self._row.problems}
        fold = self.tr("Only which exchanges")
        options = [*((o, "") for o in (info.options if info else ())), *((o, fold) for o in self._row.selectors)]
        known, notes = dict(self._row.suggestions), dict(self._row.notes)
        rows = tuple(
            FormRow(
                o, values.get(o.name, o.default), o.name in values, problems.get(o.name, ""), at,
                notes.get(o.name, ""), suggestions=known.get(o.name, ()),
            )
            for o, at in options
        )  # fmt: skip
        self.form.show_rows(self._row.sentence, rows)

    def show_selectors(self) -> None:
        """Open what narrows it to some exchanges."""
        self.form.unfold(self.tr("Only which exchanges"))

    def _ask_name(self) -> None:
        self.naming.ask(self._row.new_name)

    def _ask_rename(self) -> None:
        self.naming.ask(self.behavior, own=True)

    def _exceeded(self, value: Decimal | None) -> None:
        self._over = value
        self._show_choice()

    def _show_choice(self) -> None:
        self._choice.setVisible(self._over is not None)
        if self._over is not None:
            self._choice.show_limit(self._row.limit)

    def _take_limit(self) -> None:
        limit = self._row.limit
        self.spin.give_up()
        self.weight_edited.emit(self.behavior, limit, False)

    def _make_room(self) -> None:
        value = self._over
        self.spin.give_up()
        if value is not None:
            self.room_wanted.emit(self.behavior, min(value, Decimal(100)))

    def _remove(self) -> None:
        self.remove_wanted.emit(self.behavior)


class _OverChoice(QWidget):
    """What to do with a weight that doesn't fit."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.limit_button = Button(theme, kind="small")
        self.room_button = Button(theme, self.tr("Make room"), kind="small")
        self.room_button.setToolTip(self.tr("Scale the other weights down together"))
        self._words = Text(theme, role="caption-strong", token="bad")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 4)
        line.setSpacing(8)
        line.addWidget(Glyph(theme, "failed", "bad", 14))
        line.addWidget(self._words)
        line.addStretch(1)
        line.addWidget(self.limit_button)
        line.addWidget(self.room_button)
        self.hide()

    def show_limit(self, limit: Decimal) -> None:
        """How far it may go."""
        self._words.show_text(self.tr("At most {} fits").format(percent(limit)))
        text = self.tr("Set to {}").format(percent(limit))
        if self.limit_button.text() != text:
            self.limit_button.setText(text)
