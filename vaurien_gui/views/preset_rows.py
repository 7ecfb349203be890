"""How a preset stands in the list: its title, and under it what it is for."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from vaurien_gui.style import paint
from vaurien_gui.style.theme import Theme

NOTE = int(Qt.ItemDataRole.UserRole) + 1
HEIGHT = 44


class PresetRows(QStyledItemDelegate):
    """Paints the lines; owned by the list."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Two lines and some room."""
        return QSize(0, self._theme.px(HEIGHT))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """One line; the chosen one is lit, and ringed while the list has the focus."""
        theme, px = self._theme, self._theme.px
        state, rect = option.state, QRectF(option.rect)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        if chosen or hovered:
            fill = theme.color("selected" if chosen else "hover")
            paint.panel(painter, rect.adjusted(1, 1, -1, -1), fill, fill, 6)
        x, room = rect.left() + px(10), rect.width() - px(20)
        middle = rect.height() / 2
        words = ((str(index.data()), "strong", "text", 0.0), (str(index.data(NOTE)), "caption", "text3", middle))
        for text, role, token, top in words:
            font = theme.font(role)
            painter.setFont(font)
            painter.setPen(theme.color("text2" if chosen and token == "text3" else token))
            shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, int(room))
            box = QRectF(x, rect.top() + top + (px(4) if not top else 0), room, middle - px(4))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        if chosen and state & QStyle.StateFlag.State_HasFocus:
            paint.focus_ring(painter, theme, rect.adjusted(1, 1, -1, -1), 6)
        painter.restore()
