"""Tools > Verify faults, in the real window: the table of a process of its own, and Cancel."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QProcess, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter


@pytest.fixture
async def app(settings: QSettings, troubles: Troubles, qapp: QApplication) -> AsyncIterator[App]:
    reporter = CrashReporter(None)
    made = App(qapp, Arguments(engine="local", theme="light"), settings=settings, reporter=reporter)
    reporter.show = lambda text, details: troubles.append(f"{text}\n{details}")
    made.open()
    yield made
    await made.aclose()


def _alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def test_the_table_is_shown_and_the_window_lives_on_meanwhile(app: App) -> None:
    verifying = app.tools.verifying
    verifying.words = ("blackout", "dummy")
    before = time.monotonic()
    app.actions["verify"].trigger()
    assert time.monotonic() - before < 0.5
    dialog = verifying.dialog
    assert dialog is not None
    assert dialog.isVisible()
    await wait_until(lambda: dialog.end.text() == "Close", 30)
    assert "blackout: ok" in dialog.text.toPlainText()
    assert "claimed" in dialog.text.toPlainText()
    assert dialog.progress.text() == "2 of 2 do what they claim."
    dialog.copy.click()
    assert QApplication.clipboard().text() == dialog.text.toPlainText()
    dialog.end.click()
    assert verifying.process is None
    await wait_until(lambda: verifying.dialog is None)


async def test_cancel_ends_the_process_at_once(app: App) -> None:
    verifying = app.tools.verifying
    app.actions["verify"].trigger()
    dialog, process = verifying.dialog, verifying.process
    assert dialog is not None
    assert process is not None
    await wait_until(lambda: process.state() == QProcess.ProcessState.Running)
    pid = process.processId()
    await wait_until(lambda: "/" in dialog.progress.text(), 30)
    app.actions["verify"].trigger()
    assert verifying.process is process
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    await wait_until(lambda: not _alive(pid))
    assert verifying.process is None


async def test_what_runs_ends_with_the_window(app: App) -> None:
    app.actions["verify"].trigger()
    process = app.tools.verifying.process
    assert process is not None
    await wait_until(lambda: process.state() == QProcess.ProcessState.Running)
    pid = process.processId()
    await app.aclose()
    assert not _alive(pid)


async def test_a_program_that_is_not_there_is_said(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vaurien_gui.verifying.command", lambda: ["/nowhere/vaurien", "verify"])
    app.actions["verify"].trigger()
    dialog = app.tools.verifying.dialog
    assert dialog is not None
    await wait_until(lambda: dialog.end.text() == "Close")
    assert dialog.progress.text().startswith("It could not start")
    dialog.end.click()
