"""Text that is wider or higher than its box."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRectF
from PySide6.QtWidgets import QAbstractScrollArea, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from vaurien_gui.screens.words import Word, viewport_of, visible

SLACK = 2.0
"""Pixels by which two ways to measure a text may differ."""


def cut(root: QWidget, found: Iterable[Word]) -> list[str]:
    """What is cut off: texts by the box of their widget or of those around it, and parts smaller than they ask for."""
    faults = [f"{name(word.widget)}: {word.text!r} is {problem}" for word in found if (problem := _problem(root, word))]
    return [*faults, *squeezed(root)]


def squeezed(root: QWidget) -> list[str]:
    """Labels and buttons that are narrower or lower than their words."""
    found = []
    for widget in visible(root):
        if isinstance(widget, QLabel) and widget.text():
            needed = widget.minimumSizeHint() if widget.wordWrap() else widget.sizeHint()
            low = widget.height() < (widget.heightForWidth(widget.width()) if widget.wordWrap() else needed.height())
            if (not widget.wordWrap() and needed.width() > widget.width()) or low:
                found.append(f"label {widget.text()!r} has less room than its words")
        elif isinstance(widget, QPushButton) and widget.text() and widget.sizeHint().width() > widget.width():
            found.append(f"button {widget.text()!r} has less room than its words")
    return found


def name(widget: QWidget) -> str:
    """A widget for people."""
    return " ".join(filter(None, (type(widget).__name__, widget.objectName() or widget.accessibleName())))


def _problem(root: QWidget, word: Word) -> str:
    widget, ink = word.widget, word.ink
    if isinstance(widget, QLineEdit) and (widget.hasFocus() or len(word.text) > 40):
        return ""  # it scrolls; a path or an address of any length may stand there
    area = viewport_of(widget)
    if isinstance(area, QPlainTextEdit):
        return ""  # it scrolls both ways
    moves = area is not None and area.viewport() is widget
    if moves and _scrolls_sideways(area):
        return ""
    if _beyond(ink.left(), ink.right(), widget.width()):
        return "wider than its box"
    if _beyond(ink.top(), ink.bottom(), widget.height()) and not moves:
        return "higher than its box"
    return _cut_above(root, word)


def _cut_above(root: QWidget, word: Word) -> str:
    """Whether something around the widget cuts its text; what scrolls may cut it in that direction."""
    below, upright = word.widget, True
    while below is not root and (above := below.parentWidget()) is not None:
        area = above.parentWidget()
        rect = QRectF(word.ink.translated(word.widget.mapTo(above, QPoint(0, 0)).toPointF()))
        scrolls = isinstance(area, QAbstractScrollArea) and area.viewport() is above
        upright = upright and not scrolls
        if scrolls and _scrolls_sideways(area):
            return ""
        if _beyond(rect.left(), rect.right(), above.width()):
            return f"cut at the side of {name(above)}"
        if upright and _beyond(rect.top(), rect.bottom(), above.height()):
            return f"cut by the height of {name(above)}"
        below = above
    return ""


def _beyond(low: float, high: float, size: float) -> bool:
    return low < -SLACK or high > size + SLACK


def _scrolls_sideways(area: QWidget | None) -> bool:
    return isinstance(area, QAbstractScrollArea) and area.horizontalScrollBar().maximum() > 0
