"""A text field with known values: a list of them, each with a title and a line of detail, searched while typing.

What can't be found can still be typed: a newer engine may know more.
"""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QAction, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QCompleter, QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from vaurien_core.options import Option, OptionValue
from vaurien_gui.forms.editors import Editor, label_of
from vaurien_gui.forms.fields import CommitEdit, mark_problem
from vaurien_gui.models.shown import Suggestion
from vaurien_gui.style.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
_SEARCHED = Qt.ItemDataRole.UserRole
WIDTH = 460
LINES = 6
"""How many are in sight."""


class SuggestingEditor(Editor):
    """A text that is mostly one of a few dozen. Down, or the arrow at its end, shows all of them."""

    def __init__(self, theme: Theme, option: Option, suggestions: tuple[Suggestion, ...]) -> None:
        super().__init__(theme, option)
        self._field = _Field(theme, label_of(option), option.format(option.default), suggestions)
        self._field.committed.connect(self.edited)
        self._take(self._field, 1)
        self._add_arrow(self._field)

    @property
    def completer(self) -> QCompleter:
        """What finds and shows them."""
        return self._field.suggesting

    def show_value(self, value: OptionValue, *, problem: bool) -> None:
        """The text; a default shows as the placeholder."""
        text = "" if value == self.option.default else self.option.format(value)
        self._field.show_text(text, keep=problem)
        mark_problem(self._field, problem)

    def follow_theme(self) -> None:
        """The arrow keeps its colour."""
        super().follow_theme()
        self._field.follow_theme()


class _Field(CommitEdit):
    """A line edit with its list."""

    def __init__(self, theme: Theme, name: str, placeholder: str, suggestions: tuple[Suggestion, ...]) -> None:
        super().__init__(theme, name, placeholder)
        self._suggestions = suggestions
        self.suggesting = _Completer(theme, suggestions, self)
        self.setCompleter(self.suggesting)
        self.suggesting.activated.connect(lambda _: self._picked())
        self._all = QAction(self)
        self._all.setToolTip(self.tr("All values (Down)"))
        self._all.triggered.connect(self.show_all)
        self.addAction(self._all, QLineEdit.ActionPosition.TrailingPosition)
        self.follow_theme()

    def show_all(self) -> None:
        """Everything there is to choose from."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.suggesting.setCompletionPrefix("")
        self.suggesting.complete()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down shows all; Return takes what is marked in the list, or its first one where the text names none."""
        popup = self.suggesting.popup()
        listed = popup is not None and popup.isVisible()
        if event.key() == Qt.Key.Key_Down and not listed:
            self.show_all()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and popup is not None and listed:
            known = any(each.value == self.text().strip() for each in self._suggestions)
            if not popup.currentIndex().isValid() and not known:
                popup.setCurrentIndex(self.suggesting.completionModel().index(0, 0))
            if popup.currentIndex().isValid():
                event.ignore()  # the list does it
            else:
                super().keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def follow_theme(self) -> None:
        """The arrow."""
        self._all.setIcon(self._theme.icon("chevron-down", "text2", 14))

    def _picked(self) -> None:
        self.typing.commit()


class _Completer(QCompleter):
    """Finds by name, title and what is sent; puts the name."""

    def __init__(self, theme: Theme, suggestions: tuple[Suggestion, ...], field: QLineEdit) -> None:
        super().__init__(field)
        self._theme = theme
        self.setModel(_Model(suggestions, self))
        self.setCompletionRole(_SEARCHED)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setMaxVisibleItems(LINES)
        popup = self.popup()
        if popup is not None:
            popup.setItemDelegate(_Delegate(theme, popup))
            popup.setProperty("popup", True)
            popup.setMinimumWidth(theme.px(WIDTH))
            popup.setAccessibleName(f"{field.accessibleName()}: values")

    def pathFromIndex(self, index: _Index) -> str:
        """The name."""
        return str(index.data(Qt.ItemDataRole.EditRole))


class _Model(QAbstractListModel):
    def __init__(self, suggestions: tuple[Suggestion, ...], parent: QCompleter) -> None:
        super().__init__(parent)
        self._suggestions = suggestions

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._suggestions)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        each = self._suggestions[index.row()]
        words = {
            Qt.ItemDataRole.DisplayRole: f"{each.value}  {each.title}",
            Qt.ItemDataRole.EditRole: each.value,
            Qt.ItemDataRole.ToolTipRole: each.detail,
            Qt.ItemDataRole.AccessibleTextRole: f"{each.value}, {each.title}, {each.detail}",
            _SEARCHED: f"{each.value} {each.title} {each.detail}",
        }
        return words.get(Qt.ItemDataRole(role))


class _Delegate(QStyledItemDelegate):
    """Two lines: name and title, then the detail."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Two lines of text."""
        theme = self._theme
        heights = (QFontMetrics(theme.font(role)).height() for role in ("strong", "caption"))
        return QSize(theme.px(WIDTH), sum(heights) + theme.px(10))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """The name strong, the title beside it, the rest under them."""
        theme, rect = self._theme, QRect(option.rect)
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.fillRect(rect, theme.color("selected"))
        box = rect.adjusted(theme.px(8), theme.px(5), -theme.px(8), -theme.px(5))
        name = str(index.data(Qt.ItemDataRole.EditRole))
        title = str(index.data(Qt.ItemDataRole.DisplayRole)).removeprefix(name).strip()
        strong, plain = QFontMetrics(theme.font("strong")), QFontMetrics(theme.font("body"))
        top = QRect(box.left(), box.top(), box.width(), strong.height())
        painter.setFont(theme.font("strong"))
        painter.setPen(theme.color("text"))
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, name)
        top.setLeft(top.left() + strong.horizontalAdvance(name) + theme.px(8))
        painter.setFont(theme.font("body"))
        painter.drawText(
            top, Qt.AlignmentFlag.AlignVCenter, plain.elidedText(title, Qt.TextElideMode.ElideRight, top.width())
        )
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color("text2"))
        under = QRect(box.left(), box.top() + strong.height(), box.width(), box.height() - strong.height())
        small = QFontMetrics(theme.font("caption"))
        detail = str(index.data(Qt.ItemDataRole.ToolTipRole))
        painter.drawText(
            under, Qt.AlignmentFlag.AlignVCenter, small.elidedText(detail, Qt.TextElideMode.ElideRight, under.width())
        )
        painter.restore()
