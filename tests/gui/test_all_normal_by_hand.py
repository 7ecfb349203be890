"""All-normal in the window, by mouse and by keyboard, with exchanges of every behavior in flight; with both engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.support.in_flight import Flight, ini
from tests.support.timing import soon_enough_async
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.models.shown import BandKind
from vaurien_gui.presenters.band import BandPresenter


@pytest.fixture
async def app(place: str, settings: QSettings, troubles: Troubles, qapp: QApplication) -> AsyncIterator[App]:
    made = App(qapp, Arguments(engine=place, theme="light"), settings=settings, reporter=CrashReporter(None))
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    made.open()
    made.window.show()
    yield made
    await made.aclose()


def button(app: App) -> None:
    QTest.mouseClick(app.window.toolbar.panic_button, Qt.MouseButton.LeftButton)


def two_escapes(app: App) -> None:
    QTest.keyClick(app.window, Qt.Key.Key_Escape)
    QTest.keyClick(app.window, Qt.Key.Key_Escape)


def shortcut(app: App) -> None:
    QTest.keyClick(app.window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)


@pytest.mark.parametrize(
    "press", [button, pytest.param(two_escapes, marks=pytest.mark.slow), pytest.param(shortcut, marks=pytest.mark.slow)]
)
async def test_each_held_client_gets_the_truth_and_each_altered_one_a_reset(
    app: App, press: Callable[[App], None], tmp_path: Path
) -> None:
    async def attempt() -> float:
        flight = await asyncio.to_thread(Flight)
        try:
            session, profile = app.session, tmp_path / "profile.ini"
            profile.write_text(ini(flight.ports))
            app.filing.load(profile)
            await session.settled()
            session.start()
            await wait_until(lambda: session.state and session.state.proxies
                             and all(p.bound for p in session.state.proxies))  # fmt: skip
            assert session.state is not None
            ports = {p.name: int(p.bound.rpartition(":")[2]) for p in session.state.proxies}
            await asyncio.to_thread(flight.take_off, ports)
            app.window.activateWindow()
            await wait_until(app.window.toolbar.panic_button.isEnabled)

            async def pressed() -> None:
                press(app)
                await wait_until(lambda: session.held)

            landing = await flight.land_async(pressed)
            assert landing.problems == ()
            assert landing.in_flight == 200
            assert BandPresenter(session).state().kind is BandKind.HELD
            return landing.took_s - landing.control_s
        finally:
            await asyncio.to_thread(flight.close)

    await soon_enough_async(attempt, 0.1, tries=4)
