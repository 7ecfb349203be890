"""What `vaurien verify` says, while it says it: a line of progress, the table as text, Cancel and Copy."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from vaurien_gui.style.theme import Theme


class VerifyDialog(QDialog):
    """Opened once per run; it never waits for it."""

    cancelled = Signal()
    """Cancel, Escape or the window's close, while it runs."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.setWindowTitle("Verify faults")
        self._running = True
        self.progress = QLabel("Measures every fault on this machine; takes about half a minute.")
        self.progress.setWordWrap(True)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(theme.font("mono"))
        self.text.setAccessibleName("What was measured")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.end: QPushButton = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        self.copy: QPushButton = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.setEnabled(False)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        column.addWidget(self.progress)
        column.addWidget(self.text, 1)
        column.addWidget(buttons)
        self.resize(theme.px(820), theme.px(560))

    def show_progress(self, lines: list[str]) -> None:
        """How far it is: what was found since."""
        self.progress.setText(lines[-1])
        self.text.appendPlainText("\n".join(lines))

    def show_end(self, text: str, sentence: str) -> None:
        """It is over.

        Args:
            text: what it printed.
            sentence: how it ended.
        """
        self._running = False
        self.text.setPlainText(text)
        self.progress.setText(sentence)
        self.end.setText("Close")
        self.copy.setEnabled(bool(text))

    def reject(self) -> None:
        """Close it; what runs is ended."""
        if self._running:
            self._running = False
            self.cancelled.emit()
        super().reject()
