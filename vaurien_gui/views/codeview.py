"""Text to read and copy: line numbers, and sections, keys and values told apart quietly."""

from __future__ import annotations

import re

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QTextEdit, QWidget

from vaurien_gui.style.theme import Theme

_YAML_KEY = re.compile(r"^\s*(- )?[\w-]+:(?=\s|$)")
_KEY = re.compile(r"^\s*[^=\[#;\s][^=]*=?")


LINE = 18
"""From one line to the next, in drawn pixels."""


class CodeView(QTextEdit):
    """A read-only plain text in the fixed font; Tab leaves it. `language`: `ini`, `yaml` or `plain`."""

    def __init__(self, theme: Theme, name: str, numbered: bool = True, language: str = "ini") -> None:
        super().__init__()
        self._theme, self._numbered = theme, numbered
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QTextEdit.LineWrapMode.NoWrap if numbered else QTextEdit.LineWrapMode.WidgetWidth)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName(name)
        self.document().setDocumentMargin(10)
        self._numbers = _Numbers(self)
        self._numbers.setVisible(numbered)
        self._colors = _Colors(theme, self, language)
        self.verticalScrollBar().valueChanged.connect(self._numbers.update)
        theme.changed.connect(self._follow)
        self._follow()

    def show_text(self, text: str) -> None:
        """Show a text; place and selection stay when it is the same."""
        if text != self.toPlainText():
            self.setPlainText(text)
            self._space()
            self._measure()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Numbers as high as the text."""
        super().resizeEvent(event)
        self._measure()

    def paint_numbers(self, painter: QPainter) -> None:
        """The numbers of the lines, right-aligned, on their baselines."""
        painter.setFont(self.font())
        painter.setPen(self._theme.color("text3"))
        layout, top = self.document().documentLayout(), self.verticalScrollBar().value()
        block = self.document().begin()
        while block.isValid() and (block.text() or block.next().isValid()):
            line, number = block.layout().lineAt(0), str(block.blockNumber() + 1)
            x = self._numbers.width() - 6 - painter.fontMetrics().horizontalAdvance(number)
            y = layout.blockBoundingRect(block).top() + line.y() + line.ascent() - top
            painter.drawText(QPointF(x, y), number)
            block = block.next()

    def _measure(self) -> None:
        width = 0
        if self._numbered:
            digits = len(str(max(self.document().blockCount(), 10)))
            width = QFontMetrics(self.font()).horizontalAdvance("0" * digits) + self._theme.px(18)
        self.setViewportMargins(width, 0, 0, 0)
        inside = self.contentsRect()
        self._numbers.setGeometry(inside.left(), inside.top(), width, inside.height())

    def _space(self) -> None:
        """The lines apart as drawn."""
        form = QTextBlockFormat()
        height = max(self._theme.px(LINE), QFontMetrics(self.font()).height())
        form.setLineHeight(height, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.setBlockFormat(form)

    def _follow(self) -> None:
        self.setFont(self._theme.font("mono"))
        self._space()
        self._colors.rehighlight()
        self._measure()
        self._numbers.update()


class _Numbers(QWidget):
    """The margin."""

    def __init__(self, code: CodeView) -> None:
        super().__init__(code)
        self._code = code

    def sizeHint(self) -> QSize:
        """Set by the owner."""
        return QSize(0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The numbers."""
        self._code.paint_numbers(QPainter(self))


class _Colors(QSyntaxHighlighter):
    """Sections and definitions bold, keys and comments quiet, values in the text colour."""

    def __init__(self, theme: Theme, code: CodeView, language: str) -> None:
        super().__init__(code.document())
        self._theme, self._language = theme, language

    def highlightBlock(self, text: str) -> None:
        """One line."""
        quiet, strong = QTextCharFormat(), QTextCharFormat()
        quiet.setForeground(self._theme.color("text3"))
        strong.setFontWeight(QFont.Weight.Bold)
        start = text.lstrip()[:1]
        if start in ("#", ";"):
            self.setFormat(0, len(text), quiet)
        elif self._language == "plain":
            if text.lstrip().startswith('"""'):
                self.setFormat(0, len(text), quiet)
            elif text.startswith("def "):
                self.setFormat(4, len(text.partition("(")[0]) - 4, strong)
        elif self._language == "yaml":
            if match := _YAML_KEY.match(text):
                self.setFormat(0, match.end(), quiet)
        elif start == "[":
            self.setFormat(0, len(text), strong)
        elif "=" in text and (match := _KEY.match(text)):
            self.setFormat(0, match.end(), quiet)
