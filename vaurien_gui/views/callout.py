"""The first-run hints: a dark box that points at one thing at a time, never in the way of the mouse beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from vaurien_gui.style.controls import Button, Text
from vaurien_gui.style.theme import Theme

WIDTH = 288
_POINTER, _RADIUS, _SHADOW = 11, 8, 6


@dataclass(frozen=True, slots=True)
class Step:
    """One hint and the widget that it points at."""

    target: QWidget
    title: str
    text: str


class Callout(QWidget):
    """A chain of hints over a window. Next goes on, Escape ends it; `finished(skipped)` tells how it ended."""

    finished = Signal(bool)

    def __init__(self, theme: Theme, window: QWidget, steps: Sequence[Step]) -> None:
        super().__init__(window)
        self._theme, self._window, self._steps, self._at = theme, window, tuple(steps), 0
        self._side, self._tip = "left", QPoint()
        self._count = Text(theme, role="caption-strong", token="ink_hint")
        self._title = Text(theme, role="card-title", token="ink_text")
        self._text = Text(theme, token="ink_text", wrap=True)
        self.next_button = Button(theme, kind="paper")
        self.skip_button = Button(theme, self.tr("Skip with Esc"), kind="link")
        self.skip_button.setProperty("kind", "hint")
        foot = QHBoxLayout()
        foot.addWidget(self.skip_button)
        foot.addStretch(1)
        foot.addWidget(self.next_button)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(4)
        for widget in (self._count, self._title, self._text):
            self._column.addWidget(widget)
        self._column.addSpacing(8)
        self._column.addLayout(foot)
        self.next_button.clicked.connect(self.next)
        self.skip_button.clicked.connect(lambda: self._end(skipped=True))
        window.installEventFilter(self)
        theme.changed.connect(self.update)
        self.hide()

    @property
    def step(self) -> int:
        """Which hint is shown, from 0."""
        return self._at

    def begin(self) -> None:
        """Show the first hint."""
        self._at = 0
        self._show()

    def next(self) -> None:
        """Go on, or end after the last."""
        if self._at + 1 < len(self._steps):
            self._at += 1
            self._show()
        else:
            self._end(skipped=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape skips the rest."""
        if event.key() == Qt.Key.Key_Escape:
            self._end(skipped=True)
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep pointing at the same thing."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and not self.isHidden():
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Box and pointer with a soft shadow."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        shape = self._shape()
        shade = self._theme.color("shadow")
        shade.setAlpha(7)
        for drop in range(_SHADOW - 1, 0, -1):
            painter.fillPath(shape.translated(0, drop), shade)
        painter.fillPath(shape, self._theme.color("ink"))

    def _shape(self) -> QPainterPath:
        box = self._box()
        path = QPainterPath()
        path.addRoundedRect(box, _RADIUS, _RADIUS)
        tip, half = QPointF(self._tip), 8.0
        if self._side == "left":
            base = [QPointF(box.left() + 1, tip.y() - half), QPointF(box.left() + 1, tip.y() + half)]
        elif self._side == "right":
            base = [QPointF(box.right() - 1, tip.y() - half), QPointF(box.right() - 1, tip.y() + half)]
        else:
            edge = box.top() + 1 if self._side == "top" else box.bottom() - 1
            base = [QPointF(tip.x() - half, edge), QPointF(tip.x() + half, edge)]
        arrow = QPainterPath()
        arrow.addPolygon(QPolygonF([tip, *base]))
        arrow.closeSubpath()
        return path.united(arrow)

    def _box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_POINTER, _POINTER, -_POINTER, -_POINTER)

    def _show(self) -> None:
        step = self._steps[self._at]
        self._count.show_text(self.tr("{} of {}").format(self._at + 1, len(self._steps)))
        self._title.show_text(step.title)
        self._text.show_text(step.text)
        last = self._at + 1 == len(self._steps)
        self.next_button.setText(self.tr("Done") if last else self.tr("Next"))
        self.setAccessibleName(f"{step.title}. {step.text}")
        self._place()
        self.show()
        self.raise_()
        self.next_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _place(self) -> None:
        """Beside the target where there is room: right of it, below, above, left."""
        margin = _POINTER + 16
        self._column.setContentsMargins(margin, _POINTER + 12, margin, _POINTER + 12)
        width = self._theme.px(WIDTH) + 2 * _POINTER
        height = self._column.totalHeightForWidth(width)
        self.resize(width, max(height, self._column.totalMinimumSize().height()))
        target = self._steps[self._at].target
        corner = target.mapTo(self._window, QPoint(0, 0))
        center = corner + target.rect().center()
        room = self._window.size()
        if corner.x() + target.width() + self.width() < room.width():
            self._side, x, y = "left", corner.x() + target.width(), center.y() - 46
        elif corner.y() + target.height() + self.height() < room.height():
            self._side, x, y = "top", center.x() - self.width() // 2, corner.y() + target.height()
        elif corner.y() > self.height():
            self._side, x, y = "bottom", center.x() - self.width() // 2, corner.y() - self.height()
        else:
            self._side, x, y = "right", corner.x() - self.width(), center.y() - 46
        x = min(max(x, 0), room.width() - self.width())
        y = min(max(y, 0), room.height() - self.height())
        self.move(x, y)
        self._tip = self._tip_for(center - QPoint(x, y))
        self.update()

    def _tip_for(self, target: QPoint) -> QPoint:
        edge = _POINTER + _RADIUS + 8
        y = min(max(target.y(), edge), self.height() - edge)
        x = min(max(target.x(), edge), self.width() - edge)
        tips = {
            "left": QPoint(1, y), "right": QPoint(self.width() - 1, y),
            "top": QPoint(x, 1), "bottom": QPoint(x, self.height() - 1),
        }  # fmt: skip
        return tips[self._side]

    def _end(self, *, skipped: bool) -> None:
        if not self.isHidden():
            self.hide()
            self.finished.emit(skipped)
