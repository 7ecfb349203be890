"""How a row of the journal is painted: swatches, quiet colours, and sentences over the whole width."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from vaurien_core.model.events import Entry
from vaurien_gui.models.journal_model import JournalModel
from vaurien_gui.models.journal_text import NOTICES, NUMBERS, Column, sentence
from vaurien_gui.style import icons, paint
from vaurien_gui.style.theme import Theme

PAD = 8
SWATCH = 18
"""From the left edge of a swatch to the behavior's name."""
QUIET = frozenset({Column.TIME, Column.CLIENT, Column.CONN, Column.OPTIONS, Column.ADDED, Column.BYTES})
LOOKS = {"error": ("failed", "bad"), "warning": ("warning", "warn")}
"""Icon and colour of a notice, by severity."""
SIGNS = (("Start", "play"), ("Stop", "stop"), ("All normal", "shield"))
"""Icons of changes, by how they begin; others have sliders."""


LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class JournalRows(QStyledItemDelegate):
    """Paints the cells of one table."""

    def __init__(self, theme: Theme, table: QTableView) -> None:
        super().__init__(table)
        self._theme, self._table = theme, table

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """One line, growing with the font."""
        return QSize(self._theme.px(60), row_height(self._theme))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """One cell."""
        theme, box = self._theme, option.rect
        model, column = index.model(), index.column()
        assert isinstance(model, JournalModel)
        entry = model.entry(index.row())
        if entry is None:
            return
        notice = entry.kind in NOTICES
        painter.save()
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, theme.color("selected"))
        elif notice:
            painter.fillRect(box, theme.color("sunken"))
        if notice and column >= Column.CLIENT:
            self._sentence(painter, box, entry)
        else:
            self._cell(painter, box.adjusted(PAD, 0, -PAD, 0), column, model.say.text(entry, column), entry)
        painter.restore()

    def _cell(self, painter: QPainter, box: QRect, column: int, text: str, entry: Entry) -> None:
        theme = self._theme
        if column == Column.BEHAVIOR and text:
            side = theme.px(10)
            square = QRectF(box.left(), box.center().y() - side // 2 + 1, side, side)
            paint.swatch(painter, theme, square, entry.behavior or entry.rule)
            box = box.adjusted(theme.px(SWATCH), 0, 0, 0)
        painter.setFont(theme.font("button" if column == Column.BEHAVIOR else "body"))
        painter.setPen(theme.color("text2" if column in QUIET else "text"))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, RIGHT if column in NUMBERS else LEFT, shown)

    def _sentence(self, painter: QPainter, box: QRect, entry: Entry) -> None:
        """Every cell paints its part of the sentence, so that it is whole whichever cells are repainted."""
        theme, table = self._theme, self._table
        columns = (column for column in Column if column >= Column.CLIENT and not table.isColumnHidden(column))
        left = table.columnViewportPosition(next(columns)) + PAD
        side = theme.px(14)
        said = sentence(entry)
        sign = next((icon for begin, icon in SIGNS if said.startswith(begin)), "sliders")
        name, token = LOOKS.get(entry.severity, (sign if entry.kind == "change" else "info", "text2"))
        where = QRectF(left, box.center().y() - side // 2, side, side)
        icons.paint(painter, where, name, theme.color(token), icons.SMALL_STROKE)
        words = QRect(box)
        words.setLeft(left + theme.px(22))
        words.setRight(table.viewport().width() - PAD)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("text"))
        shown = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, LEFT, shown)


def row_height(theme: Theme) -> int:
    """24 px as drawn, never less than the text needs."""
    return max(theme.px(24), QFontMetrics(theme.font("body")).height() + 4)
