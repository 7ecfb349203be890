"""Every dialog and sheet there is: opened, named, walked through by Tab, closed by Escape; none is forgotten here."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QDialog
from test_walk_controls import faults
from walking import no_complaint, on_top, put_away, running, walked

import vaurien_gui
from vaurien_gui.app import App
from vaurien_gui.views import dialogs
from vaurien_gui.views.sheet import Sheet

Opens = Callable[[App], object]
OPENS: dict[str, Opens] = {
    "export": lambda app: app.actions["export"].trigger(),
    "own backend": lambda app: app.sheets.show_own_backend(),
    "presets": lambda app: app.actions["presets"].trigger(),
    "new from preset": lambda app: app.preset_sheets.show_new(),
    "save preset": lambda app: app.actions["save-preset"].trigger(),
    "attach": lambda app: app.actions["attach"].trigger(),
    "preferences": lambda app: app.actions["preferences"].trigger(),
    "details": lambda app: app.sheets.read("Details", "What happened, at length."),
    "verify": lambda app: app.actions["verify"].trigger(),
    "open": lambda app: app.spawn(dialogs.ask_open(app.window, Path.cwd())),
    "import": lambda app: app.spawn(dialogs.ask_import(app.window, Path.cwd())),
    "save as": lambda app: app.spawn(dialogs.ask_save_as(app.window, Path.cwd() / "x.ini")),
    "unsaved changes": lambda app: app.spawn(dialogs.ask_save(app.window, "x.ini")),
    "quit": lambda app: app.spawn(dialogs.ask_quit(app.window)),
    "replace": lambda app: app.spawn(dialogs.ask_replace(app.window, "x.ini", Path.cwd())),
    "stop remote": lambda app: app.spawn(app.attaching.stop_remote()),
}
MADE_BY = {
    "_ask_file": ("open", "save as"), "ask_open": ("open",), "ask_import": ("import",), "ask_save_as": ("save as",),
    "ask_save": ("unsaved changes",), "ask_quit": ("quit",), "ask_replace": ("replace",),
    "stop_remote": ("stop remote",), "box_of": ("quit", "replace"), "VerifyDialog": ("verify",), "start": ("verify",),
    "TextDialog": ("details",), "read": ("details",),
}  # fmt: skip
"""The functions and classes of the window that make a dialog, and where the walk opens it."""


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


@pytest.mark.parametrize("name", OPENS)
async def test_it_opens_is_walked_through_and_closes_by_escape(app: App, tmp_path: Path, name: str) -> None:
    with no_complaint():
        await running(app, tmp_path / "walk.ini")
        OPENS[name](app)
        await wait_until(lambda: on_top(app))
        top = on_top(app)[0]
        if isinstance(top, QDialog):
            top.activateWindow()
            await wait_until(top.isActiveWindow)
        assert top.accessibleName() or top.windowTitle(), "it has no title"
        found = faults(top)
        closed = await put_away(app)
        await asyncio.sleep(0)
    assert not found, "\n".join(found)
    assert len(closed) == 1


async def test_each_form_of_the_export_is_turned_to_by_keys(app: App, tmp_path: Path) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    with no_complaint():
        await running(app, tmp_path / "walk.ini")
        app.actions["export"].trigger()
        seen = []
        for _ in range(app.sheets.export.tabs.count()):
            focus = QApplication.focusWidget()
            assert focus is not None
            seen.append(app.sheets.export.tabs.tabText(app.sheets.export.tabs.currentIndex()))
            QTest.keyClick(focus, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
        await put_away(app)
    assert len(set(seen)) == 5, seen


def test_no_dialog_is_missing_from_the_walk() -> None:
    makers: set[str] = set()
    for path in sorted(Path(vaurien_gui.__file__).parent.rglob("*.py")):
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _makes_dialog(node):
                makers.add(node.name)
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Dialog") for base in node.bases):
                makers.add(node.name)
    assert makers <= set(MADE_BY), f"not opened by this walk: {makers - set(MADE_BY)}"
    assert {name for names in MADE_BY.values() for name in names} <= set(OPENS)


async def test_no_sheet_is_missing_from_the_walk(app: App) -> None:
    sheets = set(app.window.findChildren(Sheet))
    opened: set[Sheet] = set()
    await _new(app)
    for opens in OPENS.values():
        opens(app)
        await asyncio.sleep(0.05)
        opened |= {top for top in on_top(app) if isinstance(top, Sheet)}
        await put_away(app)
    assert sheets <= opened, [sheet.accessibleName() for sheet in sheets - opened]


async def _new(app: App) -> None:
    app.actions["new"].trigger()
    await wait_until(lambda: app.session.profile is not None)


def _makes_dialog(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function calls the class of a dialog."""
    calls = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    return any(ast.unparse(call).endswith(("Dialog", "QMessageBox", "box_of")) for call in calls)
