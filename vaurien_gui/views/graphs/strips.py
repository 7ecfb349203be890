"""The two strips that belong to all panels: numbered markers above, wall-clock times below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from vaurien_gui.models.shown import Marker
from vaurien_gui.style.theme import Theme

STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900)
LEAST_WORDS = 40
"""Less room than that for a marker's words, and there is only its number."""
MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class Strip(QWidget):
    """Knows which part of its width is the plots' and which times that part spans."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._left = self._width = 0
        self._end, self._span = 0.0, 60.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def set_area(self, left: int, width: int) -> None:
        """Where the plots are, in pixels."""
        if (left, width) != (self._left, self._width):
            self._left, self._width = left, width
            self.update()

    def set_time(self, end: float, span: float) -> None:
        """What the plots show: `span` seconds up to `end`."""
        if (end, span) != (self._end, self._span):
            self._end, self._span = end, span
            self.update()

    def x_of(self, t: float) -> int:
        """The pixel column of a time, rounded as the plots round."""
        return self._left + round(self._width * (1 + (t - self._end) / self._span))


class MarkerStrip(Strip):
    """Flags with a number and words; a click tells which one it was."""

    clicked = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._markers: tuple[Marker, ...] = ()
        self._flags: list[tuple[QRect, Marker]] = []
        self._kept_free = 0
        self.setAccessibleName("Markers")

    def keep_free(self, width: int) -> None:
        """No words in so many pixels at the right: something else stands there."""
        if width != self._kept_free:
            self._kept_free = width
            self.update()

    def show_markers(self, markers: Sequence[Marker]) -> None:
        """Those that are in sight, in order of time."""
        if tuple(markers) != self._markers:
            self._markers = tuple(markers)
            self.setAccessibleDescription(", ".join(f"{m.number} {m.text}" for m in self._markers))
            self.update()

    def sizeHint(self) -> QSize:
        """A flag and the start of its line."""
        return QSize(100, self._theme.px(22))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Flags from the latest to the earliest; each one's words end where the next flag begins."""
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side, top = theme.px(16), theme.px(3)
        limit = self.width() - max(theme.px(12), self._kept_free)
        self._flags = []
        later = self.width()
        for marker in reversed(self._markers):
            x = self.x_of(marker.t)
            painter.setFont(theme.font("caption-strong"))
            wide = max(side, painter.fontMetrics().horizontalAdvance(str(marker.number)) + theme.px(6))
            flag = QRect(min(x - 1, later - wide - 1), top, wide, side)  # beside the later one, never over it
            later = flag.left()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("series1"))
            painter.drawRoundedRect(QRectF(flag), 3, 3)
            painter.setPen(theme.color("surface"))
            painter.drawText(flag, Qt.AlignmentFlag.AlignCenter, str(marker.number))
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.color("text2"))
            words = QRect(flag.right() + theme.px(5), top, max(0, limit - flag.right() - theme.px(9)), side)
            if words.width() > theme.px(LEAST_WORDS):
                text = painter.fontMetrics().elidedText(marker.text, Qt.TextElideMode.ElideRight, words.width())
                painter.drawText(words, MIDDLE, text)
                words.setWidth(painter.fontMetrics().horizontalAdvance(text))
            painter.fillRect(QRect(x, flag.bottom() + 1, 1, self.height() - flag.bottom()), theme.color("marker"))
            self._flags.append((flag.united(words), marker))
            limit = min(limit, flag.left() - theme.px(3))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which flag was clicked."""
        marker = self._at(event.position().toPoint())
        if marker is not None:
            self.clicked.emit(marker.number)

    def event(self, event: QEvent) -> bool:
        """A tooltip has the whole words."""
        if isinstance(event, QHelpEvent):
            marker = self._at(event.pos())
            QToolTip.showText(event.globalPos(), f"{marker.number}  {marker.text}" if marker else "", self)
            return True
        return super().event(event)

    def _at(self, place: QPoint) -> Marker | None:
        """The marker there; where flags overlap, the one whose middle is nearest."""
        there = [
            (abs(box.center().x() - place.x()), n) for n, (box, _) in enumerate(self._flags) if box.contains(place)
        ]
        return self._flags[min(there)[1]][1] if there else None


class TimeStrip(Strip):
    """Times of day under the plots, at round seconds."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._wall = 0.0
        self.setAccessibleName("Time")

    def set_wall(self, wall: float) -> None:
        """Wall time minus the plots' time."""
        self._wall = wall

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(100, QFontMetrics(self._theme.font("axis")).height() + self._theme.px(8))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The labels whose middle is in sight and that are not cut."""
        painter = QPainter(self)
        painter.setFont(self._theme.font("axis"))
        painter.setPen(self._theme.color("text3"))
        wide = painter.fontMetrics().horizontalAdvance("00:00:00")
        least = self._span * 1.7 * wide / max(1, self._width)
        step = next((s for s in STEPS_S if s >= least), STEPS_S[-1])
        end = self._end + self._wall
        for tick in range(math.ceil((end - self._span) / step) * step, math.floor(end) + 1, step):
            x = self.x_of(tick - self._wall)
            if x - wide // 2 >= self._left - self._theme.px(12) and x + wide // 2 <= self.width():
                box = QRect(x - wide, 0, 2 * wide, self.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{datetime.fromtimestamp(tick):%H:%M:%S}")
