"""The page of the log's tab: the last lines that the window and its engine wrote."""

from __future__ import annotations

import logging

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from vaurien_gui.models.log_lines import LogLines
from vaurien_gui.style.controls import IconButton, Text
from vaurien_gui.style.theme import Theme


class _Lines(QStyledItemDelegate):
    """Warnings and errors in their colour."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """The colour of the level."""
        super().initStyleOption(option, index)
        level = index.data(Qt.ItemDataRole.UserRole) or 0
        token = "bad" if level >= logging.ERROR else "warn" if level >= logging.WARNING else "text2"
        option.palette.setColor(QPalette.ColorRole.Text, self._theme.color(token))


class LogView(QWidget):
    """Follows the newest line while it is in sight."""

    copy_wanted = Signal()
    clear_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self, theme: Theme, lines: LogLines) -> None:
        super().__init__()
        self._theme, self._lines = theme, lines
        self.list = QListView()
        self.list.setAccessibleName("Log")
        self.list.setModel(lines)
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setFrameShape(QListView.Shape.NoFrame)
        self.list.setItemDelegate(_Lines(theme, self.list))
        self.tools = QWidget()
        self._pages = QStackedWidget()
        self._nothing = Text(theme, "Nothing was written yet.", "body", "text3")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        theme.changed.connect(self._restyle)
        self._restyle()

    def refresh(self) -> None:
        """Take up new lines."""
        bar = self.list.verticalScrollBar()
        follow = bar.value() >= bar.maximum()
        if self._lines.take() and follow:
            self.list.scrollToBottom()
        self._pages.setCurrentIndex(0 if self._lines.rowCount() else 1)

    @property
    def selected(self) -> str:
        """The selected lines, else all."""
        rows = sorted(self.list.selectedIndexes(), key=lambda index: index.row())
        return "\n".join(str(index.data()) for index in rows) or self._lines.text

    def _lay_out(self) -> None:
        tools = QHBoxLayout(self.tools)
        tools.setContentsMargins(0, 0, 0, 0)
        for icon, tip, signal in (
            ("copy", "Copy the selected lines, or all", self.copy_wanted),
            ("trash", "Clear the log shown here; the file stays", self.clear_wanted),
            ("folder", "Open the folder of the log file", self.folder_wanted),
        ):
            button = IconButton(self._theme, icon, tip)
            button.clicked.connect(signal)
            tools.addWidget(button)
        self._pages.addWidget(self.list)
        self._pages.addWidget(self._nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 4, 0)
        column.addWidget(self._pages)

    def _restyle(self) -> None:
        self.list.setFont(self._theme.font("mono"))
        self.list.viewport().update()
