"""Pictures of the window's states, with real traffic: `python -m vaurien_gui.screens --out build/screens`.

Per theme: empty, normal, faults-on (two proxies, an option form open), export, presets, all-normal, error (a port that
is taken), and compact (960x600). They are looked at beside the drawings, and kept as artefacts of CI.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from vaurien_gui import stage

if TYPE_CHECKING:
    from vaurien_core.model.profile import Profile
    from vaurien_gui.app import App

THEMES = ("light", "dark")
MIX = (("delay", 10), ("error", 5), ("abort", 3), ("hang", 2))
RATE = 120.0
"""Requests a second: enough for smooth curves."""
SAMPLE_INI = """\
[vaurien]
seed = 42

[proxy:web]
proxy = 127.0.0.1:{web}
backend = 127.0.0.1:9
protocol = http
behavior = 0:delay, 0:error, 0:abort, 0:hang

[behavior:delay@web]
sleep = 300ms
jitter = 100ms

[proxy:orders-db]
proxy = 127.0.0.1:{db}
backend = 127.0.0.1:9
protocol = tcp
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Render all pictures; 0 when every one was written."""
    parser = argparse.ArgumentParser(prog="python -m vaurien_gui.screens", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("build/screens"), help="folder for the pictures")
    parser.add_argument("--engine", choices=("child", "local"), default="child", help="where the engine runs")
    parser.add_argument("--theme", choices=THEMES, action="append", help="only this theme (default: both)")
    parser.add_argument("--seconds", type=float, default=9.0, help="length of each half of the run (default: 9)")
    arguments = parser.parse_args(argv)
    stage.prepare()
    from vaurien_gui import loop

    for theme in arguments.theme or THEMES:
        run = _render(theme, arguments.out / theme, arguments.engine, arguments.seconds)
        for path in loop.run(stage.application(), run):
            sys.stdout.write(f"{path}\n")
            sys.stdout.flush()
    return 0


async def _render(theme: str, out: Path, engine: str, seconds: float) -> list[Path]:
    from vaurien_gui.arguments import Arguments

    made: list[Path] = []

    async def shoot(name: str) -> None:
        made.append(await stage.picture(app, out / f"{name}.png"))

    async with stage.window(stage.application(), Arguments(engine=engine, theme=theme)) as app:
        profile = await asyncio.to_thread(_profile)
        await shoot("empty")
        await _traffic(app, profile, "checkout-flaky.ini")
        await asyncio.sleep(seconds)
        await shoot("normal")
        weights = [(("proxies", "web", "mix", name), Decimal(weight)) for name, weight in MIX]
        app.session.edit_all(weights, "Set a mix")
        app.session.happen("Set a mix", "preset")
        app.window.mix.open_options("delay")
        await asyncio.sleep(seconds)
        await shoot("faults-on")
        app.sheets.show_export()
        await shoot("export")
        app.sheets.export.tabs.setCurrentIndex(2)
        await shoot("export-pytest")
        app.sheets.close()
        app.preset_sheets.show_list()
        await shoot("presets")
        app.preset_sheets.list_sheet.close_sheet()
        app.window.resize(960, 600)
        await shoot("compact")
        app.window.resize(1280, 800)
        app.session.all_normal()
        await asyncio.sleep(seconds / 2)
        await shoot("all-normal")
        await _fail(app, profile)
        await shoot("error")
    return made


async def _traffic(app: App, profile: Profile, title: str) -> None:
    session = app.session
    session.document.replace(profile, title=title)
    await session.settled()
    assert session.link is not None, session.lost
    backend = await session.link.engine.demo("backend")
    session.document.adopt([(("proxies", name, "backend"), backend) for name in ("web", "orders-db")])
    session.start()
    await session.link.drained()
    await session.link.engine.demo("traffic", proxy="web", rate=RATE)


async def _fail(app: App, profile: Profile) -> None:
    """Open it again while something else holds the port of one proxy, and type a wrong value."""
    from PySide6.QtCore import QEvent, Qt
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QApplication, QLineEdit

    session = app.session
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        session.document.replace(profile, title="checkout-flaky.ini")
        await session.settled()
        edits: list[tuple[tuple[str, ...], object]] = [(("proxies", "web", "proxy"), f"127.0.0.1:{port}")]
        edits += [(("proxies", "web", "mix", name), Decimal(weight)) for name, weight in MIX]
        session.document.adopt(edits)
        session.start()
        await stage.until(lambda: session.state and session.state.proxy("web").error, 5.0)
        app.window.mix.open_options("delay")
        field = app.window.mix.row("delay").form.editor("sleep").field
        typed = field.findChildren(QLineEdit)[0]
        typed.selectAll()
        typed.insert("-1 s")
        enter = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(field, enter)
        await stage.until(lambda: field.property("problem"), 5.0)


def _profile() -> Profile:
    from vaurien_core.profiles import loads
    from vaurien_core.registry import Registry

    ports: list[int] = []
    held = [socket.socket() for _ in range(2)]
    for each in held:
        each.bind(("127.0.0.1", 0))
        ports.append(each.getsockname()[1])
    for each in held:
        each.close()
    return loads(SAMPLE_INI.format(web=ports[0], db=ports[1]), "sample.ini", Registry.builtin()).profile


if __name__ == "__main__":
    sys.exit(main())
