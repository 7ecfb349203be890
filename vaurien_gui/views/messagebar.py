"""Short messages that don't stop anybody: notes within a panel, bars under the band, toasts that go by themselves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from vaurien_gui.models.shown import BandAction
from vaurien_gui.style import paint
from vaurien_gui.style.controls import Button, ElidedText, Glyph, IconButton, Text, clear
from vaurien_gui.style.theme import Theme

TOAST_MS = 4000
ICONS = {"info": ("info", "accent"), "ok": ("tick-circle", "ok"), "warn": ("warning", "warn"), "bad": ("failed", "bad")}
"""Icon and colour of each kind of message."""


class InlineNote(QWidget):
    """Icon, sentence and perhaps one button; takes no room while it has nothing to say."""

    pressed = Signal()

    def __init__(self, theme: Theme, icon: str, icon_token: str, token: str, button: str = "") -> None:
        super().__init__()
        self._text = Text(theme, token=token, wrap=True)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 8)
        line.setSpacing(6)
        line.addWidget(Glyph(theme, icon, icon_token, 14))
        line.addWidget(self._text, 1)
        if button:
            self.button = Button(theme, button, kind="small")
            self.button.clicked.connect(self.pressed)
            line.addWidget(self.button)
        self.hide()

    def show_text(self, text: str) -> None:
        """The sentence, or "" for none."""
        self._text.show_text(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))


class MessageBar(QWidget):
    """A bar across the window: `checkout.ini changed on disk [Reload] [Keep mine]`. Stays until it is answered."""

    action = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._glyph = Glyph(theme, "info", "accent")
        self._text = ElidedText(theme)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self.close_button = IconButton(theme, "close", self.tr("Dismiss"))
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 4, 12, 4)
        line.setSpacing(8)
        line.addWidget(self._glyph)
        line.addWidget(self._text)
        line.addStretch(1)
        line.addLayout(self._buttons)
        line.addWidget(self.close_button)
        self.close_button.clicked.connect(self._close)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)
        self.hide()

    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def show_message(self, text: str, actions: tuple[BandAction, ...] = (), kind: str = "info") -> None:
        """Show a message; `kind` is info, ok, warn or bad. Each action's id is emitted when pressed."""
        self._glyph.show_icon(*ICONS[kind])
        self._text.show_text(text)
        self.setAccessibleName(text)
        clear(self._buttons)
        for shown in actions:
            button = Button(self._theme, shown.text, shown.icon, "small")
            button.clicked.connect(lambda _=False, name=shown.id: self.action.emit(name))
            self._buttons.addWidget(button)
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A quiet ground with a hairline."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._theme.color("border"))

    def _close(self) -> None:
        self.hide()
        self.closed.emit()


class Toast(QWidget):
    """A sentence that floats over the window's lower edge and goes after four seconds; it takes no focus."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._window = theme, parent
        self._glyph = Glyph(theme, "tick", "ink_text", 14)
        self._text = Text(theme, token="ink_text")
        self.action_button = Button(theme, kind="paper")
        self.action_button.hide()
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 8, 12, 8)
        line.setSpacing(8)
        line.addWidget(self._glyph)
        line.addWidget(self._text)
        line.addWidget(self.action_button)
        self._timer = QTimer(self, singleShot=True, interval=TOAST_MS)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        theme.changed.connect(self.update)
        self.hide()

    def show_text(self, text: str, action: str = "") -> None:
        """Show a sentence, perhaps with a button (`Undo`); its `clicked` is the owner's to connect."""
        self._text.show_text(text)
        self.action_button.setText(action)
        self.action_button.setVisible(bool(action))
        self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle when the window is resized."""
        if event.type() is QEvent.Type.Resize and not self.isHidden():
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """The dark box."""
        ink = self._theme.color("ink")
        paint.panel(QPainter(self), QRectF(self.rect()), ink, ink, 6)

    def _place(self) -> None:
        self.adjustSize()
        room = self._window.size()
        self.move((room.width() - self.width()) // 2, room.height() - self.height() - self._theme.px(40))
