"""The line at the bottom: what runs at the left, where and how at the right."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from vaurien_gui.models.shown import BandKind, StatusLine
from vaurien_gui.style.controls import Dot, ElidedText
from vaurien_gui.style.theme import Theme

SEPARATOR = "  ·  "
_GAP = 24
"""Least room between left and right."""


class StatusBar(QWidget):
    """A dot and two texts. Where there is no room, whole parts go, and a text is cut only when one is left."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._theme, self._line = theme, StatusLine((), ())
        self._dot = Dot(theme)
        self._left, self._right = (ElidedText(theme, "caption", "text2") for _ in range(2))
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self._dot)
        row.addWidget(self._left)
        row.addStretch(1)
        row.addWidget(self._right)
        self._dot.hide()
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_status(self, line: StatusLine) -> None:
        """Show the parts; a disc where it runs, a ring where something failed, nothing while it is stopped."""
        self._line = line
        failed = line.kind is BandKind.FAILED
        self._dot.show_state("bad" if failed else "ok", not failed)
        self._dot.setVisible(line.kind is not BandKind.STOPPED)
        self.setAccessibleName(", ".join((*line.left, *line.right)))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many parts as fit."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The first choice that fits, or the last one, cut."""
        metrics = QFontMetrics(self._theme.font("caption"))
        dot = 0 if self._dot.isHidden() else self._dot.width() + 8
        room = self.width() - 16 - 12 - dot - self._theme.px(_GAP)
        for left, right in self._choices():
            words = SEPARATOR.join(left), SEPARATOR.join(right)
            if sum(map(metrics.horizontalAdvance, words)) <= room:
                break
        self._left.show_text(words[0])
        self._right.show_text(words[1])
        self._row.activate()

    def _choices(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """From everything to the two things that matter: what runs, and the file. The right goes from its end."""
        left, right = self._line.left, self._line.right
        yield left, right
        while len(right) > 1:
            right = right[:-1]
            yield left, right
        while len(left) > 2:
            left = (*left[:-2], left[-1])
            yield left, right
        yield left, ()

    def _restyle(self) -> None:
        self.setMinimumHeight(self._theme.px(24))
        self._fit()
