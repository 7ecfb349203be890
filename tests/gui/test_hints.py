"""The hints of the first demo come to somebody who watches it, not over what somebody does meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Troubles
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from robot_journey import empty_home, window

from tests.support.robot import Robot
from vaurien_gui import hints


async def test_no_hint_lies_over_an_open_sheet_and_it_comes_with_the_next_demo(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication, troubles: Troubles,
    settings: QSettings,
) -> None:  # fmt: skip
    empty_home(tmp_path, monkeypatch)
    robot = Robot()
    async with window(qapp, place, troubles) as app:
        await robot.click("Start demo")
        await robot.sees("^Clients connect to ")
        await robot.click("Use my own backend")
        app.window.mix.show_mix(app.workbench.mix.panel())
        assert hints.show_once(app.theme, app.window, settings) is None
        await robot.press("Escape")
        app.workbench.mix.add("delay")
        app.workbench.show()
        callout = hints.show_once(app.theme, app.window, settings)
        assert callout is not None
        assert callout.isVisible()
