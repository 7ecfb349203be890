"""Another name for a rule: wherever the profile speaks of it, as one step, by keys, and in the engine and the file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtWidgets import QApplication
from robot_journey import empty_home, window

from tests.support.robot import Robot
from vaurien_core.model.change import Edit, edit_all
from vaurien_core.profiles import loads
from vaurien_core.registry import Registry
from vaurien_gui.models.rule_renaming import renaming

PROFILE = """\
; of the shop
[vaurien]
seed = 5

[proxy:web]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 5:pays, 10:delay, 20:slow ; ours

[proxy:api]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 7:pays

[behavior:pays]
type = error
match = POST /pay*

[behavior:slow]
type = delay

[scenario]
phases = calm, storm

[phase:calm]
duration = 5s

[phase:storm]
duration = 5s
behavior = 50:pays, 10:slow

[expect]
paid = pays@web >= 1
seen = pays.matched >= 2
slow = slow >= 1
"""


def test_mixes_phases_and_expectations_follow_and_nothing_else_changes(registry: Registry) -> None:
    before = loads(PROFILE, "shop.ini", registry).profile
    edits = [Edit(path, value) for path, value in renaming(before, "pays", "payment-fails")]
    after = edit_all(before, edits)
    assert "'pays" not in repr(after)
    wanted = re.sub(r"\bpays\b", "payment-fails", PROFILE)
    assert after == loads(wanted, "shop.ini", registry).profile
    back = [Edit(path, value) for path, value in renaming(after, "payment-fails", "pays")]
    assert edit_all(after, back) == before


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty_home(tmp_path, monkeypatch)


async def test_f2_in_its_row_renames_a_rule_and_undo_takes_it_back(
    place: str, tmp_path: Path, qapp: QApplication, troubles: Troubles
) -> None:
    robot, path = Robot(), tmp_path / "shop.ini"
    path.write_text(PROFILE)
    async with window(qapp, place, troubles) as app:
        app.filing.load(path)
        await app.session.settled()
        before = app.session.profile
        await robot.click("pays weight in percent")
        await robot.press("F2")
        await robot.type("New name of pays", "slow")
        await robot.sees("There is a rule named slow already.")
        await robot.type("New name of pays", "payment-fails")
        await robot.sees("^payment-fails weight$")
        assert not robot.shows("New name of pays")
        assert not robot.shows("pays weight")
        assert app.session.profile == loads(PROFILE.replace("pays", "payment-fails"), "shop.ini", app.registry).profile
        assert app.session.link is not None
        await app.session.link.drained()
        assert (await app.session.link.engine.profile()).profile == app.session.profile
        panel = app.workbench.mix.panel()
        assert panel is not None
        assert [row.behavior for row in panel.rows][:3] == ["payment-fails", "delay", "slow"]
        await robot.press("Ctrl+S")
        await wait_until(lambda: not app.window.isWindowModified())
        assert loads(path.read_text(), "shop.ini", app.registry).profile == app.session.profile
        assert path.read_text().startswith("; of the shop\n")
        assert "behavior = 5:payment-fails, 10:delay, 20:slow ; ours" in path.read_text()
        await robot.press("Ctrl+Z")
        assert app.session.profile == before
        await robot.sees("^pays weight$")
        await robot.press("Ctrl+S")
        await wait_until(lambda: not app.window.isWindowModified())
        assert loads(path.read_text(), "shop.ini", app.registry).profile == before


async def test_only_a_rule_of_the_profiles_own_can_be_renamed_and_an_open_row_stays_open(
    place: str, tmp_path: Path, qapp: QApplication, troubles: Troubles
) -> None:
    robot, path = Robot(), tmp_path / "shop.ini"
    path.write_text(PROFILE)
    async with window(qapp, place, troubles) as app:
        app.filing.load(path)
        await app.session.settled()
        await robot.click("Options of Delay")
        await robot.sees("^Remove Delay$")
        assert not robot.shows("Rename Delay")
        await robot.click("Options of slow")
        await robot.click("Rename slow")
        await robot.type("New name of slow", "crawl")
        await robot.sees("^Rename crawl$")
        assert app.session.document.undo.undoText() == "Rename rule slow to crawl"
        await robot.click("Rename crawl")
        await robot.press("Escape")
        assert not robot.shows("New name of crawl")
