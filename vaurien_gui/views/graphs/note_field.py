"""The field for a note of one's own: stands in the marker strip at its moment; Enter adds it, Escape does not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from vaurien_gui.style.theme import Theme

WIDTH = 220
LONGEST = 120


class NoteField(QLineEdit):
    """Asks for one text, then goes."""

    added = Signal(str, object)
    """Text, and the history time that it is about (None: now)."""
    gone = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._at: float | None = None
        self.setMaxLength(LONGEST)
        self.setPlaceholderText("What happened here?  Enter adds it")
        self.setAccessibleName("Text of the note")
        self.setToolTip("Enter adds the note, Escape leaves it")
        self.returnPressed.connect(self._add)
        self.hide()

    def ask(self, at: float | None, x: int, y: int, right: int) -> None:
        """Stand at a place of the parent, no further than `right`, and take the keyboard."""
        self._at = at
        self.clear()
        width = self._theme.px(WIDTH)
        self.setGeometry(max(0, min(x, right - width)), y, width, self.sizeHint().height())
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        """Escape is ours: it must not count for all-normal."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes."""
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Words that were typed are kept; a field without words goes."""
        super().focusOutEvent(event)
        if self.isVisible() and event.reason() is not Qt.FocusReason.PopupFocusReason:
            self._add()

    def _add(self) -> None:
        text, at = self.text().strip(), self._at
        self._close()
        if text:
            self.added.emit(text, at)

    def _close(self) -> None:
        if self.isVisible():
            self.hide()
            self.gone.emit()
