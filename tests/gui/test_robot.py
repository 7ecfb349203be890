"""A robot with nothing but mouse and keys, from an empty home: the demo moves, an own server breaks, CI alike."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from conftest import Troubles
from PySide6.QtWidgets import QApplication
from robot_journey import (
    MOST_ACTIONS,
    Server,
    by_a_new_profile,
    empty_home,
    export,
    felt,
    in_fresh_processes,
    journalled,
    window,
)

from tests.servers.nginx_server import nginx
from tests.support.robot import Robot
from tests.support.robot_clients import HELLO, ask_http

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return empty_home(tmp_path, monkeypatch)


async def test_from_an_empty_home_the_demos_graphs_move_within_ten_seconds(
    place: str, home: Path, qapp: QApplication, troubles: Troubles
) -> None:
    robot = Robot()
    began = time.monotonic()
    async with window(qapp, place, troubles):
        await robot.click("Start demo")
        await robot.sees(r"^Exchanges [1-9]")
        pictures = {robot.picture("Throughput")}
        while len(pictures) < 4:
            await asyncio.sleep(0.05)
            pictures.add(robot.picture("Throughput"))
        moving = time.monotonic() - began
        await robot.sees(r"^Faults on")
        broken = time.monotonic() - began
    assert robot.actions == ["click Start demo"]
    assert moving < 10, f"the graphs moved after {moving:.1f} s"
    print(f"\n{place}: graphs moved after {moving:.1f} s, faults were on after {broken:.1f} s")


@pytest.mark.server
@pytest.mark.parametrize("place", ["child"])
async def test_an_own_nginx_breaks_after_at_most_eight_actions_and_in_ci_as_in_the_window(
    place: str, home: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, qapp: QApplication,
    troubles: Troubles,
) -> None:  # fmt: skip
    robot, ci = Robot(), tmp_path / "ci"
    ci.mkdir()
    with nginx(tmp_path_factory.mktemp("nginx"), locations=HELLO) as port:
        async with window(qapp, place, troubles) as app:
            listening = await by_a_new_profile(robot, Server("http", f"127.0.0.1:{port}", ask_http))
            assert len(robot.actions) <= MOST_ACTIONS, robot.actions
            got = await asyncio.to_thread(ask_http, listening)
            assert felt(got)
            broken = await journalled(app)
            line = await export(robot, ci)
        for outcomes, found in await in_fresh_processes(line, ci, ask_http):
            assert outcomes == got
            assert found == broken
