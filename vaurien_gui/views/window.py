"""The window: toolbar, band, what is set on the left, what happens on the right, status. It decides nothing."""

from __future__ import annotations

import time

from PySide6.QtCore import QByteArray, QEvent, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QMainWindow,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from vaurien_gui.style.theme import Theme
from vaurien_gui.views.applying import ConflictBar
from vaurien_gui.views.band import StateBand
from vaurien_gui.views.empty_page import EmptyPage
from vaurien_gui.views.graphs.graphs_view import GraphsView
from vaurien_gui.views.journal_view import JournalView
from vaurien_gui.views.messagebar import MessageBar
from vaurien_gui.views.mixpanel import MixPanelView
from vaurien_gui.views.proxylist import ProxyList
from vaurien_gui.views.proxypanel import ProxyPanel
from vaurien_gui.views.statusbar import StatusBar
from vaurien_gui.views.toolbar import ToolBar
from vaurien_gui.views.toxicspanel import ToxicsPanelView

PANIC_S = 0.6
"""Two Escapes within this many seconds are all-normal."""
LEFT, LEFT_MIN, LEFT_MAX = 400, 360, 520
NARROW, LOW = 1120, 700
"""Under these the left column and the journal take less."""
NARROW_LEFT, LOW_JOURNAL, JOURNAL = 368, 142, 190
SIZE, SMALLEST = QSize(1280, 800), QSize(960, 600)


class MainWindow(QMainWindow):
    """All views in their places."""

    close_requested = Signal()
    """The user wants to leave; `let_close` allows it."""
    panic = Signal()
    """Escape was pressed twice."""
    file_dropped = Signal(str)
    key_pressed = Signal()
    """Somebody is there."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("window")
        self._theme, self._may_close, self._escape_at = theme, False, float("-inf")
        self.toolbar, self.band = ToolBar(theme), StateBand(theme)
        self.messages, self.offers, self.conflict = MessageBar(theme), MessageBar(theme), ConflictBar(theme)
        self.proxy_list, self.proxy_panel, self.mix = ProxyList(theme), ProxyPanel(theme), MixPanelView(theme)
        self.toxics = ToxicsPanelView(theme)
        self.graphs, self.journal, self.status = GraphsView(theme), JournalView(theme), StatusBar(theme)
        self.empty = EmptyPage(theme)
        self.pages = QStackedWidget()
        self.columns = QSplitter(Qt.Orientation.Horizontal)
        self.rows = QSplitter(Qt.Orientation.Vertical)
        self._tight = (False, False)
        self._lay_out()
        self._splitters: list[tuple[QSplitter, QByteArray]] = []
        """Layouts of last time that wait for their splitter to be seen."""
        self.setAcceptDrops(True)
        self.setMinimumSize(self._grown(SMALLEST))
        self.resize(self._grown(SIZE))

    def _grown(self, drawn: QSize) -> QSize:
        """A size that grows with the font as far as the screen goes."""
        screen, px = self.screen().availableSize(), self._theme.px
        return QSize(px(drawn.width()), px(drawn.height())).boundedTo(screen).expandedTo(drawn)

    def show_page(self, *, empty: bool) -> None:
        """The empty page, or the workbench."""
        self.pages.setCurrentWidget(self.empty if empty else self.columns)
        if not empty and self.isVisible():
            self._restore_splitters()

    def let_close(self) -> None:
        """Close now, without asking."""
        self._may_close = True
        self.close()

    def save_state(self, settings: QSettings) -> None:
        """Remember size and splitters."""
        settings.setValue("window/geometry", self.saveGeometry())
        settings.setValue("window/columns", self.columns.saveState())
        settings.setValue("window/rows", self.rows.saveState())

    def restore_state(self, settings: QSettings) -> None:
        """Take them up again; what does not fit stays as it is."""
        geometry = settings.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        for key, splitter in (("columns", self.columns), ("rows", self.rows)):
            state = settings.value(f"window/{key}")
            if isinstance(state, QByteArray):
                self._splitters.append((splitter, state))

    def reset_layout(self) -> None:
        """As it was at first."""
        narrow, low = self._tight
        left, journal = self._theme.px(NARROW_LEFT if narrow else LEFT), self._theme.px(LOW_JOURNAL if low else JOURNAL)
        self.columns.setSizes([left, max(1, self.width() - left)])
        self.rows.setSizes([max(1, self.rows.height() - journal), journal])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a small window the graphs keep the room; what a hand has moved stays until the window crosses over."""
        super().resizeEvent(event)
        tight = (self.width() < self._theme.px(NARROW), self.height() < self._theme.px(LOW))
        if tight != self._tight:
            self._tight = tight
            if self._splitters:
                return  # the layout of last time comes back when its page is shown
            QTimer.singleShot(0, self, self.reset_layout)

    def event(self, event: QEvent) -> bool:
        """Count Escapes wherever the focus is, and leave them to whoever has another use for them."""
        if event.type() is QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            self.key_pressed.emit()
            if event.key() == Qt.Key.Key_Escape and not event.isAutoRepeat():
                self._escaped()
        return super().event(event)

    def _restore_splitters(self) -> None:
        """Once they are as large as they will be: a splitter scales what it is told down to the size that it has."""
        if self._splitters:
            self.columns.resize(self.pages.size())
        for splitter, state in self._splitters:
            splitter.restoreState(state)
        self._splitters.clear()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leaving takes time (the engine ends first): ask for it, and stay until it is granted."""
        if self._may_close:
            event.accept()
            return
        event.ignore()
        self.close_requested.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A profile may be dropped anywhere."""
        if _dropped_file(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open it."""
        path = _dropped_file(event)
        if path:
            event.acceptProposedAction()
            self.file_dropped.emit(path)

    def _escaped(self) -> None:
        now = time.monotonic()
        twice = now - self._escape_at <= PANIC_S
        self._escape_at = float("-inf") if twice else now
        if twice:
            self.panic.emit()

    def _lay_out(self) -> None:
        self.columns.addWidget(self._left())
        self.rows.addWidget(self.graphs)
        self.rows.addWidget(self.journal)
        self.rows.setStretchFactor(0, 1)
        self.rows.setStretchFactor(1, 0)
        self.columns.addWidget(self.rows)
        for splitter in (self.columns, self.rows):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(1)
        self.columns.setStretchFactor(0, 0)
        self.columns.setStretchFactor(1, 1)
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.columns)
        root = QWidget()
        root.setObjectName("root")
        root.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(root)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.toolbar, self.band, self.conflict, self.messages, self.offers):
            column.addWidget(part)
        column.addWidget(self.pages, 1)
        column.addWidget(self.status)
        self.setCentralWidget(root)
        self.reset_layout()

    def _left(self) -> QWidget:
        inner = QWidget()
        inner.setObjectName("left")
        inner.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.proxy_list, self.proxy_panel, self.mix, self.toxics):
            part.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
            column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("leftScroll")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        self._left_scroll = scroll
        self._theme.changed.connect(self._measure_left)
        self._measure_left()
        return scroll

    def _measure_left(self) -> None:
        """The left column grows with the font, also when that changes."""
        width = (self._theme.px(LEFT_MIN), self._theme.px(LEFT_MAX))
        if width != (self._left_scroll.minimumWidth(), self._left_scroll.maximumWidth()):
            self._left_scroll.setMinimumWidth(width[0])
            self._left_scroll.setMaximumWidth(width[1])
            QTimer.singleShot(0, self, self.reset_layout)


def _dropped_file(event: QDropEvent) -> str:
    """The path of the one local `.ini` file that is dragged, or ""."""
    urls = event.mimeData().urls()
    if len(urls) == 1 and urls[0].isLocalFile() and urls[0].toLocalFile().lower().endswith(".ini"):
        return urls[0].toLocalFile()
    return ""
