"""Graphs and journal in the whole window, with a real engine and real traffic."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from vaurien_core.model.profile import ProxySpec
from vaurien_core.proxy.draw import predict
from vaurien_gui import exports
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.views import dialogs

INI = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 30:delay, 20:error
seed = 42

[behavior:delay]
sleep = 1ms
"""


@pytest.fixture
async def app(place: str, settings: QSettings, troubles: Troubles, qapp: QApplication) -> AsyncIterator[App]:
    reporter = CrashReporter(None)
    made = App(qapp, Arguments(engine=place, theme="light"), settings=settings, reporter=reporter)
    reporter.show = lambda text, details: troubles.append(f"{text}\n{details}")
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    made.open()
    yield made
    await made.aclose()


async def running(app: App, tmp_path: Path) -> str:
    """The proxy's URL, in front of the built-in backend."""
    path = tmp_path / "flaky.ini"
    path.write_text(INI)
    app.filing.load(path)
    await app.session.settled()
    assert app.session.link is not None
    backend = await app.session.link.engine.demo("backend")
    app.session.document.adopt([(("proxies", "default", "backend"), backend)])
    app.session.start()
    await app.session.link.drained()
    await wait_until(lambda: app.session.state and app.session.state.proxy("default").bound)
    assert app.session.state is not None
    return f"http://{app.session.state.proxy('default').bound}"


async def ask(url: str, times: int) -> None:
    async with httpx.AsyncClient() as client:
        for n in range(times):
            await client.get(f"{url}/x{n % 4}")


def spec(app: App) -> ProxySpec:
    assert app.session.proxy is not None
    return app.session.proxy


def texts(app: App) -> list[str]:
    return [marker.text for marker in app.workbench.graphs.markers]


async def test_a_rows_trace_is_what_the_draw_predicts(app: App, tmp_path: Path) -> None:
    url = await running(app, tmp_path)
    await ask(url, 40)
    rows = app.workbench.journal.rows
    await wait_until(lambda: sum(e.kind == "exchange" for e in rows.entries) > 8)
    keys = [f"GET /x{n % 4} HTTP/1.1".encode() for n in range(40)]
    predicted = {(p.key, p.occurrence): p for p in predict(spec(app), 42, keys)}
    ranges = {"delay": "0–30 %", "error": "30–50 %"}
    checked = 0
    for number, entry in enumerate(rows.entries):
        if entry.kind != "exchange":
            continue
        expected = predicted[(f"{entry.label} HTTP/1.1".encode(), entry.occurrence)]
        assert expected.rule == entry.rule
        assert expected.percent == entry.draw
        app.window.journal.table.selectRow(number)
        said = {line.label: line.text for line in app.window.journal.detail.lines}
        assert said["Decision"].endswith(f"→ {entry.rule} owns {ranges[entry.rule]}")
        assert said["Replay"] == f"seed 42, {entry.label} #{entry.occurrence} on default"
        checked += 1
    assert checked > 8
    assert app.window.journal.detail.isVisible()


async def test_edits_undo_and_probes_are_marked_once_each(app: App, tmp_path: Path) -> None:
    await running(app, tmp_path)
    await wait_until(lambda: app.session.last)
    session = app.session
    session.edit_all(
        [(("proxies", "default", "mix", name), Decimal(w)) for name, w in (("delay", 5), ("error", 7))], "Set a mix"
    )
    await wait_until(lambda: "Set a mix" in texts(app))
    session.edit(("proxies", "default", "behaviors", "delay", "sleep"), 0.002, "Set delay sleep to 2 ms")
    await wait_until(lambda: "Set delay sleep to 2 ms" in texts(app))
    app.workbench.mix.set_weight("delay", Decimal(9))
    await wait_until(lambda: "Delay 5 → 9 %" in texts(app))
    await asyncio.sleep(0.05)  # what happens within one turn of the loop is one marker
    session.document.undo.undo()
    await wait_until(lambda: any(text.startswith("Undo: ") for text in texts(app)))
    session.edit(("proxies", "default", "backend"), "127.0.0.1:1", "Set backend")
    await wait_until(lambda: any(m.kind == "probe" for m in app.workbench.graphs.markers))
    told = texts(app)
    assert len(told) == len(set(told)), told
    assert told[0] == "Start"
    kinds = {m.text: m.kind for m in app.workbench.graphs.markers}
    assert kinds["Start"] == "engine"
    assert kinds["Set a mix"] == "change"


async def test_a_note_is_a_marker_and_a_line_of_the_journal_that_a_click_finds(app: App, tmp_path: Path) -> None:
    url = await running(app, tmp_path)
    await ask(url, 5)
    graphs = app.window.graphs
    await wait_until(lambda: graphs.board.built)
    app.actions["note"].trigger()
    QTest.keyClicks(graphs.note_field, "pool ran dry")
    QTest.keyClick(graphs.note_field, Qt.Key.Key_Return)
    note = next(m for m in app.workbench.graphs.markers if m.kind == "note")
    assert note.text == "pool ran dry"
    await ask(url, 5)
    strip = graphs.board.strip

    def flag() -> QPoint | None:
        app.workbench._frame()
        strip.repaint()
        return next((box.center() for box, marker in strip._flags if marker == note), None)

    await wait_until(flag)
    place = flag()
    assert place is not None
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=place)
    rows = app.window.journal.table.chosen_rows()
    found = app.workbench.journal.rows.entry(rows[0])
    assert found is not None
    assert found.text == f"Note {note.number}: pool ran dry"
    times = [entry.at for entry in app.workbench.journal.rows.entries]
    assert times == sorted(times)
    start = next(m for m in app.workbench.graphs.markers if m.text == "Start")
    app.window.graphs.marker_clicked.emit(start.number)
    found = app.workbench.journal.rows.entry(app.window.journal.table.chosen_rows()[0])
    assert found is not None
    assert found.text.startswith("Start")


async def test_every_choice_about_the_graphs_is_an_action_that_ticks_itself(app: App, tmp_path: Path) -> None:
    await ask(await running(app, tmp_path), 3)
    graphs, actions = app.window.graphs, app.actions
    await wait_until(lambda: graphs.board.built and app.workbench.graphs.empty() is None)
    app.workbench._frame()
    actions["panel-connections"].trigger()
    assert actions["panel-connections"].isChecked()
    assert "connections" in graphs.board.shown_keys()
    actions["latency-normal"].trigger()
    assert actions["latency-normal"].isChecked()
    assert not actions["latency-all"].isChecked()
    actions["span-900"].trigger()
    assert graphs.span == 900
    assert actions["span-900"].isChecked()
    actions["pause"].trigger()
    assert not graphs.live
    assert actions["pause"].isChecked()
    QTest.keyClick(graphs.board, Qt.Key.Key_Home)
    assert graphs.live
    assert not actions["pause"].isChecked()
    app.workbench.look.choose_panel("latency")
    actions["panel-up"].trigger()
    assert app.workbench.look.look.panels.shown == ("throughput", "injected", "latency", "errors", "connections")
    actions["panel-maximise"].trigger()
    assert graphs.board.shown_keys() == ("latency",)
    assert not actions["panel-up"].isEnabled()
    actions["panel-maximise"].trigger()
    actions["markers-note"].trigger()
    assert not actions["markers-note"].isChecked()
    actions["data-table"].trigger()
    assert graphs.table.isVisible()
    actions["data-table"].trigger()
    actions["rate-10"].trigger()
    assert app.workbench._timer.interval() == 100


async def test_the_look_is_there_again_next_time(
    place: str, settings: QSettings, troubles: Troubles, qapp: QApplication
) -> None:
    first = App(qapp, Arguments(engine=place), settings=settings, reporter=CrashReporter(None))
    first.open()
    for name in ("panel-errors", "panel-connections", "latency-faulted", "markers-probe", "journal-50000"):
        first.actions[name].trigger()
    await first.aclose()
    again = App(qapp, Arguments(engine=place), settings=settings, reporter=CrashReporter(None))
    again.open()
    try:
        assert again.window.graphs.board.look == first.workbench.look.look
        assert again.actions["latency-faulted"].isChecked()
        assert again.workbench.journal.rows.capacity == 50_000
        assert again.actions["journal-50000"].isChecked()
    finally:
        await again.aclose()


async def test_the_menu_of_a_panel_hides_and_maximises_it(app: App, tmp_path: Path) -> None:
    await running(app, tmp_path)
    graphs = app.window.graphs
    await wait_until(lambda: graphs.board.built)
    graphs.menu_wanted.emit("errors", app.window.mapToGlobal(QPoint(600, 300)))
    menu = next(m for m in graphs.findChildren(QMenu) if m.isVisible())
    shown = [action.text().replace("&", "") for action in menu.actions() if action.text()]
    assert shown[:4] == ["Maximise “Errors”", "Move “Errors” up", "Move “Errors” down", "Hide “Errors”"]
    next(a for a in menu.actions() if "Hide" in a.text()).trigger()
    menu.close()
    assert "errors" not in graphs.board.shown_keys()


async def test_exports_write_what_is_in_sight(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = await running(app, tmp_path)
    await ask(url, 20)
    await wait_until(lambda: app.window.graphs.board.built)
    await asyncio.sleep(1.2)
    app.workbench._frame()
    path = tmp_path / "out"

    async def there(parent: object, suggestion: Path, kinds: str) -> Path:
        return path.with_suffix(suggestion.suffix)

    monkeypatch.setattr(dialogs, "ask_save_as", there)
    await exports.graphs_picture(app, "latency")
    assert QImage(str(tmp_path / "out.png")).width() == 2 * app.window.graphs.board.width()
    await exports.graphs_values(app, everything=False)
    series = {row["series"] for row in csv.DictReader((tmp_path / "out.csv").read_text().splitlines())}
    assert {"down", "exchanges", "p95"} <= series
    await exports.journal(app)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["n"] for line in lines] == [e.n for e in app.workbench.journal.rows.entries]
    faulted = [line for line in lines if line["rule"]]
    assert all(line["owned"][0] <= line["draw"] < line["owned"][1] for line in faulted)
    app.actions["graphs-copy"].trigger()
    assert not QGuiApplication.clipboard().image().isNull()


async def test_rows_are_copied_as_text_and_as_json(app: App, tmp_path: Path) -> None:
    url = await running(app, tmp_path)
    await ask(url, 20)
    rows, table = app.workbench.journal.rows, app.window.journal.table
    await wait_until(lambda: any(e.rule for e in rows.entries))
    at = next(n for n, e in enumerate(rows.entries) if e.rule)
    table.selectRow(at)
    app.actions["copy-json"].trigger()
    copied = json.loads(QGuiApplication.clipboard().text())
    entry = rows.entry(at)
    assert entry is not None
    assert (copied["n"], copied["rule"], copied["occurrence"]) == (entry.n, entry.rule, entry.occurrence)
    app.actions["copy-rows"].trigger()
    assert entry.label in QGuiApplication.clipboard().text()
    app.actions["journal-detail"].trigger()
    assert not app.window.journal.detail.isVisible()
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert app.window.journal.detail.isVisible()


async def test_a_proxy_without_traffic_invites_while_the_other_has_its_graphs(app: App, tmp_path: Path) -> None:
    url = await running(app, tmp_path)
    await ask(url, 3)
    app.workbench.proxies.add()
    await wait_until(lambda: len(app.session.profile.proxies) == 2 if app.session.profile else False)
    other = next(p.name for p in app.session.profile.proxies if p.name != "default") if app.session.profile else ""
    app.session.select(other)
    await wait_until(lambda: app.workbench.graphs.empty() is not None)
    app.session.select("default")
    await wait_until(lambda: app.workbench.graphs.empty() is None)
