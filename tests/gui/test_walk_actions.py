"""Every action, chosen from its menu by keys alone; what it opens is closed by Escape, and nobody complains."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings, Qt, QUrl
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from test_walk_menus import letter
from walking import described, no_complaint, on_top, put_away, running, walked

from vaurien_gui.actions import ACTIONS, BAR, ActionSpec
from vaurien_gui.app import App

OPENS = {
    "import-toxiproxy": "QFileDialog",
    "open": "QFileDialog", "save-as": "QFileDialog", "export": "Sheet", "preferences": "Sheet", "presets": "Sheet",
    "save-preset": "Sheet", "attach": "Sheet", "messages": "TextDialog", "shortcuts": "TextDialog",
    "behaviors": "TextDialog", "doctor": "TextDialog", "about": "TextDialog", "graphs-png": "QFileDialog",
    "graphs-png-2": "QFileDialog", "panel-png": "QFileDialog", "graphs-csv": "QFileDialog",
    "graphs-csv-all": "QFileDialog", "journal-export": "QFileDialog", "phase-proxy": "QMenu", "new": "QMessageBox",
    "validate": "TextDialog", "client-settings": "TextDialog", "verify": "VerifyDialog", "new-from-preset": "Sheet",
    "demo": "QMessageBox", "quit": "QMessageBox",
}  # fmt: skip
"""What lies over the window after an action; after all others nothing does."""
_EDITS = itertools.count()
NEVER_HERE = {"detach": "nothing is attached; test_attaching presses it"}


@pytest.fixture(params=["child", pytest.param("local", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest) -> str:
    place: str = request.param
    return place


@pytest.fixture
async def app(
    place: str, settings: QSettings, troubles: Troubles, qapp: QApplication, tmp_path: Path
) -> AsyncIterator[App]:
    async with walked(place, settings, troubles, qapp, tmp_path) as made:
        yield made


class Browser:
    """Stands for the desktop: what the window wanted it to open."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def openUrl(self, url: QUrl) -> bool:
        self.asked.append(url.toLocalFile())
        return True


async def prepare(app: App, key: str) -> None:
    """Bring the window into a state in which the action can be chosen: running, live, edited, all of it in sight."""
    session, bench, actions = app.session, app.workbench, app.actions
    for act, due in (("resume", session.held), ("start", not session.started), ("discard", session.applying.waiting)):
        if due and act != key:
            actions[act].trigger()
    if key != "mode-live":
        session.applying.set_mode("live")
    bench.mix.set_weight("delay", Decimal(1 + next(_EDITS) % 20))
    before: dict[str, Callable[[], object]] = {
        "start": session.stop, "resume": session.all_normal, "redo": session.document.undo.undo,
        "scale": lambda: session.edit(("proxies", "web", "mix", "error"), Decimal(99), "Too much"),
        "phase-down": lambda: bench.scenes.scenario.choose("0"), "phase-up": lambda: bench.scenes.scenario.choose("1"),
        "expectation-down": lambda: bench.scenes.expectations.choose("0"),
        "expectation-up": lambda: bench.scenes.expectations.choose("1"),
        "panel-up": lambda: bench.look.choose_panel("injected"),
        "panel-down": lambda: bench.look.choose_panel("injected"),
        "apply": lambda: stage(app), "discard": lambda: stage(app),
    }  # fmt: skip
    before.get(key, lambda: None)()
    if key == "open":
        assert await app.filing.save()  # else it asks about the changes first, as `new` does here
    async with asyncio.timeout(8):
        while not actions[key].isEnabled():
            await asyncio.sleep(0.01)


def stage(app: App) -> None:
    """An edit that waits."""
    app.session.applying.set_mode("staged")
    app.workbench.mix.set_weight("delay", Decimal(30))


async def choose(app: App, spec: ActionSpec) -> None:
    """Alt and a letter for the menu, a letter for the menu within it, a letter for the action."""
    QTest.keyClick(app.window, Qt.Key(ord(letter(BAR[spec.menu]).upper())), Qt.KeyboardModifier.AltModifier)
    menu = app.menus.menus[spec.menu]
    await seen(menu, f"Alt+{letter(BAR[spec.menu])} for {spec.id}")
    action = app.actions[spec.id]
    if spec.submenu:
        inner = next(a.menu() for a in menu.actions() if a.text() == spec.submenu)
        assert isinstance(inner, QMenu)
        press(menu, spec.submenu)
        await seen(inner, f"{spec.submenu} for {spec.id}")
        menu = inner
    assert action in menu.actions()
    chosen: list[QAction] = []
    menu.triggered.connect(chosen.append)
    press(menu, action.text())
    menu.triggered.disconnect(chosen.append)
    assert chosen == [action], f"{spec.id}: the letter of {action.text()!r} chose {[a.text() for a in chosen]}"


async def seen(menu: QMenu, how: str) -> None:
    """Wait for a menu."""
    try:
        await wait_until(menu.isVisible, within_s=2)
    except TimeoutError:
        focus = QApplication.focusWidget()
        pytest.fail(f"{how} opens nothing while {described(focus) if focus else 'nothing'} has the focus")


def press(menu: QMenu, text: str) -> None:
    QTest.keyClick(menu, Qt.Key(ord(letter(text).upper())))


async def walk(app: App, keys: list[str]) -> None:
    """Choose these actions one after the other."""
    specs = {spec.id: spec for spec in ACTIONS}
    for key in keys:
        await step(app, specs[key])


async def step(app: App, spec: ActionSpec) -> None:
    """Choose one action, look at what opens, close it."""
    key = spec.id
    try:
        await prepare(app, key)
        await choose(app, spec)
        if key in OPENS:
            async with asyncio.timeout(10):
                while not on_top(app):
                    await asyncio.sleep(0.01)
        else:
            await asyncio.sleep(0.02)
    except TimeoutError as late:
        raise AssertionError(f"{key} is not enabled, or opens nothing") from late
    closed = await put_away(app)
    assert [each.partition(":")[0] for each in closed] == ([OPENS[key]] if key in OPENS else []), f"{key}: {closed}"
    if (spec.check and not spec.choice) or key in ("full-screen", "panel-maximise"):  # back, as the next ones need it
        app.actions[key].trigger()
    if key == "scale":
        app.session.document.undo.undo()  # leaves room for the weights of the next steps
        app.session.document.undo.undo()


@pytest.mark.timeout(240)  # some hundred steps, seven seconds where nothing else runs
async def test_every_action_is_chosen_from_its_menu_by_keys(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running(app, tmp_path / "walk.ini")
    browser = Browser()
    for module in ("app", "tools"):
        monkeypatch.setattr(f"vaurien_gui.{module}.QDesktopServices", browser)
    keys = [spec.id for spec in ACTIONS if spec.id not in NEVER_HERE]
    with no_complaint():
        await walk(app, keys)
    assert len(browser.asked) == 2, browser.asked  # the manual, the folder of the log
