"""From the real window to files and the clipboard with mouse and keys; what was exported then runs by itself."""

from __future__ import annotations

import ast
import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox, QPushButton

from tests.acceptance import traffic
from tests.acceptance.headless import exchanges
from vaurien_core.profiles.export import TARGETS
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.export_actions import FORMS

ROOT = Path(__file__).parents[2]
MIX = {"delay": 12, "error": 10, "abort": 8}
PROFILE = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:{port}
protocol = http
seed = 11

[behavior:delay]
sleep = 1ms ; short
"""


@pytest.fixture
async def app(place: str, settings: QSettings, troubles: Troubles, qapp: QApplication) -> AsyncIterator[App]:
    made = App(qapp, Arguments(engine=place), settings=settings, reporter=CrashReporter(None))
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    made.open()
    yield made
    await made.aclose()


def click_tab(app: App, title: str) -> None:
    tabs = app.sheets.export.tabs
    index = next(i for i in range(tabs.count()) if tabs.tabText(i) == title)
    QTest.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(index).center())


async def answer_dialog(app: App, path: Path) -> None:
    """Type where to save."""
    await wait_until(lambda: [d for d in app.window.findChildren(QFileDialog) if d.isVisible()])
    dialog = next(d for d in app.window.findChildren(QFileDialog) if d.isVisible())
    field = dialog.findChildren(QLineEdit)[0]
    field.selectAll()
    QTest.keyClicks(field, str(path))
    for _ in range(5):  # the first Return may only close the names that are offered for completion
        QTest.keyClick(field, Qt.Key.Key_Return)
        with suppress(TimeoutError):
            await wait_until(lambda: not app.window.findChildren(QFileDialog), 2.0)
            return
    raise AssertionError("the dialog stays open")


async def set_mix(app: App) -> None:
    for behavior, percent in MIX.items():
        app.workbench.mix.add(behavior)
        app.workbench.show()
        slider = app.window.mix.row(behavior).slider
        for _ in range(percent):
            QTest.keyClick(slider, Qt.Key.Key_Up)


def run_pytest(folder: Path) -> subprocess.CompletedProcess[str]:
    plugin = ("-p", "vaurien_core.testing.pytest_plugin", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder), *plugin, str(folder)],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip


async def run_line(line: str, folder: Path, paths: list[str]) -> dict[str, str]:
    """What the pasted line breaks of these requests; `vaurien-gui` is this checkout's."""
    programs = folder / "bin"
    programs.mkdir()
    script = programs / "vaurien-gui"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vaurien_gui "$@"\n')
    script.chmod(0o755)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{programs}:{os.environ['PATH']}"}
    shell = await asyncio.create_subprocess_shell(
        f"exec {line.splitlines()[0]} --journal journal.jsonl",
        cwd=folder, env=env, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert shell.stdout is not None
    ready = (await asyncio.wait_for(shell.stdout.readline(), 20)).decode()
    port = int(ready.split("default=")[1].split()[0].rpartition(":")[2])
    await traffic.run(port, paths, clients=6, order=2)
    shell.send_signal(signal.SIGTERM)
    await asyncio.wait_for(shell.communicate(), 20)
    return {str(e["label"]): str(e["rule"]) for e in exchanges(folder / "journal.jsonl") if e["rule"]}


def in_ci(line: str, folder: Path, paths: list[str]) -> dict[str, str]:
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(run_line(line, folder, paths))


async def test_what_the_sheet_gives_finds_the_faults_of_the_window(app: App, tmp_path: Path) -> None:
    profile = tmp_path / "checkout flaky.ini"
    ci = tmp_path / "ci"
    ci.mkdir()
    async with traffic.backend() as port:
        profile.write_text(PROFILE.format(port=port))
        app.filing.load(profile)
        await app.session.settled()
        await set_mix(app)
        QTest.mouseClick(app.window.toolbar.export_button, Qt.MouseButton.LeftButton)
        assert app.sheets.export.isVisible()
        click_tab(app, "Command")
        QTest.mouseClick(app.sheets.export.copy_button, Qt.MouseButton.LeftButton)
        line = QApplication.clipboard().text()
        click_tab(app, "pytest")
        QTest.mouseClick(app.sheets.export.save_button, Qt.MouseButton.LeftButton)
        await answer_dialog(app, ci / "test_checkout.py")
        await wait_until(lambda: (ci / "test_checkout.py").exists())
        QTest.keyClick(QApplication.focusWidget() or app.window, Qt.Key.Key_Escape)
        table = next(
            ast.literal_eval(node.value)
            for node in ast.parse((ci / "test_checkout.py").read_text()).body
            if isinstance(node, ast.Assign) and "FAULTS" in ast.unparse(node)
        )
        paths = [f"/vaurien/{n}" for n in range(1, 61)]
        assert app.session.link is not None
        QTest.mouseClick(app.window.toolbar.run_button, Qt.MouseButton.LeftButton)
        await wait_until(lambda: app.session.state and app.session.state.proxy("default").bound)
        await app.session.link.drained()
        assert app.session.state is not None
        bound = int(app.session.state.proxy("default").bound.rpartition(":")[2])
        await traffic.run(bound, paths, clients=4, order=1, patience_s=5)
        entries = await app.session.link.engine.journal(0, 1000)
        in_window = {e.label: e.rule for e in entries if e.kind == "exchange" and e.rule}
        ran = await asyncio.to_thread(run_pytest, ci)
        found = await asyncio.to_thread(in_ci, line, ci, paths)
    assert set(in_window.values()) == set(MIX)
    assert ran.returncode == 0, ran.stdout
    assert table
    assert table.items() <= in_window.items()
    assert found == in_window
    assert profile.read_text() == PROFILE.format(port=port)  # nobody asked for it to be saved
    assert app.session.document.path == profile
    assert app.session.document.modified


async def test_a_pytest_file_without_a_saved_profile_saves_it_beside(app: App, tmp_path: Path) -> None:
    QTest.mouseClick(app.window.empty.findChildren(QPushButton)[0], Qt.MouseButton.LeftButton)
    app.actions["new"].trigger()
    await wait_until(lambda: app.session.profile is not None and not app.session.document.demo)
    await app.session.settled()
    app.actions["export"].trigger()
    click_tab(app, "pytest")
    QTest.keyClick(app.sheets.export.save_button, Qt.Key.Key_Space)
    await answer_dialog(app, tmp_path / "test_it.py")
    await wait_until(lambda: (tmp_path / "test_it.py").exists())
    assert app.session.document.path == tmp_path / "profile.ini"
    assert not app.session.document.modified
    assert 'PROFILE = "profile.ini"' in (tmp_path / "test_it.py").read_text()


async def test_another_profile_of_that_name_is_replaced_only_when_that_is_said(app: App, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "theirs").mkdir()
    theirs = tmp_path / "theirs" / "shop.ini"
    theirs.write_text("; theirs\n[vaurien]\n")
    (tmp_path / "mine" / "shop.ini").write_text(PROFILE.format(port=9))
    app.filing.load(tmp_path / "mine" / "shop.ini")
    await app.session.settled()
    app.actions["export"].trigger()
    for answer, written in (("Cancel", False), ("Replace", True)):
        click_tab(app, "Compose")
        QTest.mouseClick(app.sheets.export.save_button, Qt.MouseButton.LeftButton)
        await answer_dialog(app, tmp_path / "theirs" / "compose.yaml")
        await wait_until(lambda: app.window.findChildren(QMessageBox))
        (box,) = app.window.findChildren(QMessageBox)
        button = next(b for b in box.buttons() if b.text().replace("&", "") == answer)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        await wait_until(lambda: not app.window.findChildren(QMessageBox))
        await wait_until(lambda wanted=written: (tmp_path / "theirs" / "compose.yaml").exists() == wanted)
        assert (theirs.read_text() != "; theirs\n[vaurien]\n") == written
    assert theirs.read_text() == PROFILE.format(port=9)


def test_the_menu_has_every_form() -> None:
    assert {t.key: t.title for t in TARGETS} == FORMS


async def test_copy_as_gives_every_form_and_one_proxy_alone(app: App, tmp_path: Path) -> None:
    path = tmp_path / "two.ini"
    path.write_text(
        "[proxy:web]\nprotocol = http\nbackend = 127.0.0.1:1\nbehavior = 5:delay ; why\n\n"
        "[proxy:db]\nproxy = localhost:0\nbackend = 127.0.0.1:2\n\n"
        "[expect]\nweb = delay@web >= 1\ndb = exchanges@db >= 1\n"
    )
    app.filing.load(path)
    await app.session.settled()
    copied = {}
    for key in ("ini", "command", "pytest", "compose", "workflow", "proxy"):
        app.actions[f"copy-{key}"].trigger()
        copied[key] = QApplication.clipboard().text()
        assert app.toast.isVisible()
    assert copied["ini"] == path.read_text()
    assert copied["command"].startswith("vaurien-gui --headless --config two.ini\n")
    assert "def test_web_" in copied["pytest"]
    assert copied["compose"].startswith("# two.ini in a container")
    assert "actions/setup-python" in copied["workflow"]
    assert copied["proxy"] == (
        "[proxy:web]\nprotocol = http\nbackend = 127.0.0.1:1\nbehavior = 5:delay ; why\n\n"
        "[expect]\nweb = delay@web >= 1\n"
    )
