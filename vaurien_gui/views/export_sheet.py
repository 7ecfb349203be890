"""Export for CI: the profile in all its forms, and whether the headless core accepts it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from vaurien_gui.models.shown import ExportPage
from vaurien_gui.style.controls import Button, ElidedText, Glyph, IconButton, Rule, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.codeview import CodeView


class ExportSheet(QWidget):
    """The content of a `Sheet`, in which Ctrl+Tab goes from tab to tab."""

    copy = Signal(str, str)
    """The text of the tab that is open, and its title."""
    save_as = Signal(str)
    """The key of the tab that is open."""
    done = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(self.tr("Export for CI"))
        self.tabs = QTabBar()
        self.tabs.setAccessibleName(self.tr("Form"))
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(self.tr("What to export"))
        self._pages = QStackedWidget()
        self._shown: tuple[ExportPage, ...] = ()
        self._views: dict[str, CodeView] = {}
        self._intro = Text(theme, token="text2", wrap=True)
        self._glyph = Glyph(theme, "tick-circle", "ok")
        self._verdict = Text(theme, role="strong", wrap=True)
        self._detail = ElidedText(theme, token="text2")
        self.close_button = IconButton(theme, "close", self.tr("Close"))
        self.copy_button = Button(theme, self.tr("Copy"), "copy")
        self.save_button = Button(theme, self.tr("Save as…"), "download")
        self.done_button = Button(theme, self.tr("Done"), kind="ink")
        self.setFocusProxy(self.copy_button)
        self._lay_out()
        self.tabs.currentChanged.connect(self._turn)
        self.copy_button.clicked.connect(self._copy)
        self.save_button.clicked.connect(self._save)
        self.done_button.clicked.connect(self.done)
        self.close_button.clicked.connect(self.done)
        theme.changed.connect(self._follow)
        self._follow()

    def view(self, key: str) -> CodeView:
        """The text of one tab."""
        return self._views[key]

    def show_export(self, pages: tuple[ExportPage, ...], ok: bool, verdict: str, detail: str) -> None:
        """Show the forms and what the headless loader says of the file."""
        self._shown = pages
        for page in pages:
            if page.key not in self._views:
                view = CodeView(self._theme, page.title, numbered=page.key != "command", language=_language(page))
                self._views[page.key] = view
                self._pages.addWidget(view)
                self.tabs.addTab(page.title)
            self._views[page.key].show_text(page.text)
        self._turn(self.tabs.currentIndex())
        self._glyph.show_icon("tick-circle" if ok else "failed", "ok" if ok else "bad")
        self._verdict.set_token("text" if ok else "bad")
        self._verdict.show_text(verdict)
        self._detail.show_text(detail)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(Text(self._theme, self.tr("Export for CI"), "sheet-title"))
        head.addStretch(1)
        head.addWidget(self.close_button)
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
        column.addWidget(self._intro)
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

    def _turn(self, index: int) -> None:
        self._pages.setCurrentIndex(index)
        if 0 <= index < len(self._shown):
            page = self._shown[index]
            self._intro.show_text(page.note)
            for button, words in ((self.copy_button, self.tr("Copy")), (self.save_button, self.tr("Save"))):
                button.setEnabled(bool(page.text))
                button.setAccessibleName(f"{words} {page.title}")

    def _copy(self) -> None:
        page = self._shown[self.tabs.currentIndex()]
        self.copy.emit(page.text, page.title)

    def _save(self) -> None:
        self.save_as.emit(self._shown[self.tabs.currentIndex()].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Tab goes round the tabs, wherever the focus is within the sheet."""
        turns = {Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in turns:
            step = turns[Qt.Key(event.key())]
            self.tabs.setCurrentIndex((self.tabs.currentIndex() + step) % self.tabs.count())
        else:
            super().keyPressEvent(event)

    def _follow(self) -> None:
        self.tabs.setFont(self._theme.font("button"))


def _language(page: ExportPage) -> str:
    return {"compose": "yaml", "workflow": "yaml", "ini": "ini"}.get(page.key, "plain")
