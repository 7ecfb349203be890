"""The graphs as a table: for screen readers, for the keyboard, and for copying."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from vaurien_gui.models.graph_values import TableRows
from vaurien_gui.style.controls import Text
from vaurien_gui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
SIDES = {
    False: int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
    True: int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter),
}
"""How texts stand: the time at the left, values at the right."""
PAD = 8
"""At both sides of a text."""


UNSETTLED = 3
"""So many of the newest rows may still change."""


class GraphTableModel(QAbstractTableModel):
    """Rows by time, the newest first. A row that stays keeps its place under the cursor."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows = TableRows()

    def show_rows(self, rows: TableRows) -> None:
        """Have these: new times come in above, old ones go below, the others keep their places."""
        old, new = self._rows.times, rows.times
        fresh = new.index(old[0]) if old and old[0] in new else -1
        kept = len(new) - fresh
        if rows.columns != self._rows.columns or fresh < 0 or old[:kept] != new[fresh:]:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        if len(old) > kept:
            self.beginRemoveRows(NO_PARENT, kept, len(old) - 1)
            self._rows = replace(self._rows, times=old[:kept])
            self.endRemoveRows()
        if fresh:
            self.beginInsertRows(NO_PARENT, 0, fresh - 1)
            self._rows = rows
            self.endInsertRows()
        self._rows = rows
        if new:  # what lies further back has happened
            last = min(len(new), fresh + UNSETTLED) - 1
            self.dataChanged.emit(self.index(0, 0), self.index(last, self.columnCount() - 1))

    def text(self, row: int, column: int) -> str:
        """A cell."""
        return self._rows.text(row, column)

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        """Times."""
        return 0 if parent.isValid() else len(self._rows.times)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        """The time and the series."""
        return 0 if parent.isValid() else 1 + len(self._rows.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts, aligned to the right beside the time."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows.text(index.row(), index.column())
        return _alignment(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows.columns[section - 1].title if section else "Time"
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def tsv(self, rows: list[int]) -> str:
        """Rows as tab-separated text with a head."""
        columns = range(self.columnCount())
        head = ["Time", *(column.title for column in self._rows.columns)]
        lines = [head, *([self._rows.text(row, column) for column in columns] for row in sorted(rows))]
        return "".join("\t".join(line) + "\n" for line in lines)


class Cells(QStyledItemDelegate):
    """Paints a cell's text and nothing else: a style sheet would take four times as long."""

    def __init__(self, theme: Theme, rows: GraphTableModel, table: QTableView) -> None:
        super().__init__(table)
        self._theme, self._rows = theme, rows

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One cell."""
        box, column = option.rect, index.column()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, self._theme.color("selected"))
        painter.setFont(self._theme.font("body"))
        painter.setPen(self._theme.color("text" if column else "text2"))
        text = self._rows.text(index.row(), column)
        painter.drawText(box.left() + PAD, box.top(), box.width() - 2 * PAD, box.height(), SIDES[bool(column)], text)


class GraphTable(QTableView):
    """Shows the model; Ctrl+C copies the rows that are selected."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.rows = GraphTableModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(Cells(theme, self.rows, self))
        self.setAccessibleName("Values of the graphs")
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        self.rows.modelReset.connect(self._restyle)
        theme.changed.connect(self._restyle)
        self._restyle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy takes whole rows."""
        if event.matches(QKeySequence.StandardKey.Copy):
            chosen = [index.row() for index in self.selectionModel().selectedRows()]
            if chosen:
                QGuiApplication.clipboard().setText(self.rows.tsv(chosen))
        else:
            super().keyPressEvent(event)

    def _restyle(self) -> None:
        """Sizes follow the font; no title and no usual value is cut."""
        theme = self._theme
        self.setFont(theme.font("body"))
        self.horizontalHeader().setFont(theme.font("caption"))
        body, caption = QFontMetrics(theme.font("body")), QFontMetrics(theme.font("caption"))
        height = max(theme.px(24), body.height() + 4)
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        least = body.horizontalAdvance("00:00:00 ") + 24
        for column in range(self.rows.columnCount()):
            title = str(self.rows.headerData(column, Qt.Orientation.Horizontal) or "")
            self.setColumnWidth(column, max(least, caption.horizontalAdvance(title) + 22))


class TablePage(QWidget):
    """A line that says what the table has, as high as the marker strip, and the table."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.table = GraphTable(theme)
        self._caption = Text(theme, "", "caption", "text3")
        self._caption.setMinimumHeight(theme.px(22))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 4, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 0, 0)
        head.addWidget(self._caption, 1)
        column.addLayout(head)
        column.addWidget(self.table, 1)

    def show_rows(self, rows: TableRows, span: str) -> None:
        """Have these; `span` says which window of time it is."""
        self.table.rows.show_rows(rows)
        self._caption.show_text(
            f"{len(rows.times)} rows of {span}, newest first" if rows.times else "Nothing was measured yet"
        )


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
