"""The right lower part of the window: the journal with its filters."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from vaurien_gui.models.journal_model import JournalModel
from vaurien_gui.models.trace import TraceLine
from vaurien_gui.style.controls import Button, IconButton, Rule, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.journal_detail import JournalDetail
from vaurien_gui.views.journal_table import COMPACT, JournalTable

ALL_PROXIES = "All proxies"
ALL_BEHAVIORS = "All behaviors"
LEAST = 480
"""Narrower it can't be; said here, as the layout would ask for what the wide form needs."""
TYPING_MS = 150
"""Filter when no key was pressed for so long."""


class JournalView(QWidget):
    """Tabs; the journal's filters and table, or a sentence where there are no rows; other pages beside it."""

    row_chosen = Signal(int)
    """One row is selected alone; -1: none."""
    detail_wanted = Signal()
    """The trace is to be opened."""
    detail_closed = Signal()
    turned = Signal(int)
    """Another tab is in front."""
    export_requested = Signal()
    """Write `JournalModel.entries` to a file (CSV or JSON lines); the presenter asks where."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("journal")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._model: JournalModel | None = None
        self._names: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._tabs = QTabBar()
        self._tabs.setAccessibleName("Evidence")
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        self._tabs.setUsesScrollButtons(False)
        self._tabs.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._tabs.addTab("Journal")
        self._stack, self._others = QStackedWidget(), list[tuple[QWidget, QWidget]]()
        self._lost = Text(theme, "", "caption", "text3")
        self._filter = QLineEdit()
        self._filter.setPlaceholderText("Filter  Ctrl+F")
        self._filter.setClearButtonEnabled(True)
        self._filter.setAccessibleName("Filter the journal")
        self._lens = QAction(self._filter)
        self._filter.addAction(self._lens, QLineEdit.ActionPosition.LeadingPosition)
        self._proxy, self._behavior = self._choice(ALL_PROXIES, "Proxy"), self._choice(ALL_BEHAVIORS, "Behavior")
        self._export = IconButton(theme, "export", "Export the rows shown")
        self._export.clicked.connect(self.export_requested)
        self.table = JournalTable(theme)
        self.detail = JournalDetail(theme)
        self.detail.hide()
        self._detail_on, self._traced = True, False
        self._newest = Button(theme, "Go to newest", kind="quiet")
        self._newest.setToolTip("Follow new rows again (End)")
        self._newest.hide()
        self._newest.clicked.connect(self.table.scrollToBottom)
        self.table.at_bottom_changed.connect(lambda on: self._newest.setVisible(not on))
        self.table.row_chosen.connect(self.row_chosen)
        self.table.detail_wanted.connect(self.detail_wanted)
        self.detail.closed.connect(self.detail_closed)
        self._nothing = Text(theme, "", "body", "text3")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedWidget()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._apply)
        self._filter.textChanged.connect(self._typing.start)
        self._filter.returnPressed.connect(self._apply)
        self._lay_out()
        theme.changed.connect(self._restyle)
        self._restyle()
        self._count()

    def set_model(self, model: JournalModel) -> None:
        """Show its rows."""
        self._model = model
        self.table.set_rows(model)
        model.counted.connect(self._count)
        self._count()

    def set_names(self, proxies: tuple[str, ...], behaviors: tuple[str, ...]) -> None:
        """What the drop-downs offer besides all; a choice that is still there stays."""
        if (proxies, behaviors) == self._names:
            return
        self._names = (proxies, behaviors)
        for combo, names in ((self._proxy, proxies), (self._behavior, behaviors)):
            chosen = combo.currentText() if combo.currentIndex() else ""
            combo.blockSignals(True)
            while combo.count() > 1:
                combo.removeItem(1)
            combo.addItems(list(names))
            combo.setCurrentIndex(max(0, combo.findText(chosen)) if chosen else 0)
            combo.blockSignals(False)
        self._apply()

    def show_trace(self, lines: tuple[TraceLine, ...]) -> None:
        """Why the selected row is as it is; () if none is selected."""
        self._traced = bool(lines)
        if lines:
            self.detail.show_lines(lines)
        self._fit()

    def set_detail(self, on: bool) -> None:
        """Whether traces are shown at all."""
        self._detail_on = on
        self._fit()

    def add_page(self, title: str, page: QWidget, tools: QWidget) -> None:
        """One more tab; `tools` stand at the right of the tabs while it is shown."""
        self._tabs.addTab(title)
        self._stack.addWidget(page)
        self._bar.addWidget(tools)
        tools.hide()
        self._others.append((page, tools))

    def show_tab(self, at: int) -> None:
        """Bring a tab to the front; 0 is the journal."""
        self._tabs.setCurrentIndex(at)

    @property
    def tab(self) -> int:
        """Which one is in front."""
        return self._tabs.currentIndex()

    def name_tab(self, at: int, title: str) -> None:
        """Another title."""
        if self._tabs.tabText(at) != title:
            self._tabs.setTabText(at, title)

    def _turn(self, at: int) -> None:
        self._stack.setCurrentIndex(at)
        self._own.setVisible(at == 0)
        for n, (_, tools) in enumerate(self._others, 1):
            tools.setVisible(n == at)
        self.turned.emit(at)

    def focus_filter(self) -> None:
        """Put the cursor into the filter (Ctrl+F)."""
        self.show_tab(0)
        self._filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._filter.selectAll()

    def show_row(self, row: int) -> None:
        """Select a row and bring it into sight (a marker was clicked)."""
        self.show_tab(0)
        self.table.selectRow(row)
        index = self.table.model().index(row, 0)
        self.table.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """With little room the drop-downs go, unless they filter."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        compact = self.width() < self._theme.px(COMPACT)
        for combo in (self._proxy, self._behavior):
            combo.setVisible(not compact or combo.currentIndex() > 0)
        self._filter.setFixedWidth(self._theme.px(128 if compact else 180))
        self.detail.set_compact(compact)
        self.detail.setVisible(self._detail_on and self._traced and self._pages.currentIndex() == 0)

    def _choice(self, everything: str, name: str) -> QComboBox:
        combo = QComboBox()
        combo.addItem(everything)
        combo.setProperty("quiet", True)
        combo.setAccessibleName(name)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        combo.currentIndexChanged.connect(self._apply)
        return combo

    def _apply(self) -> None:
        self._typing.stop()
        if self._model is not None:
            proxy = self._proxy.currentText() if self._proxy.currentIndex() else ""
            behavior = self._behavior.currentText() if self._behavior.currentIndex() else ""
            self._model.set_filter(self._filter.text(), proxy, behavior)

    def _count(self) -> None:
        """Say how much isn't there, and why there are no rows."""
        model = self._model
        rows = model.rowCount() if model is not None else 0
        self._pages.setCurrentIndex(0 if rows else 1)
        if not rows:
            self._newest.hide()
            self.detail.hide()
        self._export.setEnabled(rows > 0)
        hidden = model is not None and model.total > 0
        busy = model is not None and model.filtering
        self._nothing.show_text(
            "Filtering…" if busy else "No row passes the filter." if hidden else "Nothing happened yet."
        )
        parts = []
        if model is not None and model.every > 1:
            parts.append(f"1 of {model.every:,} shown")
        if model is not None and model.dropped:
            parts.append(f"{model.dropped:,} older rows dropped")
        if model is not None and model.skipped:
            parts.append(f"{model.skipped:,} not shown")
        self._lost.show_text(" · ".join(parts))
        self._lost.setToolTip("Counters and graphs are exact; only rows of this table were left out." if parts else "")

    def _lay_out(self) -> None:
        self._bar = QHBoxLayout()
        self._bar.addWidget(self._tabs, 0, Qt.AlignmentFlag.AlignBottom)
        self._own = QWidget()
        own = self._filters = QHBoxLayout(self._own)
        own.setContentsMargins(8, 0, 0, 0)
        own.addWidget(self._lost)
        own.addStretch(1)
        for widget in (self._newest, self._filter, self._proxy, self._behavior, self._export):
            own.addWidget(widget)
        self._bar.addWidget(self._own, 1)
        self._bar.addStretch(0)
        self._bar.addStrut(self._theme.px(39))
        self._pages.addWidget(self.table)
        self._pages.addWidget(self._nothing)
        first = QWidget()
        inner = QHBoxLayout(first)
        inner.setContentsMargins(8, 0, 4, 0)
        inner.setSpacing(0)
        inner.addWidget(self._pages, 1)
        inner.addWidget(self.detail)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._bar)
        column.addWidget(Rule(self._theme))
        self._stack.addWidget(first)
        column.addWidget(self._stack, 1)
        self._tabs.currentChanged.connect(self._turn)

    def _restyle(self) -> None:
        theme = self._theme
        self._bar.setContentsMargins(16, 0, 12, 0)
        self._bar.setSpacing(8)
        self._filters.setSpacing(8)
        self._tabs.setFont(theme.font("strong"))
        self._lens.setIcon(theme.icon("search", "text3"))
        self.setMinimumWidth(theme.px(LEAST))
        self._fit()
        self.updateGeometry()
