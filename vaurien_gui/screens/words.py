"""Every text that a widget paints, with its place: read from a drawing of the widget in SVG, custom painting included.

Labels, cells, axes and flags alike end in `QPainter.drawText`; Qt's SVG device writes each of them as a `text` element.
The lints call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QRegion, QTransform
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

_PARTS = re.compile(r'transform="matrix\(([^)]*)\)"|<text ([^>]*)>(.*?)</text>', re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Word:
    """One text as it was painted. Rectangles are in pixels of the widget, before its own clipping."""

    widget: QWidget
    text: str
    color: QColor
    room: QRectF
    """Its advance and line height."""
    ink: QRectF
    """Where its strokes are."""

    def within(self, root: QWidget, rect: QRectF) -> QRectF:
        """A rectangle of the widget in pixels of `root`."""
        return rect.translated(QPointF(self.widget.mapTo(root, QPoint(0, 0))))


def painted(widget: QWidget) -> Iterator[Word]:
    """The texts that a widget paints itself, without those of its children."""
    store = QByteArray()
    buffer = QBuffer(store)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    device = QSvgGenerator()
    device.setOutputDevice(buffer)
    device.setSize(widget.size())
    painter = QPainter(device)
    QWidget.render(widget, painter, QPoint(0, 0), QRegion(), QWidget.RenderFlag(0))  # a view has a render of its own
    painter.end()
    buffer.close()
    matrix = QTransform()
    for transform, attributes, text in _PARTS.findall(bytes(store.data()).decode()):
        if transform:
            a, b, c, d, e, f = map(float, transform.split(","))
            matrix = QTransform(a, b, c, d, e, f)
            continue
        said = unescape(text).strip("\n")
        if said.strip():
            yield _word(widget, said, dict(_ATTRIBUTE.findall(attributes)), matrix)


def visible(root: QWidget) -> Iterator[QWidget]:
    """`root` and all below it that are shown and have a size."""
    for widget in (root, *root.findChildren(QWidget)):
        seen = widget.isVisibleTo(root) and not widget.isWindow() and not widget.size().isEmpty()
        if seen or widget is root:
            yield widget


def words(root: QWidget) -> list[Word]:
    """All texts of a window or a part of it that nothing lies over."""
    return [word for widget in visible(root) for word in painted(widget) if uncovered(root, word)]


def uncovered(root: QWidget, word: Word) -> bool:
    """Whether anything of a text can be seen: not scrolled away, no sheet over it."""
    seen = seen_part(root, word)
    if seen.isEmpty():
        return False
    top = root.childAt(seen.center().toPoint()) or root
    return top is word.widget or word.widget.isAncestorOf(top) or _glass(top, word.widget)


def seen_part(root: QWidget, word: Word) -> QRectF:
    """What its widget and those around it leave of a text's strokes, in pixels of `root`."""
    return word.within(root, word.ink) & QRectF(shown_part(root, word.widget))


def shown_part(root: QWidget, widget: QWidget) -> QRect:
    """What its ancestors leave of a widget, in pixels of `root`."""
    part = QRect(widget.mapTo(root, QPoint(0, 0)), widget.size())
    above: QWidget | None = widget
    while above is not None and above is not root and (above := above.parentWidget()) is not None:
        part &= QRect(above.mapTo(root, QPoint(0, 0)), above.size())
    return part


def viewport_of(widget: QWidget) -> QAbstractScrollArea | None:
    """The nearest scroll area that a widget moves in, or that it is the viewport of."""
    below, above = widget, widget.parentWidget()
    while above is not None:
        if isinstance(above, QAbstractScrollArea) and above.viewport() is below:
            return above
        below, above = above, above.parentWidget()
    return None


def _glass(top: QWidget, widget: QWidget) -> bool:
    """Whether what lies over a widget is a clear pane for the mouse over the graphs."""
    board = top.parentWidget()
    return type(top).__name__ == "Glass" and board is not None and board.isAncestorOf(widget)


def _word(widget: QWidget, text: str, attributes: dict[str, str], matrix: QTransform) -> Word:
    font = QFont(attributes["font-family"].split(",")[0].strip("'"))
    font.setPixelSize(max(1, round(float(attributes["font-size"]))))
    font.setWeight(QFont.Weight(int(attributes["font-weight"])))
    metrics = QFontMetricsF(font)
    at = QPointF(float(attributes["x"]), float(attributes["y"]))
    room = QRectF(at.x(), at.y() - metrics.ascent(), metrics.horizontalAdvance(text), metrics.height())
    ink = metrics.tightBoundingRect(text).translated(at)
    return Word(widget, text, QColor(attributes["fill"]), matrix.mapRect(room), matrix.mapRect(ink))
