"""The graphs as a table: for screen readers, for the keyboard, and for copying."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from vaurien_gui.models.graph_values import TableColumn
from vaurien_gui.style.controls import Text
from vaurien_gui.style.theme import Theme

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
Rows = list[tuple[float, tuple[str, ...]]]


class GraphTableModel(QAbstractTableModel):
    """Rows by time, the newest first. A row that stays keeps its place under the cursor."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._titles: tuple[str, ...] = ("Time",)
        self._rows: Rows = []

    def show_rows(self, columns: tuple[TableColumn, ...], rows: Rows) -> None:
        """Have these columns and rows."""
        titles = ("Time", *(column.title for column in columns))
        known = {t for t, _ in self._rows}
        fresh = next((n for n, (t, _) in enumerate(rows) if t in known), len(rows))
        if titles != self._titles or fresh == len(rows) or len({t for t, _ in rows[fresh:]} - known):
            self.beginResetModel()
            self._titles, self._rows = titles, rows
            self.endResetModel()
            return
        if fresh:
            self.beginInsertRows(NO_PARENT, 0, fresh - 1)
            self._rows = rows[:fresh] + self._rows
            self.endInsertRows()
        wanted = {t for t, _ in rows}
        for row in range(len(self._rows) - 1, -1, -1):
            if self._rows[row][0] not in wanted:
                self.beginRemoveRows(NO_PARENT, row, row)
                del self._rows[row]
                self.endRemoveRows()
        self._rows = list(rows)
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(titles) - 1))

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        """Times."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        """The time and the series."""
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts, aligned to the right beside the time."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows[index.row()][1][index.column()]
        return _alignment(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def tsv(self, rows: list[int]) -> str:
        """Rows as tab-separated text with a head."""
        lines = ["\t".join(self._titles), *("\t".join(self._rows[row][1]) for row in sorted(rows))]
        return "\n".join(lines) + "\n"


class GraphTable(QTableView):
    """Shows the model; Ctrl+C copies the rows that are selected."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.rows = GraphTableModel(self)
        self.setModel(self.rows)
        self.setObjectName("graphTable")
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

    def show_rows(self, columns: tuple[TableColumn, ...], rows: Rows, span: str) -> None:
        """Have these; `span` says which window of time it is."""
        self.table.rows.show_rows(columns, rows)
        self._caption.show_text(f"{len(rows)} rows of {span}, newest first" if rows else "Nothing was measured yet")


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
