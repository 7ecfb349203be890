"""What stands in the window while no profile is open: three ways to begin, and what was open lately."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from vaurien_gui.style import paint
from vaurien_gui.style.controls import Button, Glyph, Text, clear
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.recent import RecentFile, RecentRow

WIDTH = 824
ABOVE_BELOW = (27, 73)
"""How free room is shared without recent files: the cards stand where they would stand with four."""


class EmptyPage(QWidget):
    """Cards and recent files; tells which way was taken."""

    demo = Signal()
    new = Signal()
    preset = Signal()
    open = Signal()
    recent = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("root")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self.demo_button = Button(theme, self.tr("Start demo"), kind="ink")
        self.new_button = Button(theme, self.tr("New profile"))
        self.preset_button = Button(theme, self.tr("From preset…"))
        self.open_button = Button(theme, self.tr("Open…"))
        self._recent_head = QWidget()
        self._recent = _Box(theme)
        self._rows = QVBoxLayout(self._recent)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self._lay_out()
        self.demo_button.clicked.connect(self.demo)
        self.new_button.clicked.connect(self.new)
        self.preset_button.clicked.connect(self.preset)
        self.open_button.clicked.connect(self.open)
        self.show_recent(())

    def show_recent(self, files: tuple[RecentFile, ...]) -> None:
        """Show what was open lately, newest first; nothing where there is nothing."""
        clear(self._rows)
        for index, file in enumerate(files):
            row = RecentRow(self._theme, file, first=index == 0)
            row.chosen.connect(self.recent)
            self._rows.addWidget(row)
        for widget in (self._recent_head, self._recent):
            widget.setVisible(bool(files))
        for at, share in zip((0, 2), (1, 1) if files else ABOVE_BELOW, strict=True):
            self._inner.setStretch(at, share)

    def _lay_out(self) -> None:
        tr, theme = self.tr, self._theme
        cards = QHBoxLayout()
        cards.setSpacing(16)
        about = (
            ("play-large", tr("Run the demo"), tr("A built-in server and client. The graphs move within ten seconds.")),
            ("layers", tr("New profile"), tr("One proxy, all normal. Tell it where your real server is.")),
            ("folder", tr("Open a profile"), tr("An INI file, the same one that CI runs. Or drop it here.")),
        )
        ways = ((self.demo_button,), (self.new_button, self.preset_button), (self.open_button,))
        for (icon, title, text), buttons in zip(about, ways, strict=True):
            cards.addWidget(_card(theme, icon, title, text, *buttons), 1)
        head = QHBoxLayout(self._recent_head)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(Text(theme, tr("Recent"), "section"))
        head.addStretch(1)
        head.addWidget(Text(theme, tr("Ctrl+O"), "caption", "text3"))
        intro = tr("Point your program at Vaurien and Vaurien at the real server.")
        intro += " " + tr("Every fault stays on that one connection.")
        middle = self._middle = QWidget()
        self._measure()
        theme.changed.connect(self._measure)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(Text(theme, tr("Break a connection on purpose"), "page-title"))
        column.addWidget(Text(theme, intro, token="text2", wrap=True))
        column.addSpacing(12)
        column.addLayout(cards)
        column.addSpacing(20)
        column.addWidget(self._recent_head)
        column.addWidget(self._recent)
        side = QHBoxLayout()
        side.addStretch(1)
        side.addWidget(middle, 100)
        side.addStretch(1)
        page = QWidget()
        inner = self._inner = QVBoxLayout(page)
        inner.setContentsMargins(24, 24, 24, 24)
        inner.addStretch(1)
        inner.addLayout(side)
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        area.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _measure(self) -> None:
        self._middle.setMaximumWidth(self._theme.px(WIDTH))


class _Box(QWidget):
    """A card's ground."""

    def __init__(self, theme: Theme, strong: bool = False) -> None:
        super().__init__()
        self._theme, self._line = theme, "border_strong" if strong else "border"
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """White, rounded, thinly outlined."""
        theme = self._theme
        paint.panel(QPainter(self), QRectF(self.rect()), theme.color("surface"), theme.color(self._line), 10)


def _card(theme: Theme, icon: str, title: str, text: str, *buttons: Button) -> QWidget:
    card = _Box(theme, strong=buttons[0].property("kind") == "ink")
    card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    column = QVBoxLayout(card)
    column.setContentsMargins(20, 18, 20, 18)
    column.setSpacing(4)
    column.addWidget(Glyph(theme, icon, "text", 24))
    column.addSpacing(8)
    column.addWidget(Text(theme, title, "card-title"))
    column.addWidget(Text(theme, text, token="text2", wrap=True))
    column.addSpacing(12)
    column.addStretch(1)
    line = QHBoxLayout()
    line.setSpacing(8)
    for button in buttons:
        line.addWidget(button)
    line.addStretch(1)
    column.addLayout(line)
    return card
