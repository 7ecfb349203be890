"""The graphs as a picture: all panels or one, under a title, with legend, markers and times."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from vaurien_gui.style.theme import Theme

MARGIN = 16


def picture_of(theme: Theme, parts: Sequence[QWidget], title: str, detail: str, scale: int = 2) -> QImage:
    """Paint widgets that stand under one another, `scale` times as large as on screen."""
    head, foot, gap = theme.px(40), theme.px(8), 4
    width = max(part.width() for part in parts)
    height = head + sum(part.height() + gap for part in parts) + foot
    image = QImage(width * scale, height * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(theme.color("surface"))
    painter = QPainter(image)
    painter.setFont(theme.font("card-title"))
    painter.setPen(theme.color("text"))
    box = QRect(MARGIN, 0, width - 2 * MARGIN, head)
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
    painter.setFont(theme.font("caption"))
    painter.setPen(theme.color("text3"))
    painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, detail)
    top = head
    for part in parts:
        part.render(painter, QPoint(0, top), part.rect(), QWidget.RenderFlag.DrawChildren)
        top += part.height() + gap
    painter.end()
    return image
