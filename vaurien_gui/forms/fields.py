"""Fields that a person types into while values arrive from elsewhere: neither disturbs the other."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from vaurien_gui.style.theme import Theme

TYPED_MS = 600
"""How long a pause in typing is before `typed` tells."""


class TypedText(QObject):
    """The text of one line edit between what is shown to a person and what the person types.

    A shown value is set only while nothing uncommitted is typed; a value that was refused (`keep`) stays for
    correction. Owned by the line edit.
    """

    committed = Signal(str)
    typed = Signal(str)
    """After a pause in typing; the text may be unfinished."""

    def __init__(self, edit: QLineEdit) -> None:
        super().__init__(edit)
        self._edit, self._shown, self._told = edit, edit.text(), edit.text()
        self._dirty = self._meant = False
        self._pause = QTimer(self, singleShot=True, interval=TYPED_MS)
        self._pause.timeout.connect(lambda: self.typed.emit(edit.text()))
        edit.textEdited.connect(self._edited)

    @property
    def dirty(self) -> bool:
        """Whether something was typed and not committed yet."""
        return self._dirty

    def show(self, text: str, *, keep: bool = False, force: bool = False) -> None:
        """Show a value from elsewhere. `keep`: what was typed is wrong and stays; `force`: it is another thing now."""
        self._shown = text
        if force:
            self._dirty = False
            self._pause.stop()
        if (self._dirty or (keep and self._meant)) and not force:
            return
        self._told, self._meant = text, False
        if text != self._edit.text():
            self._edit.setText(text)
            self._edit.setCursorPosition(0)

    def commit(self) -> None:
        """What is typed is meant now."""
        self._dirty = False
        self._pause.stop()
        text = self._edit.text()
        if text != self._told:
            self._told, self._meant = text, True
            self.committed.emit(text)

    def revert(self) -> bool:
        """Forget what was typed; False when there was nothing."""
        was, self._dirty = self._dirty, False
        self._pause.stop()
        if was:
            self._edit.setText(self._shown)
            self._told, self._meant = self._shown, False
        return was

    def _edited(self) -> None:
        self._dirty = True
        self._pause.start()


class CommitEdit(QLineEdit):
    """A line edit that tells on Return and when the focus leaves; Escape takes the typing back."""

    committed = Signal(str)
    typed = Signal(str)

    def __init__(self, theme: Theme, name: str, placeholder: str = "") -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.typing = TypedText(self)
        self.typing.committed.connect(self.committed)
        self.typing.typed.connect(self.typed)
        self.editingFinished.connect(self.typing.commit)
        self._follow()
        theme.changed.connect(self._follow)

    def show_text(self, text: str, *, keep: bool = False, force: bool = False) -> None:
        """Show a value; see `TypedText.show`."""
        self.typing.show(text, keep=keep, force=force)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape reverts; when there is nothing to revert it goes on to the window."""
        if event.key() == Qt.Key.Key_Escape:
            event.setAccepted(self.typing.revert())
        else:
            super().keyPressEvent(event)

    def _follow(self) -> None:
        self.setFont(self._theme.font("body"))


class QuietCombo(QComboBox):
    """A combo box that tells what a person chose, and leaves the wheel to the panel while it has no focus."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(name)
        self.setProperty("quiet", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.activated.connect(lambda index: self.chosen.emit(str(self.itemData(index))))
        self._follow()
        theme.changed.connect(self._follow)

    def show_items(self, items: tuple[tuple[str, str], ...], current: str) -> None:
        """Show (value, title) pairs and which one is chosen; an unknown current value is shown as it is."""
        if current not in dict(items):
            items = (*items, (current, current))
        if items != tuple((str(self.itemData(i)), self.itemText(i)) for i in range(self.count())):
            self.clear()
            for value, title in items:
                self.addItem(title, value)
        index = [value for value, _ in items].index(current)
        if index != self.currentIndex():
            self.setCurrentIndex(index)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus; else the panel scrolls."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _follow(self) -> None:
        self.setFont(self._theme.font("body"))


def mark_problem(widget: QWidget, problem: bool) -> None:
    """The red outline of a field whose value is refused."""
    if bool(widget.property("problem")) != problem:
        widget.setProperty("problem", problem)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()
