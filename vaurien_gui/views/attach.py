"""The sheet that asks which running engine to show: one of this machine's, or one at an address."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.models.shown import LocalEngineRow
from vaurien_gui.style.controls import Button, Text
from vaurien_gui.style.theme import Theme


class AttachSheet(QWidget):
    """Emits the address and the token; shows what went wrong under them. It keeps no token."""

    attach = Signal(str, str)
    """Address and token."""
    done = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Attach to an engine"))
        self._theme = theme
        self._rows: tuple[LocalEngineRow, ...] = ()
        self.engines = QListWidget()
        self.engines.setSpacing(2)
        self.engines.setAccessibleName(self.tr("Engines that run on this machine"))
        self.address, self.token = QLineEdit(), QLineEdit()
        self.address.setPlaceholderText("http://ci-box:8080")
        self.address.setAccessibleName(self.tr("Address"))
        self.address.setAccessibleDescription(self.tr("http://host:port of the engine's control API"))
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setAccessibleName(self.tr("Token"))
        self.token.setPlaceholderText(self.tr("where the engine asks for one; not stored"))
        self.attach_button = Button(theme, self.tr("Attach"), kind="ink")
        self.cancel_button = Button(theme, self.tr("Cancel"))
        self._problem = ProblemLine(theme)
        self._local = Text(theme, token="text2")
        self._lay_out()
        self.engines.currentRowChanged.connect(self._chosen)
        self.engines.itemActivated.connect(lambda _: self._attach())
        for field in (self.address, self.token):
            field.returnPressed.connect(self._attach)
        self.attach_button.clicked.connect(self._attach)
        self.cancel_button.clicked.connect(self.done)
        self.setFocusProxy(self.address)

    def begin(self, rows: Sequence[LocalEngineRow], token: str) -> None:
        """Fresh, with the engines that run here; `token` is what the environment says."""
        self._rows = tuple(rows)
        self.engines.clear()
        for row in self._rows:
            item = QListWidgetItem(f"{row.title}\n{row.detail}")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{row.title}, {row.detail}")
            self.engines.addItem(item)
        self.engines.setVisible(bool(self._rows))
        self.engines.setFixedHeight(self._theme.px(min(3, len(self._rows)) * 40 + 6))
        words = self.tr("Running on this machine") if rows else self.tr("No engine with a control API runs here.")
        self._local.show_text(words)
        self.address.clear()
        self.token.setText(token)
        self.show_problem("")
        self.show_busy(False)

    def show_problem(self, text: str) -> None:
        """Why it did not work, or ""."""
        self._problem.show_problem(text)

    def show_busy(self, busy: bool) -> None:
        """It is being tried."""
        self.attach_button.setEnabled(not busy)
        self.attach_button.setText(self.tr("Attaching…") if busy else self.tr("Attach"))

    def _chosen(self, at: int) -> None:
        if 0 <= at < len(self._rows):
            self.address.setText(self._rows[at].url)
            self.token.setText(self._rows[at].token)

    def _attach(self) -> None:
        if self.attach_button.isEnabled():
            self.attach.emit(self.address.text().strip(), self.token.text())

    def _lay_out(self) -> None:
        theme = self._theme
        title = Text(theme, self.tr("Attach to an engine"), "sheet-title")
        lead = Text(
            theme,
            self.tr("The window shows what it runs. Edits wait for Apply, and the engine goes on when you detach."),
            token="text2", wrap=True,
        )  # fmt: skip
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for line, (words, field) in enumerate(((self.tr("Address"), self.address), (self.tr("Token"), self.token))):
            label = Text(theme, words, token="text2")
            label.setBuddy(field)
            grid.addWidget(label, line, 0)
            grid.addWidget(field, line, 1)
        grid.addWidget(self._problem, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.setRowMinimumHeight(2, theme.px(34))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.attach_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for part in (title, lead, self._local, self.engines):
            column.addWidget(part)
        column.addLayout(grid)
        column.addStretch(1)
        column.addLayout(buttons)
        order = (self.engines, self.address, self.token, self.cancel_button, self.attach_button)
        for first, then in pairwise(order):
            self.setTabOrder(first, then)
