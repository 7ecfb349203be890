"""Export for CI: the profile as CI gets it, the line that runs it, and whether the headless core accepts it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from vaurien_gui.style.controls import Button, ElidedText, Glyph, IconButton, Rule, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.codeview import CodeView


class ExportSheet(QWidget):
    """The content of a `Sheet`. `copy` carries the text of the tab that is open."""

    copy = Signal(str)
    save_as = Signal()
    done = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(self.tr("Export for CI"))
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(self.tr("What to export"))
        self.ini = CodeView(theme, self.tr("Profile"))
        self.command = CodeView(theme, self.tr("Command"), numbered=False)
        self._pages = QStackedWidget()
        for words, page in ((self.tr("INI"), self.ini), (self.tr("Command"), self.command)):
            self.tabs.addTab(words)
            self._pages.addWidget(page)
        self._glyph = Glyph(theme, "tick-circle", "ok")
        self._verdict = Text(theme, role="strong", wrap=True)
        self._detail = ElidedText(theme, token="text2")
        self.close_button = IconButton(theme, "close", self.tr("Close"))
        self.copy_button = Button(theme, self.tr("Copy"), "copy")
        self.save_button = Button(theme, self.tr("Save as…"), "download")
        self.done_button = Button(theme, self.tr("Done"), kind="ink")
        self.setFocusProxy(self.copy_button)
        self._lay_out()
        self.tabs.currentChanged.connect(self._pages.setCurrentIndex)
        self.copy_button.clicked.connect(self._copy)
        self.save_button.clicked.connect(self.save_as)
        self.done_button.clicked.connect(self.done)
        self.close_button.clicked.connect(self.done)
        theme.changed.connect(self._follow)
        self._follow()

    def show_export(self, ini: str, command: str, ok: bool, verdict: str, detail: str) -> None:
        """Show both texts and what the headless loader says of them."""
        self.ini.show_text(ini)
        self.command.show_text(command)
        self._glyph.show_icon("tick-circle" if ok else "failed", "ok" if ok else "bad")
        self._verdict.set_token("text" if ok else "bad")
        self._verdict.show_text(verdict)
        self._detail.show_text(detail)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(Text(self._theme, self.tr("Export for CI"), "sheet-title"))
        head.addStretch(1)
        head.addWidget(self.close_button)
        intro = self.tr("CI runs this file without a screen and draws the same faults for the same requests.")
        verdict = QHBoxLayout()
        verdict.setSpacing(8)
        verdict.addWidget(self._glyph)
        verdict.addWidget(self._verdict, 1)
        verdict.addWidget(self._detail)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.save_button)
        buttons.addStretch(1)
        buttons.addWidget(self.done_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(Text(self._theme, intro, token="text2", wrap=True))
        column.addSpacing(8)
        column.addWidget(self.tabs)
        column.addWidget(Rule(self._theme))
        column.addSpacing(12)
        column.addWidget(self._pages, 1)
        column.addSpacing(12)
        column.addLayout(verdict)
        column.addSpacing(12)
        column.addWidget(Rule(self._theme))
        column.addSpacing(12)
        column.addLayout(buttons)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def _copy(self) -> None:
        page = self.ini if self.tabs.currentIndex() == 0 else self.command
        self.copy.emit(page.toPlainText())

    def _follow(self) -> None:
        self.tabs.setFont(self._theme.font("button"))
