"""Every coroutine test in this folder runs on the window's own loop, in the one QApplication of pytest-qt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication

from vaurien_core.registry import Registry
from vaurien_gui import engines
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.loop import WindowLoop
from vaurien_gui.session import Session
from vaurien_gui.views.window import MainWindow

_APP: list[QApplication] = []
"""Holds the application from the first test to the last."""


def _window_loop() -> asyncio.AbstractEventLoop:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication([])
    if not _APP:
        app.setQuitOnLastWindowClosed(False)
        _APP.append(app)
    return WindowLoop(app)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop of every coroutine test in this folder."""
    return {"qt": _window_loop}


@pytest.fixture
def registry() -> Registry:
    return Registry.builtin()


@pytest.fixture(params=["local", "child"])
def place(request: pytest.FixtureRequest) -> str:
    """Where the engine runs: every window test runs with both."""
    place: str = request.param
    return place


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture(autouse=True)
def no_window_is_left() -> Iterator[None]:
    """A window that a test has made and not closed would be styled anew in every later one."""
    yield
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, MainWindow):
            widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


class Troubles(list[str]):
    """What the session complained of, and crashes; a test that expects none fails if there is one."""

    expected = False


@pytest.fixture
def troubles() -> Iterator[Troubles]:
    heard = Troubles()
    yield heard
    assert heard.expected or not heard, heard


@pytest.fixture
async def session(place: str, registry: Registry, troubles: Troubles) -> AsyncIterator[Session]:
    made = Session(
        engines.opener(place, registry),
        lambda error, where: troubles.append(f"{where}: {error!r}"),
        registry.catalogue(),
    )
    made.trouble.connect(lambda text, details: troubles.append(text))
    yield made
    await made.aclose()


@asynccontextmanager
async def running_app(
    qt: QApplication, place: str, settings: QSettings, troubles: Troubles, text: str
) -> AsyncIterator[App]:
    """The whole window with this profile open and started; its troubles are heard."""
    reporter = CrashReporter(None)
    app = App(qt, Arguments(engine=place, theme="light"), settings=settings, reporter=reporter)
    reporter.show = lambda said, details: troubles.append(f"{said}\n{details}")
    app.session.trouble.connect(lambda said, details: troubles.append(said))
    app.open()
    path = Path(settings.fileName()).with_name("profile.ini")
    path.write_text(text)
    app.filing.load(path)
    await app.session.settled()
    app.session.start()
    await wait_until(lambda: app.session.started and app.session.state is not None)
    await app.session.settled()
    yield app
    await app.aclose()


@pytest.fixture
def until() -> Callable[..., object]:
    return wait_until


async def wait_until(condition: Callable[[], object], within_s: float = 8.0) -> None:
    """Wait until something holds; fails after `within_s`."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)
