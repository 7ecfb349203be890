"""File > New from preset, by the robot: by keys, by the card of the first page, and never over what is unsaved."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtWidgets import QApplication
from robot_journey import empty_home, window

from tests.support.robot import Robot
from vaurien_gui.presenters.new_from_preset import NewFromPreset
from vaurien_gui.presenters.presets import PresetsPresenter


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty_home(tmp_path, monkeypatch)


async def test_keys_alone_make_a_profile_for_the_protocol_of_its_preset(
    place: str, qapp: QApplication, troubles: Troubles
) -> None:
    robot = Robot()
    async with window(qapp, place, troubles) as app:
        await wait_until(app.window.isActiveWindow)
        await robot.press("Ctrl+Shift+N")
        await robot.type("Search presets", "deadlock")
        await robot.sees("^Preset: Deadlocks$")
        assert len(robot.actions) == 2
        spec = app.session.proxy
        assert spec is not None
        assert (spec.name, spec.protocol, spec.backend) == ("default", "mysql", "127.0.0.1:3306")
        assert spec.mix
        await app.session.settled()
        assert app.session.link is not None
        assert (await app.session.link.engine.profile()).profile == app.session.profile
        await robot.press("Ctrl+Shift+N")
        await robot.press("Escape")
        assert app.session.proxy == spec


async def test_the_card_of_the_first_page_offers_every_preset_and_what_is_unsaved_is_asked_about(
    place: str, qapp: QApplication, troubles: Troubles
) -> None:
    robot = Robot()
    async with window(qapp, place, troubles) as app:
        await robot.click("From preset…")
        await robot.click("Flaky network")
        await robot.sees("It begins with")
        await robot.click("Create")
        await robot.sees("^Preset: Flaky network$")
        await robot.type("Delay weight in percent", "1")
        weights = app.session.proxy
        await robot.click("File")
        await robot.click("New from preset…")
        await robot.click("Greylisting")
        await robot.click("Create")
        await robot.click("Cancel")
        assert app.session.proxy == weights
        await robot.click("Create")
        await robot.click("Discard")
        await robot.sees("^Preset: Greylisting$")
        assert app.session.proxy is not None
        assert app.session.proxy.protocol == "smtp"


async def test_every_preset_makes_a_profile_that_follows_it(place: str, qapp: QApplication, troubles: Troubles) -> None:
    async with window(qapp, place, troubles) as app:
        beginning = NewFromPreset(app.session, app.registry, app.workbench.presets.folder)
        beginning.begin()
        names = [item.name for item in beginning.form().items]
        assert len(names) > 10
        for name in names:
            beginning.choose(name)
            form, made = beginning.form(), beginning.profile()
            assert made is not None
            assert form.applicable and form.changes
            first = made.proxies[0]
            assert first.mix or first.toxics or first.state != "up" or made.scenario
            assert all(isinstance(rule.weight, Decimal) for rule in made.proxies[0].mix)
            app.session.document.replace(made)
            assert isinstance(app.workbench.presets, PresetsPresenter)
            title = next(item.title for item in form.items if item.name == name)
            assert app.workbench.presets.followed() == title
        beginning.search("no such words")
        assert beginning.profile() is None
        assert beginning.form().remark == "No preset has these words."
