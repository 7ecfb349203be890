"""The legend beside a panel: names at the left, numbers right-aligned, each a chip that shows or hides its series."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from vaurien_gui.style import paint
from vaurien_gui.style.controls import Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.graphs.lines import Line
from vaurien_gui.views.graphs.panel_title import PanelTitle

TITLE = 20
ROW = 16
GAP = 20
"""From the left edge of a chip to its name."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row of a legend: a line's sample, or a behavior's swatch where `line` is None."""

    key: str
    title: str
    line: Line | None = None


def paint_sample(painter: QPainter, theme: Theme, item: Item, left: int, middle: int, shown: bool = True) -> None:
    """The swatch of a behavior or a piece of a line, around the pixel row `middle`; an empty box for what is hidden."""
    side = theme.px(10)
    box = QRectF(left, middle - side / 2, side, side).toRect().toRectF()
    if not shown:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("field"), 1))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.restore()
    elif item.line is None:
        paint.swatch(painter, theme, box, item.key)
    else:
        pen = QPen(item.line.color(theme), 2)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if item.line.dash:
            pen.setDashPattern([max(1.0, part / 2) for part in item.line.dash])
        painter.setPen(pen)
        painter.drawLine(left, middle, left + theme.px(12), middle)


class Chip(QAbstractButton):
    """One row; checked while its series is shown. Alt-click shows it alone."""

    solo = Signal()

    def __init__(self, theme: Theme, item: Item, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._item, self._value, self._alt = theme, item, "", False
        self.setCheckable(True)
        self.setChecked(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(item.title)
        self.setToolTip("Click: show or hide. Alt-click or S: show it alone, and all again")
        self.toggled.connect(self.update)
        self.clicked.connect(self._clicked)

    @property
    def item(self) -> Item:
        """What it stands for."""
        return self._item

    @property
    def value(self) -> str:
        """The number shown."""
        return self._value

    def show_value(self, value: str) -> None:
        """Change the number."""
        if value != self._value:
            self._value = value
            self.setAccessibleDescription(value)
            self.update()

    def sizeHint(self) -> QSize:
        """Sample, name and number."""
        metrics = QFontMetrics(self._theme.font("caption"))
        width = GAP + metrics.horizontalAdvance(self._item.title) + metrics.horizontalAdvance("  1,000 kB/s")
        return QSize(width, metrics.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember whether Alt was held."""
        self._alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """S shows it alone; Space toggles, as Qt does it."""
        if event.key() == Qt.Key.Key_S and not event.modifiers():
            self.solo.emit()
        else:
            super().keyPressEvent(event)

    def _clicked(self) -> None:
        if self._alt:
            self._alt = False
            self.setChecked(not self.isChecked())  # it was no toggle
            self.solo.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The row."""
        theme, painter, on = self._theme, QPainter(self), self.isChecked()
        paint_sample(painter, theme, self._item, 0, self.height() // 2, on)
        whole = QRect(theme.px(GAP), 0, self.width() - theme.px(GAP), self.height())
        painter.setFont(theme.font("caption-strong"))
        if on:
            painter.setPen(theme.color("text"))
            painter.drawText(whole, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._value)
        room = whole.width() - painter.fontMetrics().horizontalAdvance(self._value if on else "") - theme.px(6)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color("text2" if on else "text3"))
        name = painter.fontMetrics().elidedText(self._item.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(whole, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        if self.hasFocus():
            paint.focus_ring(painter, theme, QRectF(self.rect()), 4)


class Legend(QWidget):
    """The column of one panel. What doesn't fit is summed up in a last line whose tooltip has it all."""

    toggled = Signal()
    """Another set of series is to be shown."""

    def __init__(self, theme: Theme, title: str, text: Callable[[float], str]) -> None:
        super().__init__()
        self._theme, self._text = theme, text
        self.title = PanelTitle(theme, title, self)
        self._more = Text(theme, "", "caption", "text3")
        self._more.setParent(self)
        self._chips: dict[str, Chip] = {}
        self._hidden: set[str] = set()
        self.setAccessibleName(title)
        theme.changed.connect(self._place)

    def show_items(self, items: Sequence[Item]) -> None:
        """Have these rows; those that stay keep their state."""
        if [item.key for item in items] == list(self._chips):
            return
        old, self._chips = self._chips, {}
        for item in items:
            self._chips[item.key] = old.pop(item.key) if item.key in old else self._chip(item)
        for chip in old.values():
            chip.hide()
            chip.deleteLater()
        for before, after in pairwise(self.stops()):
            QWidget.setTabOrder(before, after)
        self._place()

    def show_values(self, values: Mapping[str, float]) -> None:
        """The numbers, by key."""
        for key, chip in self._chips.items():
            chip.show_value(self.say(chip.item, values.get(key, 0.0)))
        if self._more.isVisibleTo(self):
            self._say_more()

    def say(self, item: Item, value: float) -> str:
        """A value of a series as it is shown."""
        text = item.line.text if item.line is not None and item.line.text is not None else self._text
        return text(value)

    @property
    def items(self) -> tuple[Item, ...]:
        """The rows whose series are shown."""
        return tuple(chip.item for key, chip in self._chips.items() if self.shown(key))

    @property
    def hides_all(self) -> bool:
        """Whether there are rows, and none of their series is shown."""
        return bool(self._chips) and not self.items

    def shown(self, key: str) -> bool:
        """Whether this series is to be drawn."""
        return key not in self._hidden

    def chip(self, key: str) -> Chip:
        """One row, for tests and callouts."""
        return self._chips[key]

    def stops(self) -> list[QWidget]:
        """What takes the keyboard, in order."""
        return [self.title, *self._chips.values()]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rows share the height."""
        super().resizeEvent(event)
        self._place()

    def _chip(self, item: Item) -> Chip:
        chip = Chip(self._theme, item, self)
        chip.setChecked(item.key not in self._hidden)
        chip.toggled.connect(lambda on: self._toggle(item.key, on))
        chip.solo.connect(lambda: self._solo(item.key))
        return chip

    def _toggle(self, key: str, on: bool) -> None:
        (self._hidden.discard if on else self._hidden.add)(key)
        self.toggled.emit()

    def _solo(self, key: str) -> None:
        """Alone; if it is alone already, all of them."""
        alone = [other for other in self._chips if self.shown(other)] == [key]
        for other, chip in self._chips.items():
            chip.setChecked(alone or other == key)

    def _place(self) -> None:
        least = QFontMetrics(self._theme.font("caption")).height()
        title = min(
            self._theme.px(TITLE), max(self.title.sizeHint().height(), self.height() - len(self._chips) * least)
        )
        room = self.height() - title
        pitch = min(max(self._theme.px(ROW), least), room // max(1, len(self._chips)))
        fitting = len(self._chips)
        if pitch < least:
            pitch, fitting = least, max(0, room // least - 1)
        self.title.setGeometry(0, 0, self.width(), title)
        for number, chip in enumerate(self._chips.values()):
            chip.setGeometry(0, title + number * pitch, self.width(), pitch)
            chip.setVisible(number < fitting)
        rest = len(self._chips) - fitting
        self._more.setVisible(rest > 0)
        self._more.setGeometry(self._theme.px(GAP), title + fitting * pitch, self.width() - self._theme.px(GAP), least)
        if rest > 0:
            self._more.show_text(f"and {rest} more")
            self._say_more()

    def _say_more(self) -> None:
        self._more.setToolTip("\n".join(f"{c.accessibleName()}  {c.value}" for c in self._chips.values()))
