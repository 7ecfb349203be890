"""A table that is edited in place: shows `CellRow`s, tells what was typed, decides nothing.

Arrows move, F2 or typing edits, Delete removes, Alt+Up and Alt+Down move a row. A text that was refused stays in its
cell, outlined; the sentence is in the tooltip and under the table.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QCompleter,
    QHeaderView,
    QLineEdit,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from vaurien_gui.models.cells import Cell, CellRow
from vaurien_gui.style import icons, paint
from vaurien_gui.style.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
PAD = 8
ROW = 28


class CellTable(QTableView):
    """See the module.

    Args:
        theme: colours and sizes.
        name: what readers call it.
        titles: of the columns.
        widths: a sample text for the width of each.
        stretch: the column that takes the rest of the room.
    """

    edited = Signal(str, int, str)
    """Row key, column, text."""
    chosen = Signal(str)
    """The key of the current row."""
    remove_wanted = Signal(str)
    move_wanted = Signal(int)
    activated_row = Signal(str)
    """A cell that can't be edited was double-clicked."""

    def __init__(self, theme: Theme, name: str, titles: Sequence[str], widths: Sequence[str], stretch: int) -> None:
        super().__init__()
        self._theme, self._widths, self._stretch, self._showing = theme, tuple(widths), stretch, False
        self._rows = _Model(tuple(titles))
        self.setModel(self._rows)
        self.setItemDelegate(_Delegate(theme, self._rows, self))
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed | triggers.AnyKeyPressed)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._rows.edited.connect(self.edited)
        self.selectionModel().currentChanged.connect(self._current)
        self.doubleClicked.connect(self._activate)
        theme.changed.connect(self.restyle)
        self.restyle()

    def show_rows(self, rows: tuple[CellRow, ...]) -> None:
        """Show rows; the current cell stays, and so does an editor that is open while the rows are the same ones."""
        self._showing = True
        key, column = self.key, max(0, self.currentIndex().column())
        if self._rows.show_rows(rows):
            self.choose(key, column)
        self._showing = False

    @property
    def key(self) -> str:
        """Of the current row, or ""."""
        index = self.currentIndex()
        return self._rows.rows[index.row()].key if index.isValid() and index.row() < len(self._rows.rows) else ""

    @property
    def rows(self) -> tuple[CellRow, ...]:
        """What is shown."""
        return self._rows.rows

    def choose(self, key: str, column: int = 0, *, edit: bool = False) -> None:
        """Go to a row, perhaps with its cell open."""
        keys = [row.key for row in self._rows.rows]
        if key not in keys:
            return
        index = self._rows.index(keys.index(key), column)
        self.setCurrentIndex(index)
        self.scrollTo(index)
        if edit:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            self.edit(index)

    def restyle(self) -> None:
        """Sizes follow the font."""
        theme = self._theme
        head, metrics = self.horizontalHeader(), QFontMetrics(theme.font("body"))
        head.setFont(theme.font("caption"))
        self.verticalHeader().setMinimumSectionSize(theme.px(ROW))
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW))
        for column, sample in enumerate(self._widths):
            if column == self._stretch:
                head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
            else:
                head.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
                self.setColumnWidth(column, metrics.horizontalAdvance(sample) + theme.px(3 * PAD))
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes, Alt with arrows moves, Return edits."""
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if event.key() == Qt.Key.Key_Delete and self.key:
            self.remove_wanted.emit(self.key)
        elif alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.move_wanted.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid() and self.state() is not QAbstractItemView.State.EditingState:
                self.edit(self.currentIndex())
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The owner's actions."""
        index = self.indexAt(event.pos())
        if index.isValid():
            self.setCurrentIndex(index)
        if self.actions():
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.addActions(self.actions())
            menu.popup(event.globalPos())

    def _current(self, index: QModelIndex) -> None:
        if index.isValid() and not self._showing:
            self.chosen.emit(self._rows.rows[index.row()].key)

    def _activate(self, index: QModelIndex) -> None:
        row = self._rows.rows[index.row()]
        if not row.cells[index.column()].editable:
            self.activated_row.emit(row.key)


class _Model(QAbstractTableModel):
    """The rows; values change in place."""

    edited = Signal(str, int, str)

    def __init__(self, titles: tuple[str, ...]) -> None:
        super().__init__()
        self._titles = titles
        self.rows: tuple[CellRow, ...] = ()

    def show_rows(self, rows: tuple[CellRow, ...]) -> bool:
        """Take new rows; True when they are other ones."""
        if [row.key for row in rows] != [row.key for row in self.rows]:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
            return True
        if rows != self.rows:
            before, self.rows = self.rows, rows
            for at, (old, new) in enumerate(zip(before, rows, strict=True)):
                if old != new:
                    self.dataChanged.emit(self.index(at, 0), self.index(at, len(self._titles) - 1))
        return False

    def cell(self, index: _Index) -> Cell:
        """One cell."""
        return self.rows[index.row()].cells[index.column()]

    def rowCount(self, parent: _Index | None = None) -> int:
        """How many."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        """How many."""
        return 0 if parent is not None and parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The titles."""
        level = orientation is Qt.Orientation.Horizontal
        return self._titles[section] if level and role == Qt.ItemDataRole.DisplayRole else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """What can be edited."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self.cell(index).editable else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Words, tips, and what readers say."""
        cell = self.cell(index)
        if role == Qt.ItemDataRole.EditRole:
            return cell.text
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.shown
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.problem or cell.tip or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = f"{self._titles[index.column()]}: {cell.shown}"
            return f"{words}. {cell.problem}" if cell.problem else words
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Something was typed or chosen."""
        if str(value) != self.cell(index).text:
            self.edited.emit(self.rows[index.row()].key, index.column(), str(value))
        return True


class _Delegate(QStyledItemDelegate):
    """Paints cells and makes their editors."""

    def __init__(self, theme: Theme, model: _Model, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._model = theme, model

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        """A field, or a list."""
        cell, row = self._model.cell(index), self._model.rows[index.row()]
        title = self._model.headerData(index.column(), Qt.Orientation.Horizontal)
        if cell.choices:
            combo = QComboBox(parent)
            for value, words in cell.choices:
                combo.addItem(words, value)
            combo.activated.connect(lambda _: self._done(combo))
            editor: QWidget = combo
        else:
            field = QLineEdit(parent)
            field.setPlaceholderText(cell.hint)
            if cell.words:
                completer = WordCompleter(cell.words, field)
                if (popup := completer.popup()) is not None:
                    popup.setFont(self._theme.font("body"))
                    popup.setProperty("popup", True)
            editor = field
        editor.setFont(self._theme.font("body"))
        editor.setAccessibleName(f"{title} of {row.cells[0].text}")
        editor.setProperty("cell", True)
        return editor

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """What is there; a newer value never goes over what is being typed."""
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(max(0, editor.findData(self._model.cell(index).text)))
            editor.showPopup()
        elif isinstance(editor, QLineEdit) and not editor.isModified():
            editor.setText(self._model.cell(index).text)
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: object, index: _Index) -> None:
        """It was meant."""
        if isinstance(editor, QComboBox):
            self._model.setData(index, editor.currentData())
        elif isinstance(editor, QLineEdit):
            self._model.setData(index, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        """The whole cell; a list as wide as it needs."""
        rect = QRect(option.rect)
        if isinstance(editor, QComboBox):
            rect.setWidth(max(rect.width(), editor.sizeHint().width()))
        editor.setGeometry(rect)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Ground, icon, words, outline of a problem, ring of the focus."""
        theme, cell, row = self._theme, self._model.cell(index), self._model.rows[index.row()]
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        ground = "selected" if state & QStyle.StateFlag.State_Selected else "sunken" if row.marked else ""
        if ground:
            painter.fillRect(rect, theme.color(ground))
        left = rect.left() + theme.px(PAD) + (theme.px(2 * PAD) if row.inner and index.column() == 0 else 0)
        if cell.icon:
            side = theme.px(14)
            box = QRectF(left, rect.center().y() - side / 2 + 0.5, side, side)
            token = cell.token if cell.token != "text" else "accent"
            icons.paint(painter, box, cell.icon, theme.color(token), icons.SMALL_STROKE)
            left += side + theme.px(4)
        words = QRect(left, rect.top(), rect.right() - left - theme.px(4), rect.height())
        pale = not cell.text or (cell.choices and not cell.text)
        strong = row.marked and not row.inner and index.column() == 0
        font = theme.font("strong" if strong else "body")
        painter.setFont(font)
        painter.setPen(theme.color("bad" if cell.problem else "text3" if pale else cell.token))
        shown = QFontMetrics(font).elidedText(cell.shown, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        if cell.problem:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("bad"), 1.5))
            painter.drawRoundedRect(QRectF(rect).adjusted(1.5, 1.5, -1.5, -1.5), 4, 4)
        if state & QStyle.StateFlag.State_HasFocus:
            paint.focus_ring(painter, theme, QRectF(rect).adjusted(0, 0, 0, 0), 4)
        painter.setPen(theme.color("border"))
        painter.drawLine(QPointF(rect.left(), rect.bottom() + 0.5), QPointF(rect.right() + 1, rect.bottom() + 0.5))
        painter.restore()

    def _done(self, combo: QComboBox) -> None:
        self.commitData.emit(combo)
        self.closeEditor.emit(combo, QStyledItemDelegate.EndEditHint.NoHint)


class WordCompleter(QCompleter):
    """Completes the word under the cursor, wherever it stands: after a comma, a colon, a blank or an @."""

    BREAKS = " ,:@"

    def __init__(self, words: Sequence[str], field: QLineEdit) -> None:
        super().__init__(list(words), field)
        self._field, self._before, self._after = field, "", ""
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        field.setCompleter(self)

    def splitPath(self, path: str) -> list[str]:
        """The word that is being typed."""
        at = self._field.cursorPosition()
        begin = max((path.rfind(c, 0, at) for c in self.BREAKS), default=-1) + 1
        self._before, self._after = path[:begin], path[at:]
        return [path[begin:at]]

    def pathFromIndex(self, index: _Index) -> str:
        """The whole text with the word in it."""
        return f"{self._before}{super().pathFromIndex(index)}{self._after}"
