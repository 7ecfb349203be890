"""The list of proxies: one line each, the selected one is shown below it. Fifty of them scroll within the list."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from vaurien_gui.models.shown import ProxyRow
from vaurien_gui.style import paint
from vaurien_gui.style.controls import IconButton, Text
from vaurien_gui.style.theme import Theme

AT_ONCE = 6
"""More lines than this scroll."""
_Index = QModelIndex | QPersistentModelIndex


class ProxyList(QWidget):
    """Shows rows and which is selected; tells selections, additions and removals."""

    selected = Signal(str)
    add = Signal()
    remove = Signal(str)
    renamed = Signal(str, str)
    """A proxy and the name that was typed for it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("section")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme, self._showing = theme, False
        self._model = _Model()
        self.view = _View(theme, self._model)
        self.add_button = IconButton(theme, "plus", self.tr("Add a proxy"))
        head = QHBoxLayout()
        head.addWidget(Text(theme, self.tr("Proxies"), "section"))
        head.addStretch(1)
        head.addWidget(self.add_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 4, 12, 8)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.view)
        self.add_button.clicked.connect(self.add)
        self.view.selectionModel().currentChanged.connect(self._chosen)
        self.view.remove.connect(self.remove)
        self._model.renamed.connect(self.renamed)
        theme.changed.connect(self._measure)

    def show_rows(self, rows: tuple[ProxyRow, ...], selected: str) -> None:
        """Show rows; the view's place and focus stay."""
        self._showing = True
        if self._model.show_rows(rows):
            self._measure()
        index = self._model.index_of(selected)
        if index.isValid() and index != self.view.currentIndex():
            self.view.setCurrentIndex(index)
        self._showing = False

    def _chosen(self, index: QModelIndex) -> None:
        if index.isValid() and not self._showing:
            self.selected.emit(self._model.row(index).name)

    def _measure(self) -> None:
        lines = min(max(self._model.rowCount(), 1), AT_ONCE)
        half = self._theme.px(16) if self._model.rowCount() > AT_ONCE else 0
        self.view.setFixedHeight(lines * self._theme.px(32) + half)
        self.view.doItemsLayout()


class _Model(QAbstractListModel):
    """The rows; values change in place. A typed name is told, and shown when it has become so."""

    renamed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[ProxyRow, ...] = ()

    def show_rows(self, rows: tuple[ProxyRow, ...]) -> bool:
        """Take new rows; True when their number or names changed."""
        before, names = [row.name for row in self._rows], [row.name for row in rows]
        if before != names:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return True
        if rows != self._rows:
            self._rows = rows
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
        return False

    def row(self, index: _Index) -> ProxyRow:
        """The row of an index."""
        return self._rows[index.row()]

    def index_of(self, name: str) -> QModelIndex:
        """Where a proxy is; invalid when it isn't."""
        names = [row.name for row in self._rows]
        return self.index(names.index(name)) if name in names else QModelIndex()

    def rowCount(self, parent: _Index | None = None) -> int:
        """How many."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Names can be edited."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A name was typed."""
        self.renamed.emit(self.row(index).name, str(value))
        return True

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Names for keyboard search; the whole line for readers and the tooltip."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self.row(index).name
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            row = self.row(index)
            return f"{row.name}, {row.protocol}, {row.route}, {row.status}"
        return None


class _View(QListView):
    """A plain list without frame; F2, Delete and the context menu rename and remove."""

    remove = Signal(str)

    def __init__(self, theme: Theme, model: _Model) -> None:
        super().__init__()
        self._theme, self._proxies = theme, model
        self.setModel(model)
        self.setItemDelegate(_Delegate(theme, model, self))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Proxies"))
        self.setMouseTracking(True)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.EditKeyPressed | triggers.DoubleClicked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes the selected one."""
        if event.key() == Qt.Key.Key_Delete and self.currentIndex().isValid():
            self.remove.emit(self._proxies.row(self.currentIndex()).name)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to rename or remove the line under the pointer."""
        index = self.indexAt(event.pos())
        if not index.isValid():
            return
        name = self._proxies.row(index).name
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Rename…")).triggered.connect(lambda: self.edit(index))
        menu.addAction(self.tr("Remove {}").format(name)).triggered.connect(lambda: self.remove.emit(name))
        menu.popup(event.globalPos())


class _Delegate(QStyledItemDelegate):
    """Paints a line: dot, name, protocol, route, status."""

    def __init__(self, theme: Theme, model: _Model, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._model = theme, model

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        """A field for the name."""
        field = QLineEdit(parent)
        field.setFont(self._theme.font("body"))
        field.setAccessibleName(self.tr("Name of {}").format(self._model.row(index).name))
        return field

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        """Over the name, from the dot to the right end."""
        editor.setGeometry(option.rect.adjusted(self._theme.px(24), 2, -self._theme.px(4), -2))

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """32 px at the drawn size."""
        return QSize(self._theme.px(200), self._theme.px(32))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """One line."""
        theme, row = self._theme, self._model.row(index)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        ground = "selected" if chosen else "hover" if state & QStyle.StateFlag.State_MouseOver else ""
        painter.save()
        if ground:
            fill = theme.color(ground)
            paint.panel(painter, QRectF(rect).adjusted(0, 1, 0, -1), fill, fill, 6)
        if state & QStyle.StateFlag.State_HasFocus:
            paint.focus_ring(painter, theme, QRectF(rect).adjusted(0, 1, 0, -1), 6)
        self._dot(painter, row, rect)
        self._words(painter, row, rect.adjusted(theme.px(28), 0, -theme.px(12), 0), chosen)
        painter.restore()

    def _dot(self, painter: QPainter, row: ProxyRow, rect: QRect) -> None:
        token = "bad" if row.failed else "warn" if row.down else "ok" if row.running else "text3"
        center = QPointF(rect.left() + self._theme.px(15), rect.center().y() + 0.5)
        paint.dot(painter, center, self._theme.color(token), filled=row.running and not row.failed)

    def _words(self, painter: QPainter, row: ProxyRow, rect: QRect, chosen: bool) -> None:
        theme = self._theme
        share = row.status.endswith("%")
        status_token = "bad" if row.failed else "warn" if row.down else "text" if share or chosen else "text2"
        status = max(theme.px(60), self._width("strong", row.status))
        self._draw(painter, rect, row.status, "strong" if share else "body", status_token, right=True)
        route = rect.adjusted(0, 0, -status - theme.px(8), 0)
        self._draw(painter, route, row.route, "caption", "text2", right=True)
        rest = route.adjusted(0, 0, -self._width("caption", row.route) - theme.px(8), 0)
        role = "strong" if chosen else "button"
        protocol = self._width("caption", row.protocol) + theme.px(8)
        name = rest.adjusted(0, 0, -protocol, 0)
        self._draw(painter, name, row.name, role, "text")
        left = min(self._width(role, row.name), name.width()) + theme.px(8)
        self._draw(painter, rest.adjusted(left, 0, 0, 0), row.protocol, "caption", "text3")

    def _draw(self, painter: QPainter, rect: QRect, text: str, role: str, token: str, right: bool = False) -> None:
        font = self._theme.font(role)
        painter.setFont(font)
        painter.setPen(self._theme.color(token))
        align = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, shown)

    def _width(self, role: str, text: str) -> int:
        return QFontMetrics(self._theme.font(role)).horizontalAdvance(text)
