"""The track: a round's phases as blocks, as long as they last, and the playhead. Double-click or Return jumps."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from vaurien_gui.models.scenario_shown import Block, Track
from vaurien_gui.style import paint
from vaurien_gui.style.theme import Theme

LEAST = 44
"""No block is narrower, in pixels of a 12 px font, while there is room."""
STRIPE = 5


class TrackView(QWidget):
    """Shows a `Track`; Left and Right choose a block."""

    jump = Signal(int)
    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._track, self._chosen = theme, Track(), 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Phases over time")
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def show_track(self, track: Track) -> None:
        """Where it stands now."""
        if track != self._track:
            self._track = track
            self.setAccessibleDescription(track.said)
            self.update()

    def choose(self, at: int) -> None:
        """Which block the keyboard is on."""
        if at != self._chosen:
            self._chosen = at
            self.update()

    def sizeHint(self) -> QSize:
        """A line of words and a stripe."""
        return QSize(self._theme.px(300), self._theme.px(34))

    def minimumSizeHint(self) -> QSize:
        """Room for a few blocks."""
        return QSize(self._theme.px(120), self._theme.px(34))

    def boxes(self) -> list[QRectF]:
        """Where the blocks are: by their length, the short ones wide enough to be seen."""
        blocks = self._track.blocks
        if not blocks:
            return []
        known = [b.length_s for b in blocks if b.length_s]
        typical = sum(known) / len(known) if known else 1.0
        lengths = [b.length_s or typical for b in blocks]
        gap = 3.0
        room = max(1.0, self.width() - 2.0 - gap * (len(blocks) - 1))
        least = min(self._theme.px(LEAST), room / len(blocks))
        spare, total = room - least * len(blocks), sum(lengths)
        x, found = 1.0, []
        for length in lengths:
            width = least + spare * length / total
            found.append(QRectF(x, 3.0, width, self.height() - 6.0))
            x += width + gap
        return found

    def playhead(self) -> float | None:
        """Where the playhead is; None while nothing plays."""
        boxes, track = self.boxes(), self._track
        if not 0 <= track.current < len(boxes):
            return None
        box = boxes[track.current]
        return box.left() + box.width() * track.share

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a block."""
        at = self._block_at(event.position())
        if at is not None and event.button() is Qt.MouseButton.LeftButton:
            self.choose(at)
            self.chosen.emit(at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        at = self._block_at(event.position())
        if at is not None:
            self.jump.emit(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what a block is."""
        at = self._block_at(event.position())
        QToolTip.showText(event.globalPosition().toPoint(), self._tip(at) if at is not None else "", self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left, Right, Return."""
        count = len(self._track.blocks)
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is not None and count:
            self.choose(min(max(self._chosen + step, 0), count - 1))
            self.chosen.emit(self._chosen)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and count:
            self.jump.emit(min(self._chosen, count - 1))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Blocks, what they break, the playhead."""
        painter, theme, track = QPainter(self), self._theme, self._track
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for at, (block, box) in enumerate(zip(track.blocks, self.boxes(), strict=True)):
            self._block(painter, block, box, now=at == track.current, passed=0 <= at < track.current)
            if self.hasFocus() and at == self._chosen:
                paint.focus_ring(painter, theme, box, 5)
        x = self.playhead()
        if x is not None:
            color = theme.color("text3" if track.stands else "accent")
            half, top = theme.px(4), 0.0
            painter.setPen(QPen(color, 2))
            painter.drawLine(QPointF(x, top), QPointF(x, self.height()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawPolygon(QPolygonF([QPointF(x - half, top), QPointF(x + half, top), QPointF(x, top + half)]))

    def _block(self, painter: QPainter, block: Block, box: QRectF, *, now: bool, passed: bool) -> None:
        theme = self._theme
        ground = "selected" if now else "sunken" if passed else "surface"
        paint.panel(painter, box, theme.color(ground), theme.color("accent" if now else "border_strong"), 5)
        self._stripe(painter, block, box)
        words = box.adjusted(theme.px(6), 1, -theme.px(6), -theme.px(STRIPE + 2))
        name, time = theme.font("caption-strong"), theme.font("caption")
        wide = QFontMetrics(name).horizontalAdvance(block.name)
        beside = QFontMetrics(time).horizontalAdvance(block.time)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(name)
        painter.setPen(theme.color("text2" if passed else "text"))
        shown = QFontMetrics(name).elidedText(block.name, Qt.TextElideMode.ElideRight, int(words.width()))
        painter.drawText(words, middle | Qt.AlignmentFlag.AlignLeft, shown)
        if wide + beside + theme.px(8) <= words.width():
            painter.setFont(time)
            painter.setPen(theme.color("text2"))
            painter.drawText(words, middle | Qt.AlignmentFlag.AlignRight, block.time)

    def _stripe(self, painter: QPainter, block: Block, box: QRectF) -> None:
        """What the selected proxy suffers in it, as in the mix bar; all of it, when it is down."""
        height = self._theme.px(STRIPE)
        line = QRectF(box.left() + 3, box.bottom() - height - 3, box.width() - 6, height)
        x = line.left()
        shares = (("blackout", 100.0),) if block.down else block.shares
        for behavior, share in shares:
            width = min(line.width() * share / 100, line.right() - x)
            path = QPainterPath()
            path.addRect(QRectF(x, line.top(), max(2.0, width), height))
            paint.fill_behavior(painter, self._theme, path, behavior)
            x += width

    def _block_at(self, place: QPointF) -> int | None:
        return next((at for at, box in enumerate(self.boxes()) if box.left() <= place.x() <= box.right()), None)

    def _tip(self, at: int) -> str:
        block = self._track.blocks[at]
        what = "down" if block.down else ", ".join(f"{share:g} % {name}" for name, share in block.shares) or "no faults"
        return f"{block.name}, {block.time}: {what}. Double-click to go there."
