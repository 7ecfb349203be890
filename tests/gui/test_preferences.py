"""Preferences: kept, applied at once, wrong texts explained; and auto-off, which never surprises anybody elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QMessageBox
from test_session import running

from vaurien_core.messages import MESSAGES, advice
from vaurien_gui import help_texts
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.autooff import DEMO_MIN, AutoOff
from vaurien_gui.preferences import Preferences
from vaurien_gui.session import Session
from vaurien_gui.views.segmented import Segmented


@pytest.fixture
async def app(settings: QSettings, qapp: QApplication) -> AsyncIterator[App]:
    made = App(qapp, Arguments(engine="local"), settings=settings)
    made.open()
    yield made
    made.preferring.zoom(0)
    await made.aclose()


def test_what_is_preferred_is_there_next_time(settings: QSettings) -> None:
    preferences = Preferences(settings)
    assert preferences.engine == "child"
    for name, text in (("engine", "local"), ("autosave", "1min"), ("auto_off", "20"), ("confirm_quit", "true")):
        preferences.edit(name, text)
    again = Preferences(QSettings(settings.fileName(), QSettings.Format.IniFormat)).values
    assert (again.engine, again.autosave, again.auto_off, again.confirm_quit) == ("local", 60.0, 20, True)


def test_a_text_that_cannot_be_read_stays_with_its_reason_and_changes_nothing(settings: QSettings) -> None:
    preferences = Preferences(settings)
    preferences.edit("autosave", "1 s")
    row = next(r for r in preferences.rows() if r.option.name == "autosave")
    assert "at least 2" in row.problem
    assert preferences.values.autosave == 10.0
    preferences.reset("autosave")
    assert not any(r.problem for r in preferences.rows())


def test_nonsense_in_the_settings_is_the_default(settings: QSettings) -> None:
    settings.setValue("preferences/graph_rate", "fast")
    settings.setValue("preferences/auto_off", "-3")
    values = Preferences(settings).values
    assert (values.graph_rate, values.auto_off) == ("5 Hz", 0)


async def test_changes_hold_at_once(app: App) -> None:
    preferences = app.preferences
    preferences.edit("graph_rate", "10 Hz")
    assert app.workbench.rate_hz == 10
    preferences.edit("journal_rows", "50,000")
    assert app.workbench.look.journal_size == 50_000
    preferences.edit("theme", "dark")
    assert app.theme.dark
    preferences.edit("auto_off", "3")
    assert app.auto_off.minutes == 3


async def test_what_a_menu_chose_is_preferred_from_then_on(app: App) -> None:
    app.actions["rate-2"].trigger()
    app.actions["journal-200000"].trigger()
    app.actions["theme-dark"].trigger()
    values = app.preferences.values
    assert (values.graph_rate, values.journal_rows, values.theme) == ("2 Hz", "200,000", "dark")


async def test_zoom_makes_everything_larger_and_actual_size_takes_it_back(app: App) -> None:
    before = app.theme.scale
    app.actions["zoom-in"].trigger()
    app.actions["zoom-in"].trigger()
    assert app.theme.scale > before * 1.1
    assert app.window.toolbar.run_button.font().pixelSize() == app.theme.font("button").pixelSize()
    app.actions["zoom-out"].trigger()
    app.actions["zoom-reset"].trigger()
    assert app.theme.scale == pytest.approx(before)


async def test_zoom_stops_at_its_ends_and_leaves_ctrl_0_to_all_normal(app: App) -> None:
    app.preferences.put("text_size", "175 %")
    app.preferring.zoom(1)
    app.preferring.zoom(1)
    assert app.preferences.values.text_size == "200 %"
    keys = {spec.toString() for spec in app.actions["zoom-reset"].shortcuts()}
    assert "Ctrl+0" not in keys
    assert [key.toString() for key in app.actions["all-normal"].shortcuts()] == ["Ctrl+0"]


async def test_the_engine_preference_is_for_the_next_profile(app: App) -> None:
    assert app.session.place == "local"
    app.preferences.edit("engine", "child")
    app.preferences.edit("engine", "local")
    app.preferences.edit("engine", "child")
    assert app.session.place == "child"


async def test_the_sheet_by_keyboard(settings: QSettings, troubles: Troubles, qapp: QApplication) -> None:
    app = App(qapp, Arguments(engine="local", theme="light"), settings=settings)
    app.open()
    app.actions["preferences"].trigger()
    form = app.preferring.form.form
    assert not app.preferring.sheet.isHidden()
    inside = (w for kind in (QAbstractButton, QComboBox, QAbstractSpinBox, Segmented)
              for w in app.preferring.form.findChildren(kind))  # fmt: skip
    nameless = [
        w for w in inside if w.isVisible() and not QAccessible.queryAccessibleInterface(w).text(QAccessible.Text.Name)
    ]
    assert [f"{type(w).__name__} {w.objectName()}" for w in nameless] == []
    rate = form.editor("graph_rate").field
    rate.setFocus()
    QTest.keyClick(rate, Qt.Key.Key_Right)
    assert app.workbench.rate_hz == 10
    QTest.keyClick(app.preferring.sheet, Qt.Key.Key_Escape)
    assert app.preferring.sheet.isHidden()
    await app.aclose()


# --- auto-off


class Clock:
    def __init__(self) -> None:
        self.t = 1000.0

    def __call__(self) -> float:
        return self.t


async def test_auto_off_makes_all_normal_when_nobody_is_there(session: Session) -> None:
    await running(session, ("delay", "8"))
    clock, told = Clock(), list[str]()
    auto = AutoOff(session, told.append, session, clock)
    assert auto.left_s is None
    auto.minutes = 2
    clock.t += 60
    assert auto.left_s == pytest.approx(60)
    auto.look()
    assert not session.held
    auto.touch()
    clock.t += 121
    auto.look()
    await wait_until(lambda: session.held)
    assert "all is normal" in told[0]
    assert session.profile is not None
    assert session.profile.proxy("web").weight("delay") == 8
    assert auto.left_s is None


async def test_auto_off_counts_only_while_faults_are_on_and_is_on_in_the_demo(session: Session) -> None:
    await running(session)
    auto = AutoOff(session, lambda _: None, session, Clock())
    auto.minutes = 2
    assert auto.left_s is None
    session.edit(("proxies", "web", "mix", "delay"), Decimal(5), "")
    assert auto.left_s == 120
    auto.minutes = 0
    assert auto.left_s is None
    session.document.demo = True
    assert auto.left_s == DEMO_MIN * 60


def test_auto_off_leaves_engines_of_others_alone() -> None:
    session = SimpleNamespace(attached=True, document=SimpleNamespace(demo=False), acting=None)
    auto = AutoOff(cast("Session", session), lambda _: None)
    auto.minutes = 1
    assert auto.left_s is None


@pytest.mark.parametrize(("button", "leaves"), [("Cancel", False), ("Stop and quit", True)])
async def test_quitting_while_proxies_run_asks_where_that_is_preferred(
    settings: QSettings, troubles: Troubles, qapp: QApplication, button: str, leaves: bool
) -> None:
    app = App(qapp, Arguments(engine="local", theme="light"), settings=settings)
    app.open()
    app.preferences.edit("confirm_quit", "true")
    await running(app.session)
    ended: list[bool] = []
    app._end = lambda: ended.append(True)  # type: ignore[method-assign]
    app.actions["quit"].trigger()
    boxes: list[QMessageBox] = []
    # the adopted backend is no unsaved change, so this is the only question
    await wait_until(lambda: boxes.extend(b for b in app.window.findChildren(QMessageBox) if b.isVisible()) or boxes)
    next(b for b in boxes[0].buttons() if b.text().replace("&", "") == button).click()
    await wait_until(lambda: not app._leaving)
    assert bool(ended) is leaves
    await app.aclose()


# --- messages and the manual


def test_every_message_has_an_id_of_its_own_and_says_what_to_do() -> None:
    assert len({m.id for m in MESSAGES}) == len(MESSAGES)
    text = help_texts.messages()
    for message in MESSAGES:
        assert message.id in text
        assert advice(message.id) in text
        assert message.advice.endswith(".")


def test_the_manual_is_the_built_one_if_there_is_one_else_its_folder(tmp_path: Path) -> None:
    package = tmp_path / "vaurien_core"
    assert help_texts.manual(package) is None
    sources = tmp_path / "resources" / "manual"
    sources.mkdir(parents=True)
    assert help_texts.manual(package) == sources
    page = tmp_path / "build" / "manual" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("")
    assert help_texts.manual(package) == page
