"""Live and staged in the window, by mouse and keys, with the engine in a child and in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from test_session import WEIGHT, running

from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
async def app(place: str, settings: QSettings, troubles: Troubles, qapp: QApplication) -> AsyncIterator[App]:
    made = App(qapp, Arguments(engine=place, theme="light"), settings=settings, reporter=CrashReporter(None))
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    made.open()
    await running(made.session, ("delay", "8"), ("error", "2"))
    made.window.activateWindow()
    await wait_until(lambda: made.window.mix.row("delay").isVisible())
    yield made
    await made.aclose()


async def engine_weight(app: App, behavior: str) -> Decimal:
    assert app.session.link is not None
    await app.session.link.drained()
    return (await app.session.link.engine.profile()).profile.proxy("web").weight(behavior)


def type_weight(app: App, behavior: str, text: str) -> None:
    spin = app.window.mix.row(behavior).spin
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin, text)
    QTest.keyClick(spin, Qt.Key.Key_Return)


async def test_live_a_row_shows_a_tick_when_the_engine_has_it_and_then_nothing(app: App) -> None:
    type_weight(app, "delay", "12")
    await wait_until(lambda: app.window.mix.row("delay").mark.mark == "done")
    assert app.window.mix.row("error").mark.mark == ""
    assert await engine_weight(app, "delay") == 12
    await wait_until(lambda: app.window.mix.row("delay").mark.mark == "", 4)


async def test_staged_by_mouse_two_edits_wait_with_dots_and_apply_sends_them(app: App) -> None:
    bar = app.window.toolbar.applying
    QTest.mouseClick(bar.mode, Qt.MouseButton.LeftButton, pos=QPoint(bar.mode.width() - 8, bar.mode.height() // 2))
    await wait_until(lambda: bar.apply_button.isVisible())
    assert bar.mode.current == "staged"
    assert not bar.apply_button.isEnabled()
    type_weight(app, "delay", "12")
    type_weight(app, "error", "4")
    await wait_until(lambda: bar.apply_button.text() == "Apply 2")
    assert [app.window.mix.row(name).mark.mark for name in ("delay", "error")] == ["waits", "waits"]
    assert app.window.mix.row("delay").mark.accessibleName() == "Waits for Apply"
    assert "Delay 8 → 12 %" in bar.apply_button.toolTip()
    app.workbench.show()
    assert "2 changes wait" in app.window.band.accessibleDescription()
    assert await engine_weight(app, "delay") == 8
    QTest.mouseClick(bar.apply_button, Qt.MouseButton.LeftButton)
    assert await engine_weight(app, "delay") == 12
    assert await engine_weight(app, "error") == 4
    await wait_until(lambda: app.window.mix.row("delay").mark.mark == "done")
    await wait_until(lambda: not bar.apply_button.isEnabled())


async def test_staged_by_keyboard_and_discard_is_one_undo_step(app: App) -> None:
    app.actions["mode-staged"].trigger()
    type_weight(app, "delay", "12")
    await wait_until(app.actions["discard"].isEnabled)
    app.actions["discard"].trigger()
    assert app.session.profile is not None
    assert app.session.profile.proxy("web").weight("delay") == 8
    QTest.keyClick(app.window, Qt.Key.Key_Z, CONTROL)
    await wait_until(lambda: app.session.profile and app.session.profile.proxy("web").weight("delay") == 12)
    await wait_until(app.actions["apply"].isEnabled)
    QTest.keyClick(app.window, Qt.Key.Key_Return, CONTROL)
    assert await engine_weight(app, "delay") == 12


async def test_the_marker_of_an_apply_carries_the_difference(app: App) -> None:
    app.session.applying.set_mode("staged")
    type_weight(app, "delay", "12")
    type_weight(app, "error", "4")
    app.session.applying.apply()
    await engine_weight(app, "delay")
    await wait_until(lambda: app.workbench.graphs.markers)
    texts = [m.text for m in app.workbench.graphs.markers]
    assert "Applied 2 changes: Delay 8 → 12 %, Error 2 → 4 %" in texts
    assert not any("weight" in text for text in texts)


async def test_a_listen_edit_that_waits_has_a_dot_and_goes_with_apply(app: App) -> None:
    app.session.applying.set_mode("staged")
    assert app.session.state is not None
    before = app.session.state.proxy("web").bound
    app.session.edit(("proxies", "web", "backlog"), 77, "")
    app.session.edit(("proxies", "web", "protocol"), "tcp", "")
    await wait_until(lambda: app.window.proxy_panel._marks["protocol"].mark == "waits")
    assert app.window.proxy_panel._marks["listen"].mark == ""
    assert app.session.state.proxy("web").bound == before


async def test_open_connections_are_told_of_and_restart_now_closes_them(app: App) -> None:
    assert app.session.state is not None
    host, port = app.session.state.proxy("web").bound.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    await wait_until(lambda: app.session.last and app.session.last.proxy("web").connections_open)
    app.session.edit(("proxies", "web", "protocol"), "tcp", "")
    note = app.window.proxy_panel.former
    await wait_until(lambda: not note.isHidden())
    assert "1 open connection goes on with the former settings" in note.accessibleName()
    QTest.mouseClick(note.button, Qt.MouseButton.LeftButton)
    async with asyncio.timeout(3):
        assert await reader.read() == b""
    writer.close()
    await wait_until(note.isHidden)


async def test_escape_twice_makes_all_normal_while_edits_wait(app: App) -> None:
    app.session.applying.set_mode("staged")
    app.session.edit(WEIGHT, Decimal(20), "")
    for _ in range(2):
        QTest.keyClick(app.window, Qt.Key.Key_Escape)
    await wait_until(lambda: app.session.held)
    assert len(app.session.applying.waiting) == 1


async def test_the_toolbar_fits_the_smallest_window_with_the_demo_and_what_waits(app: App) -> None:
    app.session.document.demo = True
    app.session.applying.set_mode("staged")
    for number, behavior in enumerate(("delay", "error", "hang", "abort")):
        app.session.edit(("proxies", "web", "mix", behavior), Decimal(number + 9), "")
    app.window.resize(960, 600)
    for _ in range(2):
        app.workbench.show()
        await asyncio.sleep(0.05)
    toolbar = app.window.toolbar
    assert toolbar.minimumSizeHint().width() <= 960
    assert app.window.width() == 960
    app.session.document.demo = False
