"""Unsaved work outlives a crash, and a file that somebody else changed is never overwritten unasked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QPushButton

from vaurien_core.registry import Registry
from vaurien_gui import recovery
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.document import Document
from vaurien_gui.files import open_file, save_file
from vaurien_gui.presenters.proxies import new_profile

INI = "[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\nprotocol = http\nbehavior = 20:delay ; why\nseed = 3\n"
CRASH = """
import asyncio, os, signal, sys
from decimal import Decimal
from pathlib import Path
from PySide6.QtWidgets import QApplication
from vaurien_core.registry import Registry
from vaurien_gui.document import Document
from vaurien_gui.files import open_file, save_file
from vaurien_gui.presenters.proxies import new_profile
from vaurien_gui.recovery import Recovery
app = QApplication([])
document = Document()
open_file(document, Path(sys.argv[1]), Registry.builtin())
kept = Recovery(document, Registry.builtin(), Path(sys.argv[2]))
document.edit(("proxies", "default", "mix", "delay"), Decimal(35), "edit")
kept.keep()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "checkout.ini"
    made.write_text(INI)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recovery"


def crash(file: Path, folder: Path) -> None:
    """A window edits the file and is killed."""
    run = subprocess.run([sys.executable, "-c", CRASH, str(file), str(folder)], timeout=60, check=False)
    assert run.returncode == -signal.SIGKILL


@pytest.fixture
async def app(settings: QSettings, troubles: Troubles, qapp: QApplication, file: Path) -> AsyncIterator[App]:
    made = App(qapp, Arguments(engine="local"), settings=settings, reporter=CrashReporter(None))
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    yield made
    await made.aclose()


def press(app: App, text: str) -> None:
    next(b for b in app.window.offers.findChildren(QPushButton) if b.text() == text).click()


async def test_what_a_killed_window_had_not_saved_is_restored_as_changes(app: App, file: Path, folder: Path) -> None:
    crash(file, folder)
    app.open()
    assert app.window.offers.isVisible()
    assert "checkout.ini" in app.window.offers.text()
    press(app, "Restore")
    assert app.session.proxy is not None
    assert app.session.proxy.weight("delay") == 35
    assert app.session.document.modified
    assert app.session.document.path == file
    assert file.read_text() == INI
    await app.filing.save()
    assert file.read_text() == INI.replace("20:delay", "35:delay")
    assert not app.window.offers.isVisible()
    assert list(folder.glob("*.ini")) == []


async def test_a_recovered_profile_can_be_compared_and_thrown_away(app: App, file: Path, folder: Path) -> None:
    crash(file, folder)
    shown: list[str] = []
    app.offers._read = lambda title, text: shown.append(text)  # type: ignore[method-assign]
    app.open()
    press(app, "Compare")
    assert "-behavior = 20:delay ; why" in shown[0]
    assert "+behavior = 35:delay ; why" in shown[0]
    press(app, "Discard")
    assert not app.window.offers.isVisible()
    assert recovery.found(folder) == []


async def test_a_file_that_is_gone_or_broken_is_restored_as_an_untitled_one(app: App, file: Path, folder: Path) -> None:
    crash(file, folder)
    file.write_text("[vaurien\n")
    app.open()
    press(app, "Restore")
    assert app.session.document.path is None
    assert app.session.document.name == "checkout.ini"
    assert app.session.document.modified


async def test_what_a_variable_holds_is_not_written_with_a_profile_that_lost_its_file(
    app: App, file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAURIEN_TEST_BACKEND", "127.0.0.1:54321")
    file.write_text(INI.replace("backend = 127.0.0.1:9", "backend = ${VAURIEN_TEST_BACKEND}"))
    crash(file, folder)
    file.unlink()
    app.open()
    press(app, "Restore")
    assert app.session.proxy is not None
    assert app.session.proxy.backend == "127.0.0.1:54321"
    assert app.session.document.modified
    save_file(app.session.document, file, app.registry)
    assert "backend = ${VAURIEN_TEST_BACKEND}" in file.read_text()
    assert "54321" not in file.read_text()
    assert not app.session.document.modified


async def test_reading_a_recovered_profile_runs_no_code_that_it_names(app: App, tmp_path: Path, folder: Path) -> None:
    trace = tmp_path / "trace"
    (tmp_path / "hostile.py").write_text(f"open({str(trace)!r}, 'w')\nclass Evil: pass\n")
    file = tmp_path / "hostile.ini"
    file.write_text(INI + "[behavior:evil]\ncallable = hostile.Evil\n")
    crash(file, folder)
    app.open()
    press(app, "Restore")
    await app.session.settled()
    assert app.session.link is None
    assert [code.callable for code in app.session.code] == ["hostile.Evil"]
    assert not trace.exists()
    assert "hostile" not in sys.modules


def edited(file: Path, folder: Path) -> tuple[Document, recovery.Recovery]:
    document = Document()
    open_file(document, file, Registry.builtin())
    kept = recovery.Recovery(document, Registry.builtin(), folder)
    document.edit(("seed",), 9, "edit")
    return document, kept


def test_a_living_windows_copy_is_not_offered_and_only_its_owner_reads_it(
    qapp: QApplication, file: Path, folder: Path
) -> None:
    _, kept = edited(file, folder)
    kept.keep()
    (copy,) = folder.glob("*.ini")
    assert copy.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    assert recovery.found(folder) == []
    kept.close()
    assert list(folder.iterdir()) == []


def test_undoing_takes_the_copy_away_and_a_signal_leaves_it(qapp: QApplication, file: Path, folder: Path) -> None:
    document, kept = edited(file, folder)
    kept.keep()
    document.undo.undo()
    kept.keep()
    assert list(folder.iterdir()) == []
    document.undo.redo()
    kept.close(leave=True)
    assert [r.name for r in recovery.found(folder)] == ["checkout.ini"]


def test_broken_leftovers_and_a_folder_that_can_not_be_written_disturb_nobody(
    qapp: QApplication, file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "left"
    folder.mkdir()
    (folder / "1-a.ini").write_text("[vaurien]\n")
    (folder / "2-b.ini").write_text("[vaurien]\n")
    (folder / "2-b.json").write_text("{}")
    assert recovery.found(folder) == []
    assert list(folder.glob("*.ini")) == []
    blocked = tmp_path / "file"
    blocked.write_text("")
    _, kept = edited(file, blocked / "recovery")
    kept.keep()
    kept.close()


def test_an_untitled_profile_is_kept_too(qapp: QApplication, folder: Path) -> None:
    document = Document()
    document.replace(new_profile(), title="Untitled")
    kept = recovery.Recovery(document, Registry.builtin(), folder)
    document.edit(("seed",), 9, "edit")
    kept.close(leave=True)
    (left,) = recovery.found(folder)
    assert (left.name, left.path) == ("Untitled", None)


async def test_a_file_that_changed_on_disk_is_read_again_on_request(app: App, file: Path) -> None:
    app.open()
    app.filing.load(file)
    file.write_text(INI.replace("20:delay", "44:delay"))
    await wait_until(app.window.offers.isVisible)
    assert app.window.offers.text() == "checkout.ini changed on disk."
    press(app, "Reload")
    assert app.session.proxy is not None
    assert app.session.proxy.weight("delay") == 44
    assert not app.window.offers.isVisible()


async def test_keeping_mine_lets_saving_replace_what_is_on_disk(app: App, file: Path, troubles: Troubles) -> None:
    app.open()
    app.filing.load(file)
    app.session.edit(("seed",), 9, "edit")
    os.replace(_other(file, INI.replace("3", "4")), file)
    await wait_until(app.window.offers.isVisible)
    assert not await app.filing.save()
    assert "reload it, keep yours, or save as another file" in app.window.messages.text()
    shown: list[str] = []
    app.offers._read = lambda title, text: shown.append(text)  # type: ignore[method-assign]
    press(app, "Diff")
    assert "-seed = 4\n+seed = 9" in shown[0]
    press(app, "Keep mine")
    assert await app.filing.save()
    assert "seed = 9" in file.read_text()
    assert not app.window.offers.isVisible()


async def test_saving_here_is_no_change_of_somebody_else(app: App, file: Path) -> None:
    app.open()
    app.filing.load(file)
    app.session.edit(("seed",), 9, "edit")
    await app.filing.save()
    app.offers.look()
    assert not app.window.offers.isVisible()


def _other(file: Path, text: str) -> Path:
    other = file.with_suffix(".new")
    other.write_text(text)
    return other
