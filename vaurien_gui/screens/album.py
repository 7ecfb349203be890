"""Contact sheets: nine pictures of one folder each, small, with their names, to be looked at beside the drawings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter

WIDTH, CAPTION, COLUMNS = 640, 18, 3
PAGE = COLUMNS * 3


def sheets(pictures: Sequence[Path], out: Path) -> list[Path]:
    """Lay pictures on as many sheets as they need, `out` with a number in front of its suffix.

    Raises:
        OSError: a file can't be written.
    """
    pages = [pictures[at : at + PAGE] for at in range(0, len(pictures), PAGE)]
    return [_sheet(page, out.with_stem(f"{out.stem}-{n}")) for n, page in enumerate(pages, 1)]


def small(path: Path, out: Path) -> None:
    """Write a picture with 256 colours, for a page: a third of the bytes, and nobody sees it.

    Raises:
        OSError: the file can't be written.
    """
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32)
    colors, counts = np.unique(np.frombuffer(image.constBits(), np.uint32), return_counts=True)
    table = [int(color) for color in colors[np.argsort(-counts)[:256]]]
    few = image.convertToFormat(QImage.Format.Format_Indexed8, table, Qt.ImageConversionFlag.AvoidDither)
    if not few.save(str(out), quality=0):
        raise OSError(f"{out} can't be written")


def _small(path: Path) -> QImage:
    image = QImage(str(path))
    return image.scaledToWidth(min(WIDTH, image.width()), Qt.TransformationMode.SmoothTransformation)


def _sheet(pictures: Sequence[Path], out: Path) -> Path:
    images = [_small(path) for path in pictures]
    rows = [range(at, min(at + COLUMNS, len(images))) for at in range(0, len(images), COLUMNS)]
    heights = [max(images[n].height() for n in row) + CAPTION for row in rows]
    page = QImage(WIDTH * COLUMNS, sum(heights), QImage.Format.Format_RGB888)
    page.fill(Qt.GlobalColor.gray)
    painter, y = QPainter(page), 0
    for row, height in zip(rows, heights, strict=True):
        for column, n in enumerate(row):
            where = QRect(column * WIDTH + 4, y, WIDTH, CAPTION)
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, f"{pictures[n].parent.name}/{pictures[n].stem}")
            painter.drawImage(column * WIDTH, y + CAPTION, images[n])
        y += height
    painter.end()
    if not page.save(str(out)):
        raise OSError(f"{out} can't be written")
    return out
