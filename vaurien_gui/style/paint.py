"""What several painted widgets draw alike: swatches, dots, focus rings, panels."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform

from vaurien_gui.style.theme import Theme

RING = 2.0
"""Width of a focus ring in pixels."""
STRIPE_ALPHA = 110
"""How strong the stripes of a remote engine's band are, of 255: words on them keep 4.5:1."""


def fill_behavior(painter: QPainter, theme: Theme, path: QPainterPath, name: str, held: bool = False) -> None:
    """Fill a path with a behavior's colour and pattern; strokes stay whole device pixels."""
    density = painter.device().devicePixelRatioF()
    brush = theme.behavior_brush(name, held, max(1, round(density)))
    origin = path.boundingRect().topLeft()
    brush.setTransform(QTransform.fromTranslate(origin.x(), origin.y()).scale(1 / density, 1 / density))
    painter.fillPath(path, brush)


def swatch(painter: QPainter, theme: Theme, rect: QRectF, name: str, held: bool = False) -> None:
    """A small rounded square in a behavior's colour and pattern, with an outline."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    fill_behavior(painter, theme, path, name, held)
    painter.strokePath(path, QPen(theme.behavior_line(name, held), 1))
    painter.restore()


def dot(painter: QPainter, center: QPointF, color: QColor, filled: bool = True) -> None:
    """A state dot: a disc for what runs, a ring for what doesn't."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen if filled else QPen(color, 1.5))
    painter.setBrush(color if filled else Qt.BrushStyle.NoBrush)
    radius = 4.0 if filled else 3.25
    painter.drawEllipse(center, radius, radius)
    painter.restore()


def panel(painter: QPainter, rect: QRectF, fill: QColor, line: QColor, radius: float) -> None:
    """A filled, rounded, outlined box whose line lies on whole pixels."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(line, 1))
    painter.setBrush(fill)
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    painter.restore()


def focus_ring(painter: QPainter, theme: Theme, rect: QRectF, radius: float, gap: bool = False) -> None:
    """The ring of what has the keyboard, just inside `rect`; `gap` parts it from a strong fill."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if gap:
        painter.setPen(QPen(theme.color("surface"), 1))
        painter.drawRoundedRect(rect.adjusted(2.5, 2.5, -2.5, -2.5), radius - 2, radius - 2)
    painter.setPen(QPen(theme.color("accent"), RING))
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius)
    painter.restore()


def stripes(painter: QPainter, rect: QRect, color: QColor, step: int) -> None:
    """Slanted stripes over a ground, faint enough to read through."""
    painter.save()
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    faint = QColor(color)
    faint.setAlpha(STRIPE_ALPHA)
    painter.setPen(QPen(faint, step / 2.5))
    for x in range(rect.left() - rect.height(), rect.right() + step, step):
        painter.drawLine(x, rect.bottom() + step, x + rect.height() + step, rect.top() - 1)
    painter.restore()


def text_on(fill: QColor) -> QColor:
    """Black or white, whichever reads better on a fill (WCAG contrast)."""
    dark, light = QColor("#15181D"), QColor("#FFFFFF")
    return dark if contrast(dark, fill) >= contrast(light, fill) else light


def luminance(color: QColor) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
