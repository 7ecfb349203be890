"""The set of pictures: a few of them at once, all of them in the slow tier. No lint may find anything."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conftest import Troubles
from PySide6.QtGui import QImage

from vaurien_gui.screens.camera import Camera, Shot
from vaurien_gui.screens.set import Set, opened
from vaurien_gui.screens.story import stories

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def here(tmp_path: Path, troubles: Troubles, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Set]:
    monkeypatch.setenv("VAURIEN_RUNTIME", str(tmp_path / "runtime"))
    async with opened(tmp_path, "light", "child", 2.0) as made:
        made.app.session.trouble.connect(lambda text, details: troubles.append(text))
        yield made


async def test_a_few_pictures_of_the_real_window_over_real_traffic_have_no_fault(here: Set, tmp_path: Path) -> None:
    camera = Camera(tmp_path / "out", "light", ((1280, 800), (960, 600)))
    await camera.take(here.app, Shot("empty"))
    await here.perform()
    await here.break_it()
    here.app.window.mix.open_options("delay")
    await asyncio.sleep(here.seconds)
    await camera.take(here.app, Shot("faults-on"), here.meter)
    assert camera.faults == []
    assert here.meter is not None
    assert here.meter.counted("vaurien_exchanges", 1.5) > 50, "the graphs were held against real traffic"
    sizes = {path.parent.name: QImage(str(path)).size().toTuple() for path in camera.made}
    assert sizes == {"light": (1280, 800), "light-960x600": (960, 600)}
    assert len(camera.made) == 4


async def test_a_fault_on_screen_fails_the_set(here: Set, tmp_path: Path) -> None:
    camera = Camera(tmp_path / "out", "light")
    here.app.window.empty.children()
    here.app.window.status.setFixedHeight(4)
    await camera.take(here.app, Shot("empty"))
    assert any("empty: " in fault for fault in camera.faults)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("scale", ["1", "2"])
@pytest.mark.parametrize("story", list(stories()))
def test_the_whole_set_has_no_fault(story: str, scale: str, theme: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vaurien_gui.screens", "--theme", theme, "--scale", scale, "--story", story]
    ran = subprocess.run(
        [*command, "--out", str(tmp_path), "--seconds", "4"], cwd=ROOT, env=os.environ | {"QT_SCALE_FACTOR": scale},
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    faults = [line for line in ran.stdout.splitlines() if line.startswith("FAULT")]
    assert (faults, ran.returncode) == ([], 0), ran.stderr[-2000:]
    assert list(tmp_path.glob(f"{theme}*/*.png"))
