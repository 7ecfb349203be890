"""Scenario, states, expectations and the error catalogue in the real window, by keys, with both engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.forms.suggesting import SuggestingEditor
from vaurien_gui.models.scenario_shown import FOR, MIX
from vaurien_gui.presenters.expectations import TEXT
from vaurien_gui.scenes import EXPECTATIONS, SCENARIO

INI = """\
[vaurien]
proxy = 127.0.0.1:0
backend = {backend}
protocol = http
seed = 5

[scenario]
phases = calm, outage

[phase:calm]
for = 1h

[phase:outage]
for = 1h
behavior = 100:error

[behavior:error]
error = 503

[expect]
traffic came = exchanges >= 3
"""
KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
async def app(place: str, settings: QSettings, troubles: Troubles, qapp: QApplication) -> AsyncIterator[App]:
    made = App(qapp, Arguments(engine=place, theme="light"), settings=settings, reporter=CrashReporter(None))
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    made.open()
    yield made
    await made.aclose()


async def opened(app: App, folder: Path) -> str:
    """A profile in front of the built-in backend, started; the URL of its proxy."""
    path = folder / "failover.ini"
    path.write_text(INI.format(backend="127.0.0.1:9"))
    app.filing.load(path)
    await app.session.settled()
    assert app.session.link is not None
    backend = await app.session.link.engine.demo("backend")
    app.session.document.adopt([(("proxies", "default", "backend"), backend)])
    app.session.start()
    await app.session.link.drained()
    await wait_until(lambda: app.session.state and app.session.state.proxy("default").bound)
    app.window.activateWindow()
    await wait_until(app.window.isActiveWindow)
    assert app.session.state is not None
    return f"http://{app.session.state.proxy('default').bound}/"


async def answer(url: str) -> int | str:
    """The status, or what went wrong; over a new connection."""
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(url)).status_code
        except httpx.TransportError as error:
            return type(error).__name__


def type_into(table: QWidget, text: str) -> None:
    """Edit the current cell by keys."""
    QTest.keyClick(table, KEY.Key_F2)
    field = table.findChild(QLineEdit)
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, KEY.Key_Return)


async def test_phases_are_made_played_skipped_and_jumped_to_by_keys_and_a_client_feels_them(
    app: App, tmp_path: Path
) -> None:
    url = await opened(app, tmp_path)
    window, scenes = app.window, app.workbench.scenes
    QTest.keyClick(window, KEY.Key_2, CTRL)
    assert window.journal.tab == SCENARIO
    table = scenes.scenario_view.table
    assert table.hasFocus()
    assert await answer(url) == 200
    QTest.keyClick(window, KEY.Key_F8)
    await wait_until(lambda: scenes.scenario.page().track.current == 1)
    assert await answer(url) == 503
    QTest.keyClick(window, KEY.Key_F7)
    await wait_until(lambda: not scenes.scenario.page().plays)
    table.choose("0")
    QTest.keyClick(window, KEY.Key_J, CTRL)
    await wait_until(lambda: scenes.scenario.page().track.current == 0)
    assert await answer(url) == 200
    table.choose("0", MIX)
    type_into(table, "100:error")
    await wait_until(app.session.document.undo.canUndo)
    assert app.session.profile is not None
    assert app.session.link is not None
    await app.session.link.drained()
    assert await answer(url) == 503, "an edit of the phase that plays is live"
    await wait_until(app.actions["undo"].isEnabled)
    app.actions["undo"].trigger()
    await app.session.link.drained()
    assert await answer(url) == 200
    window.activateWindow()  # the offscreen platform gives the activation to the list of words, and not back
    await wait_until(table.hasFocus)
    QTest.keyClick(window, KEY.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    await wait_until(lambda: scenes.scenario.page().plays)


async def test_a_refused_text_stays_in_its_cell_with_the_sentence_under_the_table(app: App, tmp_path: Path) -> None:
    await opened(app, tmp_path)
    view = app.workbench.scenes.scenario_view
    app.actions["tab-scenario"].trigger()
    view.table.choose("1", FOR)
    type_into(view.table, "-1")
    await wait_until(view.problem.isVisible)
    assert view.problem.accessibleName() == "Expected at least 0.001 s, got -1."
    assert view.table.rows[1].cells[FOR].text == "-1"
    QTest.keyClick(view.table, KEY.Key_Delete)
    await wait_until(lambda: len(view.table.rows) == 1 and app.actions["undo"].isEnabled())
    app.actions["undo"].trigger()
    await wait_until(lambda: len(view.table.rows) == 2)
    QTest.keyClick(view.table, KEY.Key_Down, Qt.KeyboardModifier.AltModifier)
    await wait_until(lambda: [row.cells[0].text for row in view.table.rows] == ["outage", "calm"])


async def test_a_proxy_is_taken_down_by_a_key_and_all_normal_lifts_it(app: App, tmp_path: Path) -> None:
    url = await opened(app, tmp_path)
    app.session.edit(("scenario",), None, "no scenario")
    QTest.keyClick(app.window, KEY.Key_D, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert app.session.state is not None
    await wait_until(lambda: app.session.state and not app.session.state.proxy("default").running)
    assert await answer(url) == "ConnectError"
    await wait_until(lambda: app.window.band.accessibleName().startswith("Faults on Down default refuses"))
    assert app.window.windowTitle().startswith("! ")
    assert app.window.proxy_panel.state.current == "down"
    app.session.all_normal()
    await wait_until(lambda: app.session.held and app.session.state and app.session.state.proxy("default").running)
    assert await answer(url) == 200
    app.session.resume()
    await wait_until(lambda: app.session.state and not app.session.state.proxy("default").running)
    await wait_until(lambda: app.window.band.accessibleName().startswith("Faults on Down"))
    button = next(b for b in app.window.band.findChildren(QAbstractButton) if b.text() == "Bring it back")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    await wait_until(lambda: app.session.state and app.session.state.proxy("default").running)
    assert await answer(url) == 200


async def test_connects_time_out_by_the_switch_and_open_connections_live(app: App, tmp_path: Path) -> None:
    await opened(app, tmp_path)
    app.session.edit(("scenario",), None, "no scenario")
    assert app.session.state is not None
    host, _, port = app.session.state.proxy("default").bound.rpartition(":")
    app.window.proxy_panel.state.chosen.emit("syn_blackhole")
    await wait_until(lambda: app.window.band.accessibleName().startswith("Faults on No answer default lets connects"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.open_connection(host, int(port)), 0.5)
    app.session.all_normal()
    await wait_until(lambda: app.session.held)
    _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), 5)
    writer.close()
    app.session.resume()
    await wait_until(lambda: app.window.band.accessibleName().startswith("Faults on No answer"))
    app.session.document.undo.undo()
    await wait_until(lambda: app.window.band.accessibleName().startswith("Running, all normal"))


async def test_expectations_are_judged_while_traffic_comes_and_counted_beside_the_graphs(
    app: App, tmp_path: Path
) -> None:
    url = await opened(app, tmp_path)
    chip, view = app.window.graphs.verdicts, app.workbench.scenes.expectations_view
    await wait_until(lambda: chip.text() == "0 of 1 met")
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert app.window.journal.tab == EXPECTATIONS
    for _ in range(3):
        await answer(url)
    await wait_until(lambda: chip.text() == "1 of 1 met")
    assert [cell.text for cell in view.table.rows[0].cells] == ["met", "traffic came", "exchanges >= 3", "3"]
    app.actions["expectation-add"].trigger()
    field = view.table.findChild(QLineEdit)
    assert field is not None
    assert field.completer() is not None
    field.selectAll()
    QTest.keyClicks(field, "error@default >= 1")
    QTest.keyClick(field, KEY.Key_Return)
    await wait_until(lambda: chip.text() == "1 of 2 met")
    assert view.table.rows[1].cells[TEXT].text == "error@default >= 1"
    app.workbench.scenes.scenario.act("skip")
    await wait_until(lambda: app.workbench.scenes.scenario.page().track.current == 1)
    await answer(url)
    await wait_until(lambda: chip.text() == "2 of 2 met")


async def test_the_error_of_a_form_is_found_by_its_words_and_explained(app: App, tmp_path: Path) -> None:
    await opened(app, tmp_path)
    app.window.mix.open_options("error")
    editor = app.window.mix.row("error").form.editor("error")
    assert isinstance(editor, SuggestingEditor)
    field = editor.field
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "gateway time")
    await wait_until(lambda: editor.completer.popup() is not None and editor.completer.popup().isVisible())
    assert editor.completer.completionCount() == 1
    popup = editor.completer.popup()
    assert popup is not None
    QTest.keyClick(popup, KEY.Key_Down)
    QTest.keyClick(popup, KEY.Key_Return)
    assert app.session.profile is not None
    await wait_until(
        lambda: (
            app.session.profile and dict(app.session.profile.proxies[0].behavior("error").options) == {"error": "504"}
        )
    )
    QTest.keyClick(field, KEY.Key_Down)
    assert editor.completer.completionCount() > 10, "all of them"
    popup.hide()


async def test_every_control_of_the_new_tabs_has_a_name_and_the_keyboard_reaches_it(app: App, tmp_path: Path) -> None:
    await opened(app, tmp_path)
    scenes = app.workbench.scenes
    for action, view in (("tab-scenario", scenes.scenario_view), ("tab-expectations", scenes.expectations_view)):
        app.actions[action].trigger()
        await asyncio.sleep(0.05)
        parts = [*view.findChildren(QWidget), *view.tools.findChildren(QWidget)]
        controls = [w for w in parts if w.isVisible() and w.focusPolicy() & Qt.FocusPolicy.TabFocus]
        assert len(controls) > 4
        for control in controls:
            name = control.accessibleName() or (control.text() if isinstance(control, QAbstractButton) else "")
            assert name, control
    course = scenes.scenario_view.course
    app.actions["tab-scenario"].trigger()
    scenes.scenario_view.course_button.click()
    assert course.isVisible()
    assert course.repeat.accessibleName() == "Rounds"
    course.repeat.setText("forever")
    course.repeat.typing.commit()
    await wait_until(lambda: course.words == "On Start, forever")
    course.hide()
