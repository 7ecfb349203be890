"""From nothing to a fault that a real client feels, out of the window, and into processes of their own: by a robot."""

from __future__ import annotations

import ast
import asyncio
import re
import shlex
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
TITLES = {"redis": "Redis", "mysql": "MySQL"}


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


@dataclass(frozen=True)
class Server:
    """One that runs, and who asks it."""

    protocol: str
    address: str
    client: Client


async def by_a_new_profile(robot: Robot, server: Server) -> int:
    """From the first page, with a URL; the port for clients."""
    await robot.click("New profile")
    await robot.type("Backend", f"{server.protocol}://{server.address}")
    await robot.click("Start")
    return await break_it(robot)


async def by_the_demo(robot: Robot, server: Server) -> int:
    """From the demo to the sheet for a backend of one's own, without knowing that it takes URLs."""
    await robot.click("Start demo")
    demo = await robot.sees("^Clients connect to ")
    await robot.click("Use my own backend")
    await robot.type("Backend", server.address)
    if server.protocol != "http":
        await robot.click(f"Switch to {TITLES[server.protocol]}")
    await robot.click("Start")
    return await break_it(robot, f"(?!{re.escape(demo)})")


WAYS = {"new profile": by_a_new_profile, "demo": by_the_demo}


async def break_it(robot: Robot, other: str = "") -> int:
    """An error for some; the port for clients, which is another one than `other` speaks of."""
    said = await robot.sees(f"^{other}Clients connect to ")
    await robot.click("Add behavior…")
    await robot.click("Error")
    await robot.type("Error weight in percent", WEIGHT)
    await robot.sees("^Faults on")
    await robot.sees("The engine has it")
    return int(said.rpartition(":")[2])


def table(ci: Path) -> set[tuple[str, str]]:
    """Which of its requests the exported test file expects to be broken by which rule."""
    body = ast.parse((ci / "test_checkout.py").read_text()).body
    faults = (n.value for n in body if isinstance(n, ast.Assign) and "FAULTS" in ast.unparse(n.targets[0]))
    return set(next((ast.literal_eval(value) for value in faults), {}).items())


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
