"""The graphs as a picture file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from vaurien_gui.style.theme import Theme

SCALE = 2
MARGIN = 16


def save_picture(theme: Theme, graphs: QWidget, path: Path, title: str) -> bool:
    """Paint the graphs at twice their size under a title and write them as PNG; false if that failed."""
    head = theme.px(40)
    picture = QPixmap(graphs.width() * SCALE, (graphs.height() + head) * SCALE)
    picture.setDevicePixelRatio(SCALE)
    picture.fill(theme.color("surface"))
    painter = QPainter(picture)
    painter.setFont(theme.font("card-title"))
    painter.setPen(theme.color("text"))
    box = QRect(MARGIN, 0, graphs.width() - 2 * MARGIN, head)
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
    graphs.render(painter, QPoint(0, head), graphs.rect(), QWidget.RenderFlag.DrawChildren)
    painter.end()
    return picture.save(str(path), "PNG")
