"""What a picky user does with the mouse and the keys, with both engines."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.models.shown import BandKind

TWO = """\
; two servers of the shop
[vaurien]
seed = 5   ; agreed on

[proxy:web]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 0:delay, 0:error

[behavior:delay@web]
sleep = 300ms ; slow

[proxy:orders-db]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 0:delay
# the end
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


async def opened(app: App, path: Path, text: str = TWO) -> Path:
    path.write_text(text)
    app.filing.load(path)
    await app.session.settled()
    await wait_until(lambda: app.window.columns.isVisible())
    return path


def typed(field: QWidget, text: str) -> None:
    """Select all, type, Return."""
    inner = field if isinstance(field, QLineEdit) else field.findChildren(QLineEdit)[0]
    inner.setFocus()
    inner.selectAll()
    QTest.keyClicks(inner, text)
    QTest.keyClick(inner, Qt.Key.Key_Return)


async def press(app: App, action: str) -> None:
    """Choose an action of the menu as soon as it can be chosen."""
    await wait_until(lambda: app.actions[action].isEnabled())
    app.actions[action].trigger()


def click(button: QPushButton) -> None:
    assert button.isVisible()
    assert button.isEnabled(), button.text()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def band_button(app: App, text: str) -> QPushButton:
    return next(b for b in app.window.band.findChildren(QPushButton) if b.text() == text and b.isVisible())


def choose(app: App, row: int) -> None:
    view = app.window.proxy_list.view
    place = view.visualRect(view.model().index(row, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


async def sleep_field(app: App) -> QWidget:
    """The field of the selected proxy's delay, opened if need be."""
    row = app.window.mix.row("delay")
    if not row.options_button.isChecked():
        QTest.mouseClick(row.options_button, Qt.MouseButton.LeftButton)
    await wait_until(lambda: row.form.isVisible())
    return row.form.editor("sleep").field


async def test_two_proxies_set_saved_and_undone_by_hand_give_the_file_back(app: App, tmp_path: Path) -> None:
    path = await opened(app, tmp_path / "two.ini")
    for row, sleep, weight in ((0, "700 ms", "40"), (1, "90 ms", "25.5")):
        choose(app, row)
        await wait_until(lambda: app.window.mix.isVisible())
        typed(await sleep_field(app), sleep)
        typed(app.window.mix.row("delay").spin, weight)
    await press(app, "save")
    await wait_until(lambda: not app.window.isWindowModified())
    written = path.read_text()
    assert "40:delay" in written
    assert "25.5:delay" in written
    assert "sleep = 700ms ; slow" in written
    assert "90ms" in written
    while app.session.document.undo.canUndo():
        await press(app, "undo")
    await press(app, "save")
    await wait_until(lambda: path.read_text() != written)
    assert path.read_text() == TWO
    while app.session.document.undo.canRedo():
        await press(app, "redo")
    await press(app, "save")
    await wait_until(lambda: path.read_text() != TWO)
    assert path.read_text() == written


async def test_every_edit_of_a_proxy_is_undone_and_made_again(app: App, tmp_path: Path) -> None:
    path = await opened(app, tmp_path / "two.ini")
    del path
    document = app.session.document
    panel = app.window.proxy_panel
    first = document.profile
    typed(panel.backend, "127.0.0.1:7777")
    typed(panel.listen, "127.0.0.1:0")
    panel.protocol.setFocus()
    panel.protocol.setCurrentIndex(panel.protocol.findData("tcp"))
    panel.protocol.activated.emit(panel.protocol.currentIndex())
    QTest.mouseClick(app.window.proxy_list.add_button, Qt.MouseButton.LeftButton)
    choose(app, 1)
    QTest.keyClick(app.window.proxy_list.view, Qt.Key.Key_Delete)
    assert document.profile is not None
    assert [p.name for p in document.profile.proxies] == ["web", "proxy-2"]
    assert document.profile.proxy("web").protocol == "tcp"
    last, steps = document.profile, document.undo.count()
    assert steps == 4
    for _ in range(steps):
        await press(app, "undo")
    assert document.profile == first
    for _ in range(steps):
        await press(app, "redo")
    assert document.profile == last


async def test_f2_renames_a_proxy_in_its_place(app: App, tmp_path: Path, troubles: Troubles) -> None:
    path = await opened(app, tmp_path / "two.ini")
    view = app.window.proxy_list.view
    choose(app, 0)

    async def rename(to: str) -> None:
        view.setFocus()
        QTest.keyClick(view, Qt.Key.Key_F2)
        await wait_until(lambda: view.findChildren(QLineEdit))
        typed(view.findChildren(QLineEdit)[0], to)
        await wait_until(lambda: not view.findChildren(QLineEdit))

    await rename("shop")
    assert app.session.profile is not None
    assert [p.name for p in app.session.profile.proxies] == ["shop", "orders-db"]
    assert app.session.proxy is not None
    assert app.session.proxy.name == "shop"
    await press(app, "save")
    await wait_until(lambda: "[proxy:shop]" in path.read_text())
    await press(app, "undo")
    assert [p.name for p in app.session.profile.proxies] == ["web", "orders-db"]
    troubles.expected = True
    await wait_until(lambda: view.model().index(0, 0).data() == "web")
    choose(app, 0)
    await rename("orders-db")
    assert any("already" in trouble for trouble in troubles)
    assert [p.name for p in app.session.profile.proxies] == ["web", "orders-db"]


async def test_a_wrong_option_stays_red_with_its_reason_and_the_last_valid_one_is_said(
    app: App, tmp_path: Path
) -> None:
    await opened(app, tmp_path / "two.ini")
    choose(app, 0)
    field = await sleep_field(app)
    typed(field, "-1")
    form = app.window.mix.row("delay").form
    await wait_until(lambda: bool(field.property("problem")))
    said = " ".join(label.text() for label in form.findChildren(QLabel) if label.isVisible())
    assert "Expected at least 0 s, got -1." in said
    assert "Not applied. Last valid: " in said
    assert app.session.profile is not None
    assert dict(app.session.profile.proxy("web").behavior("delay").options)["sleep"] == pytest.approx(0.3)
    typed(field, "250 ms")
    await wait_until(lambda: not field.property("problem"))


async def test_a_taken_port_offers_a_free_one(app: App, tmp_path: Path) -> None:
    await opened(app, tmp_path / "two.ini")
    choose(app, 0)
    click(app.window.toolbar.run_button)
    await wait_until(lambda: app.session.started)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        typed(app.window.proxy_panel.listen, f"127.0.0.1:{port}")
        await wait_until(lambda: app.workbench.band.state().kind is BandKind.FAILED)
        await wait_until(lambda: any("VA-101" in e.text for e in app.workbench.journal.rows.entries))
        await wait_until(lambda: any(b.text() == "Use a free port" for b in app.window.band.findChildren(QPushButton)))
        click(band_button(app, "Use a free port"))
        await wait_until(lambda: app.session.state and app.session.state.proxy("web").bound)
    await wait_until(lambda: app.workbench.band.state().kind is BandKind.NORMAL)


async def test_an_unknown_host_is_said_under_the_backend(app: App, tmp_path: Path) -> None:
    await opened(app, tmp_path / "two.ini")
    choose(app, 0)
    typed(app.window.proxy_panel.backend, "no-such-host.invalid:80")
    await wait_until(lambda: app.session.link is not None)
    click(app.window.proxy_panel.probe_button)

    def verdict() -> str:
        form = app.workbench.proxies.form()
        return form.probe.kind if form else ""

    await wait_until(lambda: verdict() == "bad", 15.0)
    shown = app.window.proxy_panel.protocol
    assert [shown.itemText(i) for i in range(shown.count())] == [p.title for p in app.session.catalogue.protocols]


async def test_a_killed_engine_is_a_red_band_and_restart_brings_it_back(
    settings: QSettings, troubles: Troubles, qapp: QApplication, tmp_path: Path
) -> None:
    app = App(qapp, Arguments(engine="child", theme="light"), settings=settings, reporter=CrashReporter(None))
    app.open()
    try:
        await opened(app, tmp_path / "two.ini")
        click(app.window.toolbar.run_button)
        await wait_until(lambda: app.session.started)
        assert app.session.link is not None
        os.kill(app.session.link.engine.pid, signal.SIGKILL)
        await wait_until(lambda: app.session.lost, 20.0)
        await wait_until(lambda: any(b.text() == "Restart" for b in app.window.band.findChildren(QPushButton)))
        click(band_button(app, "Restart"))
        await wait_until(lambda: app.session.started and not app.session.lost, 20.0)
        await wait_until(lambda: app.session.state and app.session.state.proxy("web").bound)
    finally:
        await app.aclose()


async def test_weights_over_100_open_say_so_and_can_be_scaled(app: App, tmp_path: Path, troubles: Troubles) -> None:
    over = TWO.replace("0:delay, 0:error", "70:delay, 48:error")
    await opened(app, tmp_path / "over.ini", over)
    choose(app, 0)
    await wait_until(lambda: app.workbench.mix.panel() is not None)
    panel = app.workbench.mix.panel()
    assert panel is not None
    assert panel.over == "118 %"
    await wait_until(lambda: any(b.text() == "Scale to 100" for b in app.window.mix.findChildren(QPushButton)))
    click(next(b for b in app.window.mix.findChildren(QPushButton) if b.text() == "Scale to 100" and b.isVisible()))
    assert app.session.profile is not None
    assert sum(r.weight for r in app.session.profile.proxy("web").mix) == 100
    troubles.expected = True  # the engine refuses what undo brings back, and says so
    await press(app, "undo")
    assert sum(r.weight for r in app.session.profile.proxy("web").mix) == 118


async def test_an_own_backend_is_three_fields_a_probe_and_start(app: App) -> None:
    app.run_demo()
    await wait_until(lambda: app.session.started, 15.0)
    link = app.session.link
    assert link is not None
    backend = await link.engine.demo("backend")
    await wait_until(lambda: app.window.toolbar.own_button.isVisible())
    click(app.window.toolbar.own_button)
    sheet = app.sheets.own
    assert sheet.isVisible()
    click(sheet.start_button)
    assert sheet.isVisible()  # an empty backend stays here
    typed(sheet.backend, f"http://user:secret@{backend}/x")
    assert sheet.backend.text() == backend
    await wait_until(lambda: app.sheets.own_values.form().probe.kind == "ok")
    click(sheet.start_button)
    await wait_until(lambda: app.session.link is not link and app.session.started, 15.0)
    assert not sheet.isVisible()
    assert app.session.proxy is not None
    assert app.session.proxy.backend == backend
    assert not app.session.document.demo


async def wrong_file(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.ini"
    if kind == "directory":
        path.mkdir()
    elif kind == "binary":
        path.write_bytes(bytes(range(256)) * 8)
    elif kind == "malformed":
        path.write_text("proxy = 1\n[vaurien\n")
    return path


@pytest.mark.parametrize("kind", ["missing", "directory", "binary", "malformed"])
async def test_a_file_that_cannot_be_opened_is_one_sentence(
    kind: str, settings: QSettings, qapp: QApplication, tmp_path: Path
) -> None:
    path = await wrong_file(kind, tmp_path)
    app = App(qapp, Arguments(engine="local", profile=path), settings=settings, reporter=CrashReporter(None))
    app.open()
    try:
        assert app.window.messages.isVisible()
        said = app.window.messages.text()
        assert said.startswith(f"{kind}.ini was not opened. ")
        assert "Traceback" not in said + app._details
        assert app.window.empty.isVisible()
    finally:
        await app.aclose()


async def test_alt_underlines_the_letters_of_the_menus(app: App) -> None:
    menu = app.menus.menus["File"]
    assert menu.title() == "File"
    QTest.keyPress(app.window, Qt.Key.Key_Alt)
    assert menu.title() == "&File"
    QTest.keyRelease(app.window, Qt.Key.Key_Alt)
    assert menu.title() == "File"


async def test_an_edit_right_before_the_end_shows_nothing_afterwards(app: App, tmp_path: Path) -> None:
    await opened(app, tmp_path / "two.ini")
    app.session.announce()
    await app.aclose()
    app.session.announce()
    await asyncio.sleep(0)
    assert not app.session._soon.isActive()


async def test_a_refused_backend_is_replaced_by_a_demo_of_the_protocol_with_one_button(
    app: App, tmp_path: Path
) -> None:
    await opened(app, tmp_path / "two.ini")
    choose(app, 0)
    session, panel = app.session, app.window.proxy_panel
    await wait_until(lambda: session.link is not None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        refused = f"127.0.0.1:{free.getsockname()[1]}"
        typed(panel.backend, f"mysql://root:geheim@{refused}/shop")
        assert session.proxy is not None
        assert (session.proxy.protocol, session.proxy.backend) == ("mysql", refused)
        await wait_until(lambda: panel.backend.text() == refused)
        before, steps = session.proxy, session.document.undo.count()
        await wait_until(lambda: any(b.text() == "Start demo backend" for b in panel.findChildren(QPushButton)), 15.0)
        click(next(b for b in panel.findChildren(QPushButton) if b.text() == "Start demo backend"))
        await wait_until(lambda: session.proxy and session.proxy.backend != refused)

    def verdict() -> str:
        form = app.workbench.proxies.form()
        return form.probe.text if form else ""

    await wait_until(lambda: verdict().endswith("speaks MySQL 8.0.36"), 15.0)
    assert session.document.undo.count() == steps + 1
    session.document.undo.undo()
    assert session.proxy == before


async def test_tls_that_ends_here_is_one_choice_in_the_fold(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAURIEN_CERTIFICATES", str(tmp_path / "certificates"))
    await opened(app, tmp_path / "two.ini")
    choose(app, 0)
    session, fold = app.session, app.window.proxy_panel.tuning
    await wait_until(lambda: session.link is not None)
    click(app.window.toolbar.run_button)
    await wait_until(lambda: session.state and session.state.proxy("web").bound)
    click(fold.button)
    fold.form.editor("tls").edited.emit("terminate")
    assert session.proxy is not None
    assert (session.proxy.tls, session.proxy.certificate) == ("terminate", "auto")
    assert session.link is not None
    await session.link.drained()
    running = (await session.link.engine.profile()).profile.proxy("web")
    assert (running.tls, running.certificate) == ("terminate", "auto")
    await wait_until(lambda: (tmp_path / "certificates" / "ca.pem").exists())
    assert session.state is not None and session.state.proxy("web").bound
