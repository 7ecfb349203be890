"""Beside the tiles: the window of time, pause, note, export, what is shown, clear."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QWidget

from vaurien_gui.models.time_view import SPANS
from vaurien_gui.style.controls import IconButton
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.segmented import Segmented

PAUSE, LIVE = "Pause the graphs; data go on being recorded (Ctrl+P)", "Go live (Ctrl+P)"


class Controls(QWidget):
    """The row of controls; with little room the rarer ones go into a menu."""

    span_chosen = Signal(int)
    """Seconds."""
    pause_toggled = Signal(bool)
    note_requested = Signal()
    clear_requested = Signal()

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
        self.pause = IconButton(theme, "pause", PAUSE)
        self.pause.setCheckable(True)
        self.pause.toggled.connect(self._paused)
        self._note = IconButton(theme, "flag", "Add a note (Ctrl+M)")
        self._note.clicked.connect(self.note_requested)
        self._export = IconButton(theme, "download", "Export the graphs")
        self._clear = IconButton(theme, "trash", "Clear the graphs")
        self._clear.clicked.connect(self.clear_requested)
        self._more = IconButton(theme, "more", "What the graphs show")
        self.export_menu, self.more_menu = QMenu(self), QMenu(self)
        self._export.clicked.connect(lambda: self._open(self.export_menu, self._export))
        self._more.clicked.connect(lambda: self._open(self.more_menu, self._more))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self._segments, self._combo, self.pause, self._note, self._export, self._clear, self._more):
            row.addWidget(widget)
        self.set_compact(False)

    def set_menus(self, export: list[QAction], more: Mapping[str, list[QAction]], clear: QAction) -> None:
        """What the menus of the export button and of the last button hold, the latter by section."""
        self.export_menu.addActions(export)
        for title, actions in more.items():
            inner = self.more_menu.addMenu(title) if title else self.more_menu
            inner.addActions(actions)
        self.more_menu.addSeparator()
        inner = self.more_menu.addMenu("&Export")
        inner.addActions(export)
        self.more_menu.addAction(clear)

    def set_compact(self, compact: bool) -> None:
        """A combo instead of segments, a menu instead of two buttons."""
        self._segments.setVisible(not compact)
        self._export.setVisible(not compact)
        self._clear.setVisible(not compact)
        self._combo.setVisible(compact)

    def show_span(self, seconds: float) -> None:
        """Which window of time is shown; none of the choices after zooming."""
        known = [span for span, _ in SPANS]
        self._segments.show_current(str(round(seconds)) if seconds in known else "")
        self._combo.setPlaceholderText(f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min")
        self._combo.setCurrentIndex(known.index(round(seconds)) if seconds in known else -1)

    def show_paused(self, on: bool) -> None:
        """Whether the graphs stand still."""
        if on != self.pause.isChecked():
            self.pause.blockSignals(True)
            self.pause.setChecked(on)
            self.pause.blockSignals(False)
            self._say_paused(on)

    def _chose(self, seconds: int) -> None:
        self.show_span(seconds)
        self.span_chosen.emit(seconds)

    def _paused(self, on: bool) -> None:
        self._say_paused(on)
        self.pause_toggled.emit(on)

    def _say_paused(self, on: bool) -> None:
        name = LIVE if on else PAUSE
        self.pause.show_icon("play" if on else "pause")
        self.pause.setToolTip(name)
        self.pause.setAccessibleName(name)

    def _open(self, menu: QMenu, button: QWidget) -> None:
        menu.popup(button.mapToGlobal(QPoint(button.width() - menu.sizeHint().width(), button.height() + 2)))
