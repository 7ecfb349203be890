"""Tools > Verify faults: runs `vaurien verify` as a process of its own and shows what it says.

Owned by the tools. The window waits for nothing: the process is read as it speaks, and ended by Cancel and with the
window.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, QProcess, Qt
from PySide6.QtWidgets import QWidget

from vaurien_gui.style.theme import Theme
from vaurien_gui.views.verify_dialog import VerifyDialog

_END_WITHIN_MS = 1500
_FAILED = 4


def command() -> list[str]:
    """The command line's `verify`, from a checkout, an installation or a frozen program."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--headless", "verify"]
    return [sys.executable, "-m", "vaurien_core.cli.main", "verify"]


class Verifying(QObject):
    """One run at a time; asked again, its dialog comes to the front."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._window, self._theme = window, theme
        self.words: tuple[str, ...] = ()
        """What is to be verified; nothing: all."""
        self.dialog: VerifyDialog | None = None
        self.process: QProcess | None = None

    def start(self) -> None:
        """Open the dialog and run it."""
        if self.process is not None and self.dialog is not None:
            self.dialog.raise_()
            return
        if self.dialog is not None:
            self.dialog.close()
        dialog = self.dialog = VerifyDialog(self._window, self._theme)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.cancelled.connect(self.close)
        dialog.destroyed.connect(self._gone)
        process = self.process = QProcess(self)
        program, *arguments = command()
        process.setProgram(program)
        process.setArguments([*arguments, *self.words])
        process.readyReadStandardError.connect(self._progress)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed)
        process.start()
        dialog.open()

    def close(self) -> None:
        """End what runs: at once where it doesn't end by itself."""
        process, self.process = self.process, None
        if process is None or process.state() == QProcess.ProcessState.NotRunning:
            return
        process.finished.disconnect(self._finished)
        process.errorOccurred.disconnect(self._failed)
        process.kill()
        process.waitForFinished(_END_WITHIN_MS)
        process.deleteLater()

    def _gone(self) -> None:
        self.dialog = None

    def _progress(self) -> None:
        if self.process is None or self.dialog is None:
            return
        lines = bytes(self.process.readAllStandardError().data()).decode(errors="replace").split("\n")
        said = [line for line in lines if line.strip()]
        if said:
            self.dialog.show_progress(said)

    def _finished(self, status: int) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        text = bytes(process.readAllStandardOutput().data()).decode(errors="replace")
        process.deleteLater()
        if self.dialog is None:
            return
        last = text.rstrip().rpartition("\n")[2]
        ended = f"It ended with status {status} and measured nothing to the end."
        self.dialog.show_end(text, last if status in (0, _FAILED) and last else ended)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self.process is not None:
            sentence = f"It could not start: {self.process.errorString()}."
            self.process.deleteLater()
            self.process = None
            if self.dialog is not None:
                self.dialog.show_end("", sentence)
