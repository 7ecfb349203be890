"""Presets in the real window, with keys and mouse: found, read, applied as one step, saved, taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QEvent, QObject, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.presenters.presets import CUSTOM, NONE
from vaurien_gui.views.window import MainWindow

PROFILE = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 0:delay, 4:hang ; ours
seed = 11
"""


@pytest.fixture
async def app(
    place: str,
    settings: QSettings,
    troubles: Troubles,
    qapp: QApplication,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[App]:
    monkeypatch.setenv("VAURIEN_GUI_STATE", str(tmp_path / "state"))
    made = App(qapp, Arguments(engine=place), settings=settings, reporter=CrashReporter(None))
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    made.open()
    (tmp_path / "shop.ini").write_text(PROFILE)
    made.filing.load(tmp_path / "shop.ini")
    await made.session.settled()
    made.workbench.show()
    await wait_until(made.window.isActiveWindow)
    yield made
    await made.aclose()


def shown(app: App) -> str:
    """What the toolbar says."""
    app.workbench.show()
    return app.window.toolbar.preset.button.accessibleName().removeprefix("Preset: ")


async def test_a_preset_is_found_applied_by_keys_alone_and_undone_in_one_step(app: App, tmp_path: Path) -> None:
    before = app.session.profile
    assert shown(app) == CUSTOM
    QTest.keyClick(app.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    sheet = app.preset_sheets.list
    await wait_until(sheet.search.hasFocus)
    QTest.keyClicks(sheet.search, "429")
    await wait_until(lambda: sheet.list.count() == 1)
    assert "New rule rate-limited: error, error 429, first 5, skip 10" in sheet.changes.text()
    assert "Hang 4 → 0 %" in sheet.changes.text()
    QTest.keyClick(sheet.search, Qt.Key.Key_Return)
    await wait_until(lambda: not sheet.isVisible())
    spec = app.session.proxy
    assert spec is not None
    assert [(r.behavior, r.weight) for r in spec.mix] == [("rate-limited", Decimal(100))]
    assert (spec.proxy, spec.backend) == ("127.0.0.1:0", "127.0.0.1:9")
    assert shown(app) == "Rate limited"
    await wait_until(app.window.mix.row("rate-limited").isVisible)
    assert app.session.link is not None
    await app.session.link.drained()
    assert (await app.session.link.engine.profile()).profile == app.session.profile
    assert app.session.document.undo.undoText() == "Apply preset Rate limited"
    QTest.keyClick(app.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert app.session.profile == before
    assert shown(app) == CUSTOM


class Windows(QObject):
    """Widgets that were shown as windows of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(f"{type(watched).__name__} {watched.accessibleName()}")
        return False


async def test_no_part_of_the_window_is_a_window_for_a_moment_and_takes_the_focus_away(
    app: App, qapp: QApplication
) -> None:
    windows = Windows()
    qapp.installEventFilter(windows)
    try:
        made = MainWindow(app.theme)
        app.workbench.presets.begin()
        app.workbench.presets.choose("overloaded-backend")
        app.workbench.presets.apply()
        app.workbench.mix.add("blackout")
        app.workbench.show()
        await wait_until(lambda: app.window.mix.row("blackout").isVisible())
    finally:
        qapp.removeEventFilter(windows)
        made.deleteLater()
    assert windows.seen == []
    assert app.window.isActiveWindow()


async def test_only_presets_for_the_protocol_are_offered_and_the_arrows_go_through_them(app: App) -> None:
    QTest.mouseClick(app.window.toolbar.preset.button, Qt.MouseButton.LeftButton)
    sheet = app.preset_sheets.list
    await wait_until(sheet.search.hasFocus)
    titles = [sheet.list.item(n).text() for n in range(sheet.list.count())]
    assert "Flaky network" in titles
    assert not any("MySQL" in title or "Redis" in title for title in titles)
    seen = [sheet._title.text()]
    for _ in titles[1:]:
        QTest.keyClick(sheet.search, Qt.Key.Key_Down)
        seen.append(sheet._title.text())
    assert seen == titles
    QTest.keyClicks(sheet.search, "nothing like it")
    assert sheet.list.count() == 0
    assert not sheet.apply_button.isEnabled()
    assert "No preset for http" in sheet._remark.accessibleName()
    QTest.keyClick(sheet.search, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


async def test_the_preset_that_is_followed_has_nothing_to_apply(app: App) -> None:
    app.workbench.presets.begin()
    app.workbench.presets.choose("flaky")
    assert app.workbench.presets.apply() == "Flaky network"
    app.actions["presets"].trigger()
    sheet = app.preset_sheets.list
    assert sheet._title.text() == "Flaky network"
    assert not sheet.apply_button.isEnabled()
    QTest.keyClick(sheet.search, Qt.Key.Key_Return)
    assert sheet.isVisible()
    app.actions["zero"].trigger()
    assert shown(app) == NONE


async def test_the_present_mix_is_saved_offered_and_written_over_only_when_that_is_said(
    app: App, tmp_path: Path
) -> None:
    app.actions["save-preset"].trigger()
    saving = app.preset_sheets.saving
    await wait_until(saving.name.hasFocus)
    QTest.keyClick(saving.name, Qt.Key.Key_Return)
    assert saving._problem.accessibleName() == "Type a name."
    QTest.keyClicks(saving.name, "Friday evening")
    QTest.keyClicks(saving.description, "As on the second of May")
    QTest.mouseClick(saving.save_button, Qt.MouseButton.LeftButton)
    await wait_until(lambda: not saving.isVisible())
    file = tmp_path / "state" / "presets" / "friday-evening.ini"
    assert file.read_text() == (
        "[preset]\ntitle = Friday evening\ndescription = As on the second of May\nprotocols = http\n\n"
        "[vaurien]\nbehavior = 4:hang\n"
    )
    app.actions["presets"].trigger()
    titles = [app.preset_sheets.list.list.item(n).text() for n in range(app.preset_sheets.list.list.count())]
    assert "Friday evening" in titles
    QTest.mouseClick(app.preset_sheets.list.save_button, Qt.MouseButton.LeftButton)
    await wait_until(saving.name.hasFocus)
    assert saving.save_button.text() == "Save"
    QTest.keyClicks(saving.name, "friday EVENING")
    assert saving.save_button.text() == "Replace"
    assert saving._remark.accessibleName() == "Replaces your preset Friday evening."


async def test_a_broken_preset_of_the_users_is_named_with_its_line(app: App, tmp_path: Path) -> None:
    folder = tmp_path / "state" / "presets"
    folder.mkdir(parents=True)
    (folder / "bad.ini").write_text("[vaurien]\nbehavior = 5:dealy\n")
    app.actions["presets"].trigger()
    remark = app.preset_sheets.list._remark.accessibleName()
    assert "bad.ini:2" in remark
    assert 'did you mean "delay"?' in remark


async def test_every_control_of_the_sheets_has_a_name_and_is_reached_by_tab(app: App) -> None:
    app.actions["presets"].trigger()
    sheet = app.preset_sheets.list
    await wait_until(sheet.search.hasFocus)
    reached: list[QWidget] = []
    while (now := QApplication.focusWidget()) not in reached:
        assert now is not None
        assert now.accessibleName() or getattr(now, "text", str)(), now
        reached.append(now)
        QTest.keyClick(now, Qt.Key.Key_Tab)
    assert {sheet.search, sheet.list, sheet.save_button, sheet.cancel_button, sheet.apply_button} <= set(reached)
