"""Beside the tiles: the window of time, pause, note, export, clear."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QSizePolicy, QWidget

from vaurien_gui.style import paint
from vaurien_gui.style.controls import IconButton
from vaurien_gui.style.theme import Theme

SPANS = ((30, "30 s"), (60, "1 min"), (300, "5 min"), (900, "15 min"))
"""Seconds and what they are called."""


class Segments(QWidget):
    """A few choices side by side, one of them chosen. Arrow keys move the choice."""

    chosen = Signal(int)
    """The index, when the user changed it."""

    def __init__(self, theme: Theme, texts: Sequence[str], name: str) -> None:
        super().__init__()
        self._theme, self._texts, self._index = theme, tuple(texts), 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def set_index(self, index: int) -> None:
        """Choose without a signal."""
        if index != self._index:
            self._index = index
            self.setAccessibleDescription(self._texts[index])
            self.update()

    def sizeHint(self) -> QSize:
        """All texts, each with its margin."""
        return QSize(sum(self._widths()) + 4, self._theme.px(26))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what is under the pointer."""
        self._choose(self._at(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right choose the neighbour."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._choose(min(max(0, self._index + step), len(self._texts) - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """A track, and a raised field for the chosen one."""
        theme, painter, x = self._theme, QPainter(self), 2.0
        whole = QRectF(self.rect())
        paint.panel(painter, whole, theme.color("hover"), theme.color("border"), 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (text, width) in enumerate(zip(self._texts, self._widths(), strict=True)):
            box = QRectF(x, 2, width, self.height() - 4)
            if index == self._index:
                painter.setPen(QPen(theme.color("border_strong"), 1))
                painter.setBrush(theme.color("border_strong" if theme.dark else "surface"))
                painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
            painter.setFont(theme.font("caption-strong" if index == self._index else "caption"))
            painter.setPen(theme.color("text" if index == self._index else "text2"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            x += width
        if self.hasFocus():
            paint.focus_ring(painter, theme, whole, 6)

    def _widths(self) -> list[int]:
        metrics = QFontMetrics(self._theme.font("caption-strong"))
        return [metrics.horizontalAdvance(text) + self._theme.px(20) for text in self._texts]

    def _at(self, place: QPoint) -> int:
        right = 2
        for index, width in enumerate(self._widths()):
            right += width
            if place.x() < right:
                return index
        return len(self._texts) - 1

    def _choose(self, index: int) -> None:
        if index != self._index:
            self.set_index(index)
            self.chosen.emit(index)


class Controls(QWidget):
    """The row of controls; with little room the rarer ones go into a menu."""

    span_chosen = Signal(int)
    """Seconds."""
    pause_toggled = Signal(bool)
    note_requested = Signal()
    clear_requested = Signal()
    export_requested = Signal(str)
    """`png` or `csv`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._segments = Segments(theme, [text for _, text in SPANS], "Window of time")
        self._segments.chosen.connect(self._chose)
        self._combo = QComboBox()
        self._combo.addItems([text for _, text in SPANS])
        self._combo.setProperty("quiet", True)
        self._combo.setAccessibleName("Window of time")
        self._combo.activated.connect(self._chose)
        self.pause = IconButton(theme, "pause", "Pause the graphs; data go on being recorded")
        self.pause.setCheckable(True)
        self.pause.toggled.connect(self._paused)
        self._note = IconButton(theme, "flag", "Add a note")
        self._note.clicked.connect(self.note_requested)
        self._export = IconButton(theme, "download", "Export the graphs")
        self._clear = IconButton(theme, "trash", "Clear the graphs")
        self._clear.clicked.connect(self.clear_requested)
        self._more = IconButton(theme, "more", "More")
        self._menu, self._short = QMenu(self), QMenu(self)
        for menu in (self._menu, self._short):
            menu.addAction("Picture (PNG)…", lambda: self.export_requested.emit("png"))
            menu.addAction("Values (CSV)…", lambda: self.export_requested.emit("csv"))
        self._short.addSeparator()
        self._short.addAction("Clear the graphs", self.clear_requested.emit)
        self._export.clicked.connect(lambda: self._open(self._menu, self._export))
        self._more.clicked.connect(lambda: self._open(self._short, self._more))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self._segments, self._combo, self.pause, self._note, self._export, self._clear, self._more):
            row.addWidget(widget)
        self.set_compact(False)

    def set_compact(self, compact: bool) -> None:
        """A combo instead of segments, a menu instead of two buttons."""
        self._segments.setVisible(not compact)
        self._export.setVisible(not compact)
        self._clear.setVisible(not compact)
        self._combo.setVisible(compact)
        self._more.setVisible(compact)

    def show_span(self, seconds: int) -> None:
        """Which window of time is shown."""
        index = next(i for i, (span, _) in enumerate(SPANS) if span == seconds)
        self._segments.set_index(index)
        self._combo.setCurrentIndex(index)

    def _chose(self, index: int) -> None:
        self.show_span(SPANS[index][0])
        self.span_chosen.emit(SPANS[index][0])

    def _paused(self, on: bool) -> None:
        name = "Go live" if on else "Pause the graphs; data go on being recorded"
        self.pause.show_icon("play" if on else "pause")
        self.pause.setToolTip(name)
        self.pause.setAccessibleName(name)
        self.pause_toggled.emit(on)

    def _open(self, menu: QMenu, button: QWidget) -> None:
        menu.popup(button.mapToGlobal(QPoint(button.width() - menu.sizeHint().width(), button.height() + 2)))
