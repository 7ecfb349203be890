"""What nobody caught: written to the log file and told to the window, which goes on.

Three sources: exceptions in Qt's callbacks, failures of tasks and of the loop, and Qt's own messages.
"""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from vaurien_core import __version__

logger = logging.getLogger("vaurien.window")
logger.addHandler(logging.NullHandler())  # without a log file, nothing goes to the terminal
LOG_BYTES = 1 << 20

Show = Callable[[str, str], None]
"""Shows a sentence and the details behind it."""

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class CrashReporter:
    """Collects what nobody caught; made once by the app. `show` is set when there is a window to show it in."""

    def __init__(self, log_file: Path | None) -> None:
        self.show: Show | None = None
        self._log: logging.Handler | None = None
        if log_file is not None:
            try:
                self._log = logging.handlers.RotatingFileHandler(log_file, maxBytes=LOG_BYTES, backupCount=1)
            except OSError:
                return
            self._log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
            logging.getLogger().addHandler(self._log)

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen to all three sources; `uninstall` ends it."""
        sys.excepthook = self._excepthook
        loop.set_exception_handler(self._loop_handler)
        qInstallMessageHandler(self._qt_message)

    def uninstall(self) -> None:
        """Leave no trace in the process."""
        sys.excepthook = sys.__excepthook__
        qInstallMessageHandler(None)
        if self._log is not None:
            logging.getLogger().removeHandler(self._log)
            self._log.close()

    def report(self, error: BaseException, where: str) -> None:
        """A task failed, or something else that nobody caught."""
        details = "".join(traceback.format_exception(error))
        logger.error("%s failed: %s\n%s", where, error, details)
        if self.show is not None:
            self.show(f"Something went wrong: {error or type(error).__name__}", report_text(where, details))

    def _excepthook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.report(error.with_traceback(trace), "a callback of the window")

    def _loop_handler(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.report(error, str(context.get("message", "the loop")))
        else:
            logger.warning("%s", context.get("message", "the loop complains"))

    @staticmethod
    def _qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        logger.log(_LEVELS.get(kind, logging.WARNING), "Qt: %s", message)


def report_text(where: str, details: str) -> str:
    """What [Copy report] puts on the clipboard."""
    return f"Vaurien {__version__}, Python {sys.version.split()[0]}, {sys.platform}\nin {where}\n\n{details}"
