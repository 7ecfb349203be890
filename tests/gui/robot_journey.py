"""From nothing to a fault that a real client feels, out of the window, and into processes of their own: by a robot."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.support import fresh
from tests.support.fresh import Broken, Client, Outcomes
from tests.support.robot import Robot
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter

MOST_ACTIONS = 8
WEIGHT = "40"


def empty_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of nobody yet: no settings, no recent files."""
    home = folder / "home"
    home.mkdir()
    for name in ("VAURIEN_GUI_STATE", "VAURIEN_PRESETS", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    return home


@asynccontextmanager
async def window(qt: QApplication, place: str, troubles: list[str]) -> AsyncIterator[App]:
    """The window as it starts without arguments."""
    app = App(qt, Arguments(engine=place), reporter=CrashReporter(None))
    app.reporter.show = lambda text, details: troubles.append(f"{text}\n{details}")
    app.session.trouble.connect(lambda text, details: troubles.append(text))
    app.open()
    try:
        yield app
    finally:
        await app.aclose()


async def break_own_backend(robot: Robot, backend: str) -> int:
    """Every hand that it takes, from the first page on; the port for clients."""
    await robot.click("New profile")
    await robot.type("Backend", backend)
    await robot.click("Start")
    said = await robot.sees("Clients connect to ")
    await robot.click("Add behavior…")
    await robot.click("Error")
    await robot.type("Error weight in percent", WEIGHT)
    await robot.sees("^Faults on")
    await robot.sees("The engine has it")
    return int(said.rpartition(":")[2])


def felt(outcomes: Outcomes) -> int:
    """How many of the answers were no answer of the backend's."""
    return sum(1 for outcome in outcomes.values() if not outcome.startswith("ok"))


async def journalled(app: App) -> Broken:
    """What the window's engine broke."""
    assert app.session.link is not None
    await app.session.link.drained()
    entries = await app.session.link.engine.journal(0, 10_000)
    return fresh.broken(entry for entry in entries if entry.kind == "exchange")


async def export(robot: Robot, ci: Path) -> str:
    """The line on the clipboard, pytest file and INI in the folder."""
    await robot.click("Export for CI")
    await robot.click("Command")
    await robot.click("Copy")
    await robot.sees("Copied Command")
    line = QApplication.clipboard().text()
    for tab, name in (("pytest", "test_checkout.py"), ("INI", "saved.ini")):
        await robot.click(tab)
        await robot.click("Save as…")
        await robot.type("File name", str(ci / name))
        await robot.sees(f"Saved {name}")
    await robot.click("Done")
    return line.splitlines()[0]


async def in_fresh_processes(
    line: str, ci: Path, client: Client, own: Callable[[str], str] = lambda text: text
) -> Sequence[tuple[Outcomes, Broken]]:
    """The line, then the INI; and the pytest file has passed, with what `own` makes of it."""
    file = ci / "test_checkout.py"
    file.write_text(own(file.read_text()))
    ran = await asyncio.to_thread(fresh.run_pytest, ci)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout
    of_ini = f"vaurien-gui --headless --config {shlex.quote(str(ci / 'saved.ini'))}"
    return [await asyncio.to_thread(fresh.run_line, each, ci, client) for each in (line, of_ini)]
