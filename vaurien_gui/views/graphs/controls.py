"""Beside the tiles: the window of time, pause, note, export, clear."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QWidget

from vaurien_gui.style.controls import IconButton
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.segmented import Segmented

SPANS = ((30, "30 s"), (60, "1 min"), (300, "5 min"), (900, "15 min"))
"""Seconds and what they are called."""


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
        self._segments = Segmented(theme, [(str(span), text) for span, text in SPANS], "30", "Window of time")
        self._segments.chosen.connect(lambda span: self._chose(int(span)))
        self._combo = QComboBox()
        self._combo.addItems([text for _, text in SPANS])
        self._combo.setProperty("quiet", True)
        self._combo.setAccessibleName("Window of time")
        self._combo.activated.connect(lambda index: self._chose(SPANS[index][0]))
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
        self._segments.show_current(str(seconds))
        self._combo.setCurrentIndex([span for span, _ in SPANS].index(seconds))

    def _chose(self, seconds: int) -> None:
        self.show_span(seconds)
        self.span_chosen.emit(seconds)

    def _paused(self, on: bool) -> None:
        name = "Go live" if on else "Pause the graphs; data go on being recorded"
        self.pause.show_icon("play" if on else "pause")
        self.pause.setToolTip(name)
        self.pause.setAccessibleName(name)
        self.pause_toggled.emit(on)

    def _open(self, menu: QMenu, button: QWidget) -> None:
        menu.popup(button.mapToGlobal(QPoint(button.width() - menu.sizeHint().width(), button.height() + 2)))
