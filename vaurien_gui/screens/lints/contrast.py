"""Contrast, measured in the pixels of a rendered picture: words 4.5:1, icons and marks 3:1 (workbench, section 19).

The ground of a text is the colour that most of its rectangle has, its ink the pixel that differs most from that. Where
a few letters of small type fill no pixel whole, antialiasing may leave `BLUR` of it; the painted colour, against
the ground in the picture, must reach the limit all the same.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from vaurien_gui.screens.lints.cut import name
from vaurien_gui.screens.words import Word, seen_part, shown_part, visible
from vaurien_gui.style.controls import Dot, Glyph, IconButton, Swatch

TEXT, GRAPHICS = 4.5, 3.0
BLUR = 0.85
"""What antialiasing may leave of a text's contrast where no stroke fills a pixel."""
WHOLE = 0.7
"""How much of a text's height must be in sight for it to be judged; the rest is scrolled away."""
AROUND = 3
"""Pixels around a mark whose colour is its ground: a swatch is mostly fill."""
Pixels = NDArray[np.uint8]


def pixels(image: QImage) -> Pixels:
    """A picture as rows of (red, green, blue)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return raw[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()  # the image ends here


def part(picture: Pixels, rect: QRectF, density: float) -> Pixels:
    """What is in a rectangle of logical pixels."""
    left, top = max(0, int(rect.left() * density)), max(0, int(rect.top() * density))
    return picture[top : int(rect.bottom() * density) + 1, left : int(rect.right() * density) + 1]


def luminance(colors: NDArray[np.generic]) -> NDArray[np.float64]:
    """Relative luminance (WCAG 2.2) of colours, 0 to 1."""
    share = colors.astype(np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def ratios(cut: Pixels) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """The contrast of each colour of a cut-out to its most frequent one, and that colour."""
    colors, counts = np.unique(cut.reshape(-1, 3), axis=0, return_counts=True)
    light, ground = luminance(colors), int(counts.argmax())
    high, low = np.maximum(light, light[ground]), np.minimum(light, light[ground])
    return (high + 0.05) / (low + 0.05), colors[ground]


def best(cut: Pixels) -> float:
    """The strongest contrast within a cut-out; 21 where there is nothing to see."""
    return float(ratios(cut)[0].max()) if cut.size else 21.0


def _nominal(cut: Pixels, word: Word) -> float:
    """The painted colour against the ground that the picture has."""
    color = np.array([[word.color.red(), word.color.green(), word.color.blue()]])
    one, other = float(luminance(color)[0]), float(luminance(ratios(cut)[1]))
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _mark(picture: Pixels, seen: QRectF, density: float) -> float:
    """The strongest contrast of a mark to what is around it."""
    wide = part(picture, seen.adjusted(-AROUND, -AROUND, AROUND, AROUND), density)
    edge = max(1, round(AROUND * density))
    ring = np.concatenate([wide[:edge].reshape(-1, 3), wide[-edge:].reshape(-1, 3)])
    colors, counts = np.unique(ring, axis=0, return_counts=True)
    ground, light = float(luminance(colors[counts.argmax()])), luminance(part(picture, seen, density))
    return float(((np.maximum(light, ground) + 0.05) / (np.minimum(light, ground) + 0.05)).max())


def contrast(root: QWidget, image: QImage, found: Iterable[Word]) -> list[str]:
    """Texts and icons of what is enabled that can't be told from their ground; `image` is `root`, rendered."""
    picture, density, faults = pixels(image), image.devicePixelRatio(), []
    painted: dict[tuple[object, ...], list[Word]] = {}  # a selected text is painted twice, over one another
    for word in found:
        rect = word.ink.toRect()
        painted.setdefault((word.widget, word.text, rect.x(), rect.y()), []).append(word)
    for layers in painted.values():
        word = layers[-1]
        if not word.widget.isEnabled() or not any(map(str.isalnum, word.text)):
            continue
        if seen_part(root, word).height() < word.ink.height() * WHOLE:
            continue
        seen = word.within(root, word.room) & QRectF(shown_part(root, word.widget))
        cut = part(picture, seen, density)
        measured = min(best(cut) / BLUR, max(_nominal(cut, layer) for layer in layers)) if cut.size else TEXT
        if measured < TEXT:
            faults.append(f"{name(word.widget)}: {word.text!r} has a contrast of {measured:.2f}:1, needs {TEXT}:1")
    for widget in visible(root):
        if not isinstance(widget, (Glyph, IconButton, Swatch, Dot)) or not widget.isEnabled():
            continue
        seen = QRectF(shown_part(root, widget))
        if seen.size() != QRectF(widget.rect()).size() or not _on_top(root, widget):
            continue
        measured = _mark(picture, seen, density)
        if measured < GRAPHICS * BLUR:
            faults.append(f"{name(widget)} has a contrast of {measured:.2f}:1, needs {GRAPHICS}:1")
    return faults


def _on_top(root: QWidget, widget: QWidget) -> bool:
    middle = shown_part(root, widget).center()
    return root.childAt(middle) in (widget, None)
