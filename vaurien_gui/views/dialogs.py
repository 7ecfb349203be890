"""Dialogs that never block: each is opened, and its result awaited."""

from __future__ import annotations

import asyncio
from html import escape
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from vaurien_gui.style.theme import Theme

JSON_FILTER = "Toxiproxy (*.json);;All files (*)"
INI_FILTER = "Profiles (*.ini);;All files (*)"


async def ask(dialog: QDialog) -> int:
    """Open a dialog and wait for its result without blocking the loop; the dialog is gone afterwards."""
    result: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def finished(code: int) -> None:
        if not result.done():
            result.set_result(code)

    dialog.finished.connect(finished)
    dialog.open()
    try:
        return await result
    finally:
        dialog.close()
        dialog.deleteLater()


def box_of(parent: QWidget, title: str, text: str, more: str) -> QMessageBox:
    """A box without buttons yet, set as the window's other texts are: no room for an icon that isn't there."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setWindowTitle(title)
    box.setText(f"<b>{escape(text, quote=False)}</b>")
    box.setInformativeText(more)
    grid = box.layout()
    if isinstance(grid, QGridLayout):
        grid.setContentsMargins(4, 16, 16, 12)  # a column for the icon stays
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(8)
    return box


async def ask_save(parent: QWidget, name: str) -> str:
    """What to do with unsaved changes: `save`, `discard` or `cancel`."""
    box = box_of(parent, "Unsaved changes", f"Save the changes to {name}?", "Otherwise they are lost.")
    buttons = QMessageBox.StandardButton
    box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
    box.setDefaultButton(buttons.Save)
    answer = await ask(box)
    return {buttons.Save.value: "save", buttons.Discard.value: "discard"}.get(answer, "cancel")


async def ask_quit(parent: QWidget) -> bool:
    """Whether to close while proxies run."""
    box = box_of(
        parent, "Quit", "Proxies are running. Stop them and quit?", "Clients that are connected lose their connection."
    )
    buttons = QMessageBox.StandardButton
    box.setStandardButtons(buttons.Yes | buttons.Cancel)
    box.button(buttons.Yes).setText("Stop and quit")
    box.setDefaultButton(buttons.Cancel)
    return await ask(box) == buttons.Yes.value


async def ask_open(parent: QWidget, folder: Path) -> Path | None:
    """Which file to open; None: none."""
    dialog = QFileDialog(parent, "Open a profile", str(folder), INI_FILTER)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return await _ask_file(dialog)


async def ask_import(parent: QWidget, folder: Path) -> Path | None:
    """Which of Toxiproxy's files to import; None: none."""
    dialog = QFileDialog(parent, "Import Toxiproxy JSON", str(folder), JSON_FILTER)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return await _ask_file(dialog)


async def ask_save_as(parent: QWidget, suggestion: Path, kinds: str = INI_FILTER) -> Path | None:
    """Where to save; None: nowhere. Replacing a file is confirmed by the dialog itself."""
    dialog = QFileDialog(parent, "Save", str(suggestion.parent), kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suggestion.suffix.lstrip(".") or "ini")
    dialog.selectFile(suggestion.name)
    return await _ask_file(dialog)


async def ask_replace(parent: QWidget, name: str, folder: Path) -> bool:
    """Whether another file of this name may be written over."""
    box = box_of(parent, "Replace file", f"Replace {name}?", f"{folder} holds a file of that name already.")
    replace = box.addButton("Replace", QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    await ask(box)
    return box.clickedButton() is replace


async def _ask_file(dialog: QFileDialog) -> Path | None:
    chosen: list[str] = []
    dialog.filesSelected.connect(chosen.extend)
    accepted = await ask(dialog) == QDialog.DialogCode.Accepted.value
    return Path(chosen[0]) if accepted and chosen else None


class TextDialog(QDialog):
    """A text to read and to copy: details of an error, shortcuts, the behavior reference, what doctor found."""

    def __init__(self, parent: QWidget, theme: Theme, title: str, text: str, *, lead: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.text = QPlainTextEdit(text)
        self.text.setReadOnly(True)
        self.text.setFont(theme.font("mono"))
        self.text.setAccessibleName(title)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        if lead:
            label = QLabel(lead)
            label.setWordWrap(True)
            column.addWidget(label)
        column.addWidget(self.text, 1)
        column.addWidget(buttons)
        self.resize(theme.px(720), theme.px(460))
