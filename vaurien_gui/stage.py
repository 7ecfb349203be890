"""A window without a screen: the real one, driven by a real engine, and photographed. For the demo and for pictures.

`prepare()` must run before anything of Qt is imported.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from vaurien_gui.app import App
    from vaurien_gui.arguments import Arguments

SETTLE_S = 0.5
"""Two frames of the window and a bit: what happened is on screen then."""

SMALL = 0
"""The quality for Qt that compresses a PNG most; nothing is lost."""


def prepare() -> None:
    """Make Qt draw into memory."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ.setdefault("QT_API", "pyside6")


def application() -> QApplication:
    """The one application of this process."""
    from PySide6.QtWidgets import QApplication

    qt = QApplication.instance() or QApplication(["vaurien-gui"])
    assert isinstance(qt, QApplication)
    qt.setQuitOnLastWindowClosed(False)
    return qt


@asynccontextmanager
async def window(qt: QApplication, arguments: Arguments) -> AsyncIterator[App]:
    """An open window with settings of its own; closed at the end, with its engine."""
    from PySide6.QtCore import QSettings

    from vaurien_gui.app import App
    from vaurien_gui.crash import CrashReporter

    reporter = CrashReporter(None)
    with tempfile.TemporaryDirectory(prefix="vaurien-") as folder:
        settings = QSettings(str(Path(folder) / "window.ini"), QSettings.Format.IniFormat)
        reporter.install(asyncio.get_running_loop())
        app = App(qt, arguments, settings=settings, reporter=reporter)
        app.open()
        try:
            yield app
        finally:
            await app.aclose()
            reporter.uninstall()


async def picture(app: App, path: Path) -> Path:
    """Photograph the window when everything that happened is on it.

    Raises:
        OSError: the file can't be written.
    """
    from PySide6.QtGui import QImage

    await asyncio.sleep(SETTLE_S)
    app.workbench.show()
    path.parent.mkdir(parents=True, exist_ok=True)
    image = app.window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    if not image.save(str(path), quality=SMALL):
        raise OSError(f"{path} can't be written")
    return path


async def until(condition: Callable[[], object], within_s: float) -> bool:
    """Wait until something holds, at most so long; whether it does."""
    try:
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110 - conditions of many origins, only watched here
                await asyncio.sleep(0.02)
    except TimeoutError:
        return False
    return True
