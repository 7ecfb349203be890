"""One toxic: tick, swatch, name and what is set; its order, and its options under it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from vaurien_gui.forms.option_form import OptionForm
from vaurien_gui.models.toxics_shown import ToxicRow
from vaurien_gui.style.controls import ElidedText, IconButton, Swatch, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.applying import EditMark


class ToxicRowView(QWidget):
    """Shows a `ToxicRow` in place: nothing is rebuilt, no focus is lost."""

    enabled_edited = Signal(str, bool)
    move_wanted = Signal(str, int)
    option_edited = Signal(str, str, str)
    option_reset = Signal(str, str)
    remove_wanted = Signal(str)
    opened = Signal(str, bool)

    def __init__(self, theme: Theme, row: ToxicRow) -> None:
        super().__init__()
        self._theme, self._row = theme, row
        self.tick = QCheckBox()
        self._swatch = Swatch(theme, row.kind)
        self._name = ElidedText(theme)
        self.mark = EditMark(theme)
        self._text = ElidedText(theme, "caption", "text3")
        self._measured = Text(theme, "", "caption", "text3")
        name = row.name
        self.tick.setAccessibleName(self.tr("Toxic {} acts").format(name))
        self.up_button = IconButton(theme, "chevron-up", self.tr("Move {} up").format(name))
        self.down_button = IconButton(theme, "chevron-down", self.tr("Move {} down").format(name))
        self.options_button = IconButton(theme, "sliders", self.tr("Options of toxic {}").format(name))
        self.options_button.setCheckable(True)
        self.remove_button = IconButton(theme, "trash", self.tr("Remove toxic {}").format(name))
        self.wire_button = IconButton(theme, "info", self.tr("{} on the wire").format(row.title))
        self.wire_button.setCheckable(True)
        self._wire = Text(theme, row.wire, "caption", "text2", wrap=True)
        self._wire.hide()
        self.form = OptionForm(theme)
        self.form.hide()
        self._build()
        self._connect()

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """What Tab stops at, in order, the form left aside."""
        return (self.tick, self.up_button, self.down_button, self.options_button)

    def show_row(self, row: ToxicRow, *, first: bool, last: bool, held: bool) -> None:
        """Show new values."""
        self._row = row
        self._name.show_text(row.title)
        self._name.set_role("strong" if row.enabled else "body")
        self._text.show_text(row.text)
        self._text.setToolTip(row.text)
        self._measured.show_text(row.measured)
        self._measured.setToolTip(self.tr("Acted on {} of connections so far").format(row.measured))
        self._measured.setVisible(bool(row.measured))
        self.mark.show_mark(row.mark)
        self._swatch.set_held(held or not row.enabled)
        self.tick.blockSignals(True)
        self.tick.setChecked(row.enabled)
        self.tick.blockSignals(False)
        self.up_button.setEnabled(not first)
        self.down_button.setEnabled(not last)
        if not self.form.isHidden():
            self.form.show_rows(row.sentence, row.rows)

    def set_open(self, on: bool) -> None:
        """Unfold or fold the options."""
        self.options_button.setChecked(on)
        if on:
            self.form.show_rows(self._row.sentence, self._row.rows)
        self.form.setVisible(on)

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._name)
        head.addWidget(self.mark)
        head.addStretch(1)
        head.addWidget(self._measured)
        words.addLayout(head)
        words.addWidget(self._text)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.tick)
        line.addWidget(self._swatch)
        line.addLayout(words, 1)
        for button in (self.up_button, self.down_button, self.options_button):
            line.addWidget(button)
        for button in (self.wire_button, self.remove_button):
            self.form.head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.form.tab_after(self.remove_button)
        self.form.body.insertWidget(1, self._wire)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 3, 0, 3)
        column.setSpacing(4)
        column.addLayout(line)
        column.addWidget(self.form)

    def _connect(self) -> None:
        self.tick.toggled.connect(lambda on: self.enabled_edited.emit(self._row.name, on))
        self.up_button.clicked.connect(lambda: self.move_wanted.emit(self._row.name, -1))
        self.down_button.clicked.connect(lambda: self.move_wanted.emit(self._row.name, 1))
        self.options_button.clicked.connect(lambda on: self.opened.emit(self._row.name, on))
        self.remove_button.clicked.connect(lambda: self.remove_wanted.emit(self._row.name))
        self.wire_button.toggled.connect(self._wire.setVisible)
        self.form.edited.connect(lambda name, text: self.option_edited.emit(self._row.name, name, text))
        self.form.reset.connect(lambda name: self.option_reset.emit(self._row.name, name))
