"""The table of the journal: stays at the bottom only if it is there, copies rows, drops columns where it is narrow."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from vaurien_gui.models.journal_export import json_line
from vaurien_gui.models.journal_model import TSV_HEAD, JournalModel
from vaurien_gui.models.journal_text import Column
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.copying import Copying
from vaurien_gui.views.journal_rows import PAD, SWATCH, JournalRows, row_height

SAMPLES = {
    Column.TIME: "00:00:00.000",
    Column.PROXY: "orders-db",
    Column.CLIENT: "127.0.0.1:00000",
    Column.CONN: "Conn",
    Column.REQUEST: "GET /search?q=?",
    Column.BEHAVIOR: "transient",
    Column.OPTIONS: "300 ms ± 100",
    Column.ADDED: "+000 ms",
    Column.BYTES: "00.0 kB",
    Column.OUTCOME: "503 injected",
}
"""A text for each column that must fit."""
ROUNDING = 2
"""Metrics are in whole pixels, text is not."""
COMPACT = 720
RARE = (Column.CLIENT, Column.CONN, Column.OPTIONS, Column.BYTES)
"""What goes when the table is narrower than `COMPACT`."""


NARROW = 440
RARER = (Column.PROXY, Column.ADDED, Column.OUTCOME)
"""What goes too under `NARROW`: the trace stands beside it then, and has it all."""


class JournalTable(QTableView):
    """Shows a `JournalModel`."""

    at_bottom_changed = Signal(bool)
    row_chosen = Signal(int)
    """One row is selected alone; -1: none is, or several are."""
    detail_wanted = Signal()
    """Enter or a double-click on a row."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._sticks = True
        self.copier = Copying(self)
        self.setAccessibleName("Journal")
        self.setItemDelegate(JournalRows(theme, self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setMinimumSectionSize(30)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.doubleClicked.connect(lambda _: self.detail_wanted.emit())
        theme.changed.connect(self.restyle)

    def set_rows(self, model: JournalModel) -> None:
        """Show a model."""
        self.setModel(model)
        model.rowsInserted.connect(self._grew)
        model.rowsRemoved.connect(self._shrank)
        model.modelReset.connect(self.scrollToBottom)
        model.modelReset.connect(self._chosen)
        self.selectionModel().selectionChanged.connect(self._chosen)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        head = self.horizontalHeader()
        # Painting itself, a head asks for every column whether all its rows are selected, row by row where a selection
        # has several ranges: 300 ms for 20,000 rows as soon as one came after Ctrl+A. Ours shows no selection.
        head.setSelectionModel(QItemSelectionModel(model, head))
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setSectionResizeMode(Column.REQUEST, QHeaderView.ResizeMode.Stretch)
        self.restyle()
        self.scrollToBottom()

    def restyle(self) -> None:
        """Sizes follow the font."""
        theme = self._theme
        self.horizontalHeader().setFont(theme.font("caption"))
        self.verticalHeader().setMinimumSectionSize(row_height(theme))
        self.verticalHeader().setDefaultSectionSize(row_height(theme))
        metrics = QFontMetrics(theme.font("body"))
        for column, sample in SAMPLES.items():
            extra = theme.px(SWATCH) if column == Column.BEHAVIOR else 0
            self.setColumnWidth(column, metrics.horizontalAdvance(sample) + 2 * PAD + ROUNDING + extra)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """The head and five rows."""
        return QSize(self._theme.px(860), self._height(5))

    def minimumSizeHint(self) -> QSize:
        """The head and three rows."""
        return QSize(self._theme.px(300), self._height(3))

    def _height(self, rows: int) -> int:
        return self.horizontalHeader().sizeHint().height() + rows * row_height(self._theme) + 2

    @property
    def copying(self) -> bool:
        """Whether a copy is under way."""
        return self.copier.busy

    def copy(self) -> None:
        """The selected rows to the clipboard, as tab-separated text."""
        model, rows = self.model(), self.chosen_rows()
        if isinstance(model, JournalModel) and rows:
            self.copier.start(model.some(rows), model.tsv_line, TSV_HEAD)

    def copy_json(self) -> None:
        """The selected rows to the clipboard, one JSON object a line, with all their fields."""
        model, rows = self.model(), self.chosen_rows()
        if isinstance(model, JournalModel) and rows:
            self.copier.start(model.some(rows), json_line)

    def chosen_rows(self) -> list[int]:
        """The selected rows, from the top."""
        return sorted(row for top, bottom in self._ranges() for row in range(top, bottom + 1))

    def _ranges(self) -> set[tuple[int, int]]:
        """First and last rows of what is selected; asking for indexes would take long for all of a long journal."""
        if self.model() is None:
            return set()
        chosen = self.selectionModel().selection()
        return {(chosen.at(n).top(), chosen.at(n).bottom()) for n in range(chosen.count())}

    def _chosen(self) -> None:
        ranges = self._ranges()
        top, bottom = next(iter(ranges), (-1, -1))
        self.row_chosen.emit(top if len(ranges) == 1 and top == bottom else -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy takes whole rows."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.detail_wanted.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rare columns go where there is little room; the last row stays in sight."""
        for columns, least in ((RARE, COMPACT), (RARER, NARROW)):
            gone = self.width() < self._theme.px(least)
            for column in columns:
                if self.isColumnHidden(column) != gone:
                    self.setColumnHidden(column, gone)
        super().resizeEvent(event)
        if self._sticks:
            self.scrollToBottom()

    def _scrolled(self, value: int) -> None:
        sticks = value >= self.verticalScrollBar().maximum()
        if sticks != self._sticks:
            self._sticks = sticks
            self.at_bottom_changed.emit(sticks)

    def _grew(self, parent: QModelIndex, first: int, last: int) -> None:
        """Follow the newest rows; older ones that come in above leave what is being read where it is."""
        bar = self.verticalScrollBar()
        if self._sticks:
            self.scrollToBottom()
        elif first <= bar.value():
            bar.setValue(bar.value() + last - first + 1)

    def _shrank(self, parent: QModelIndex, first: int, last: int) -> None:
        """Rows went at the top: what is being read stays where it is."""
        if not self._sticks:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - (last - first + 1))
