"""Solo, the log's tab and what is read from the Tools menu, in the real window with both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from conftest import Troubles, running_app, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from vaurien_gui.app import App

PROFILE = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 20:delay, 10:error
seed = 5
"""


@pytest.fixture
async def app(place: str, settings: QSettings, troubles: Troubles, qapp: QApplication) -> AsyncIterator[App]:
    async with running_app(qapp, place, settings, troubles, PROFILE) as made:
        yield made


def _weights(app: App) -> dict[str, Decimal]:
    assert app.session.proxy is not None
    return {rule.behavior: rule.weight for rule in app.session.proxy.mix}


async def test_solo_gives_the_row_in_hand_everything_and_the_same_key_gives_it_back(app: App) -> None:
    app.window.mix.row("error").slider.setFocus()
    QTest.keyClick(app.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert _weights(app) == {"delay": 0, "error": 30}
    QTest.keyClick(app.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert _weights(app) == {"delay": 20, "error": 10}
    app.actions["split"].trigger()
    assert _weights(app) == {"delay": 15, "error": 15}
    app.session.document.undo.undo()
    assert _weights(app) == {"delay": 20, "error": 10}


async def test_the_log_shows_what_the_engine_writes(app: App) -> None:
    QTest.keyClick(app.window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert app.tools.log_view.isVisible()
    await wait_until(lambda: "listens on 127.0.0.1:" in app.tools.lines.text)
    assert app.tools.log_view.list.hasFocus()
    assert app.tools.lines.rowCount() == app.tools.log_view.list.model().rowCount()


async def test_client_settings_and_validate_say_what_is_true(app: App) -> None:
    state = app.session.state
    assert state is not None
    app.actions["client-settings"].trigger()
    app.actions["validate"].trigger()
    texts = [edit.toPlainText() for edit in app.window.findChildren(QPlainTextEdit) if edit.isVisible()]
    assert any(f"http://{state.proxies[0].bound}/" in text for text in texts)
    assert any(text.startswith("Headless core accepts this file.") for text in texts)
