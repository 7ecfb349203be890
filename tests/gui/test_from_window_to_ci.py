"""What was set with the sliders, saved and run headless breaks the same requests in the same way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.acceptance import traffic
from tests.acceptance.headless import exchanges, headless
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter

PERCENT = {"delay": 7, "error": 6, "abort": 4, "blackout": 3}
PATHS = [f"/items/{n}" for n in range(500)]


@pytest.fixture
async def app(place: str, settings: QSettings, troubles: Troubles, qapp: QApplication) -> AsyncIterator[App]:
    made = App(qapp, Arguments(engine=place), settings=settings, reporter=CrashReporter(None))
    made.session.trouble.connect(lambda text, details: troubles.append(text))
    made.open()
    yield made
    await made.aclose()


def has_row(app: App, behavior: str) -> bool:
    try:
        app.window.mix.row(behavior)
    except KeyError:
        return False
    return True


async def press(app: App, behavior: str, percent: int) -> None:
    """Move a slider by hand."""
    if app.session.profile and not any(r.behavior == behavior for r in app.session.profile.proxies[0].mix):
        app.workbench.mix.add(behavior)
        await wait_until(lambda: has_row(app, behavior))
    slider = app.window.mix.row(behavior).slider
    for _ in range(percent):
        QTest.keyClick(slider, Qt.Key.Key_Up)


def in_ci(profile: Path, journal: Path) -> dict[str, str]:
    """The same file and requests, headless, from a thread of its own."""

    async def run() -> None:
        async with headless("--config", str(profile), "--journal", str(journal)) as found:
            await traffic.run(found.ports["default"], PATHS, clients=12, order=2)

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(run())
    return {str(line["label"]): str(line["behavior"]) for line in exchanges(journal) if line["behavior"]}


async def test_ci_injects_what_the_window_injected(app: App, tmp_path: Path) -> None:
    profile = tmp_path / "made-by-hand.ini"
    async with traffic.backend() as port:
        profile.write_text(
            f"[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:{port}\nprotocol = http\nseed = 11\n"
            "[behavior:delay]\nsleep = 1ms ; short\n"
        )
        app.filing.load(profile)
        await app.session.settled()
        for behavior, percent in PERCENT.items():
            await press(app, behavior, percent)
        assert app.session.link is not None
        app.session.start()
        await wait_until(lambda: app.session.state and app.session.state.proxy("default").bound)
        await app.session.link.drained()
        assert app.session.state is not None
        bound = int(app.session.state.proxy("default").bound.rpartition(":")[2])
        await traffic.run(bound, PATHS, clients=4, order=1, patience_s=5)
        entries = await app.session.link.engine.journal(0, 10_000)
        in_window = {e.label: e.behavior for e in entries if e.kind == "exchange" and e.behavior}
        app.actions["save"].trigger()
        await wait_until(lambda: not app.session.document.modified)
        assert "behavior = 7:delay, 6:error, 4:abort, 3:blackout" in profile.read_text()
        in_headless = await asyncio.to_thread(in_ci, profile, tmp_path / "journal.jsonl")
    assert set(in_window.values()) == set(PERCENT)
    assert in_headless == in_window
