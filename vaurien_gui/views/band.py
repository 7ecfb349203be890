"""The state band: is anything broken on purpose? Always there, never scrolled, readable from two metres."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from vaurien_gui.models.shown import BandAction, BandKind, BandShare, BandState
from vaurien_gui.style import paint
from vaurien_gui.style.controls import Button, ElidedText, Glyph, Rule, Text, clear
from vaurien_gui.style.theme import Theme

ICONS = {
    BandKind.STOPPED: "stop",
    BandKind.NORMAL: "tick-circle",
    BandKind.HELD: "shield",
    BandKind.FAULTS: "warning",
    BandKind.FAILED: "failed",
}


class StateBand(QWidget):
    """Icon, head, big figure, words, shares, time, buttons. Shows a `BandState`, emits ids of its actions."""

    action = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("band")
        self._theme = theme
        self._state = BandState(BandKind.STOPPED, "")
        self._buttons: list[Button] = []
        self._glyph = Glyph(theme, "stop", "band.stopped.icon", 20)
        self._remote = Text(theme, role="strong")
        self._head = Text(theme, role="band-head")
        self._share = Text(theme, role="band-share")
        self._text = ElidedText(theme)
        self._rule = Rule(theme, upright=True)
        self._shares = _Shares(theme)
        self._since = Text(theme)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(8)
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 0, 12, 0)
        line.setSpacing(8)
        line.addWidget(self._glyph)
        line.addSpacing(4)
        line.addWidget(self._remote)
        line.addWidget(self._head)
        line.addWidget(self._share)
        line.addWidget(self._text)
        line.addSpacing(4)
        line.addWidget(self._rule)
        line.addSpacing(4)
        line.addWidget(self._shares, 1)
        line.addStretch(0)
        line.addWidget(self._since)
        line.addLayout(self._actions)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._recolor)
        theme.changed.connect(self.updateGeometry)
        self._recolor()
        self.show_state(BandState(BandKind.STOPPED, self.tr("Stopped")))

    def show_state(self, state: BandState) -> None:
        """Show a state; what is the same stays untouched, so that a press or the focus is never lost."""
        before, self._state = self._state, state
        self._remote.show_text(self.tr("REMOTE {}").format(state.remote) if state.remote else "")
        self._remote.setVisible(bool(state.remote))
        self._head.show_text(state.head)
        self._share.show_text(state.share)
        self._share.setVisible(bool(state.share))
        self._text.show_text(state.text)
        self._text.setVisible(bool(state.text))
        self._rule.setVisible(bool(state.shares))
        self._shares.show_shares(state.shares)
        self._since.show_text(state.since)
        self._since.setVisible(bool(state.since))
        if _shape(before) != _shape(state):
            self._build(state)
        for button, action in zip(self._buttons, state.actions, strict=True):
            if button.text() != action.text:
                button.setText(action.text)
        if before.kind is not state.kind or before.remote != state.remote:
            self._recolor()
        self.setAccessibleName(" ".join(filter(None, (self._remote.text(), state.head, state.share, state.text))))
        shares = ", ".join(f"{share.title} {share.share}" for share in state.shares)
        self.setAccessibleDescription(" · ".join(filter(None, (shares, state.since))))

    def sizeHint(self) -> QSize:
        """44 px at the drawn size, more with a larger font."""
        return QSize(super().sizeHint().width(), self._theme.px(44))

    def minimumSizeHint(self) -> QSize:
        """As high as it wants to be; the words may be cut, the buttons not."""
        return QSize(super().minimumSizeHint().width(), self._theme.px(44))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The coloured ground, its line and the bar at the left."""
        painter = QPainter(self)
        kind = self._state.kind.value
        painter.fillRect(self.rect(), self._theme.color(f"band.{kind}.background"))
        if self._state.remote:
            paint.stripes(painter, self.rect(), self._theme.color(f"band.{kind}.line"), self._theme.px(14))
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), self._theme.color(f"band.{kind}.line"))
        painter.fillRect(QRect(0, 0, 4, self.height()), self._theme.color(f"band.{kind}.icon"))

    def _build(self, state: BandState) -> None:
        clear(self._actions)
        main = next((action for action in state.actions if action.main), None)
        self._buttons = [self._button(action, action is main) for action in state.actions]
        for button in self._buttons:
            self._actions.addWidget(button)

    def _button(self, action: BandAction, main: bool) -> Button:
        kind = self._state.kind.value
        token = "surface" if main else f"band.{kind}.text"
        button = Button(self._theme, action.text, action.icon, token=token)
        button.setProperty("band", kind)
        button.setProperty("main", main)
        name = action.id
        button.clicked.connect(lambda: self.action.emit(name))
        return button

    def _recolor(self) -> None:
        kind = self._state.kind
        token = f"band.{kind.value}.text"
        self._glyph.show_icon(ICONS[kind], f"band.{kind.value}.icon")
        for text in (self._remote, self._head, self._share, self._since):
            text.set_token(token)
        self._text.set_token(token)
        self._shares.set_token(token)
        self._rule.set_token(f"band.{kind.value}.line")
        self.update()


def _shape(state: BandState) -> tuple[object, ...]:
    """What needs other buttons when it changes."""
    return (state.kind, *((action.id, action.icon, action.main) for action in state.actions))


class _Shares(QWidget):
    """`■ Delay 10 %  ■ Error 5 %`; those that don't fit are counted: `+2`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._token = theme, "text"
        self._shares: tuple[BandShare, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_shares(self, shares: tuple[BandShare, ...]) -> None:
        """Show these, in order."""
        if shares != self._shares:
            self._shares = shares
            self.setToolTip("\n".join(f"{share.title} {share.share}" for share in shares))
            self.update()

    def set_token(self, token: str) -> None:
        """The colour of the words."""
        self._token = token
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Room for a count."""
        return QSize(self._theme.px(28) if self._shares else 0, self._theme.px(16))

    def sizeHint(self) -> QSize:
        """Room for all of them."""
        return QSize(sum(self._width(share) for share in self._shares), self._theme.px(16))

    def paintEvent(self, event: QPaintEvent) -> None:
        """As many as fit."""
        painter = QPainter(self)
        body, strong = self._theme.font("body"), self._theme.font("strong")
        painter.setPen(self._theme.color(self._token))
        x, side, gap = 0, self._theme.px(10), self._theme.px(6)
        count_room = self._theme.px(28)
        for index, share in enumerate(self._shares):
            rest = 0 if index == len(self._shares) - 1 else count_room
            if x + self._width(share) - self._theme.px(12) + rest > self.width():
                painter.setFont(strong)
                painter.drawText(QPoint(x, self._baseline()), f"+{len(self._shares) - index}")
                return
            paint.swatch(painter, self._theme, QRectF(x, (self.height() - side) / 2, side, side), share.behavior)
            x += side + gap
            painter.setFont(body)
            painter.drawText(QPoint(x, self._baseline()), share.title)
            x += QFontMetrics(body).horizontalAdvance(share.title) + gap
            painter.setFont(strong)
            painter.drawText(QPoint(x, self._baseline()), share.share)
            x += QFontMetrics(strong).horizontalAdvance(share.share) + self._theme.px(12)

    def _baseline(self) -> int:
        metrics = QFontMetrics(self._theme.font("body"))
        return (self.height() + metrics.ascent() - metrics.descent()) // 2

    def _width(self, share: BandShare) -> int:
        title = QFontMetrics(self._theme.font("body")).horizontalAdvance(share.title)
        figure = QFontMetrics(self._theme.font("strong")).horizontalAdvance(share.share)
        return title + figure + self._theme.px(10) + 2 * self._theme.px(6) + self._theme.px(12)
