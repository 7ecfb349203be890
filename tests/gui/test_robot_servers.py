"""The robot's way with each real server: from an empty home to a fault that a real client feels, and on into CI."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Troubles
from PySide6.QtWidgets import QApplication
from robot_journey import (
    MOST_ACTIONS,
    WAYS,
    Server,
    empty_home,
    export,
    felt,
    in_fresh_processes,
    journalled,
    table,
    window,
)

from tests.servers import mysql_server
from tests.servers.nginx_server import nginx
from tests.servers.redis_server import redis_server
from tests.support.fresh import Broken
from tests.support.robot import Robot
from tests.support.robot_clients import HELLO, ask_http, ask_mysql, ask_redis

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(180)]


@contextmanager
def shop(kind: str, folder: Path) -> Iterator[Server]:
    if kind == "nginx":
        with nginx(folder, locations=HELLO) as port:
            yield Server("http", f"127.0.0.1:{port}", ask_http)
    elif kind == "redis":
        with redis_server() as server:
            yield Server("redis", server.address, ask_redis)
    else:
        with mysql_server.running() as server:
            yield Server("mysql", f"127.0.0.1:{server.port}", ask_mysql)


def program_with_login(text: str, broken: Broken) -> str:
    """The user's own program in the place that the file names for it, and what it is to find."""
    assert text.count("connect(place)  # your program here") == 1
    text = text.replace("import socket", "import socket\nfrom tests.support.robot_clients import HELLO, ask_mysql", 1)
    text = text.replace("connect(place)  # your program here", "ask_mysql(place.port)")
    return text + (
        '    entries = proxies.journal(proxy="default")\n'
        f"    assert sorted((e.label, e.rule, e.outcome) for e in entries if e.rule) == {broken!r}\n"
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["nginx", "redis", "mariadb"])
async def test_an_own_server_breaks_after_at_most_eight_actions_and_in_ci_as_in_the_window(
    place: str, kind: str, way: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch, qapp: QApplication, troubles: Troubles,
) -> None:  # fmt: skip
    empty_home(tmp_path, monkeypatch)
    robot, ci, folder = Robot(), tmp_path / "ci", tmp_path_factory.mktemp("server")
    ci.mkdir()
    with shop(kind, folder) as there:
        async with window(qapp, place, troubles) as app:
            listening = await WAYS[way](robot, there)
            assert len(robot.actions) <= MOST_ACTIONS, robot.actions
            print(f"\n{kind}, {way}: {len(robot.actions)} actions: {'; '.join(robot.actions)}")
            got = await asyncio.to_thread(there.client, listening)
            assert felt(got)
            broken = await journalled(app)
            line = await export(robot, ci)
        own = program_with_login if kind == "mariadb" else lambda text, broken: text
        runs = await in_fresh_processes(line, ci, there.client, lambda text: own(text, broken))
    for outcomes, found in runs:
        assert outcomes == got
        assert found == broken
    assert table(ci) <= {(label, rule) for label, rule, _ in broken}
    assert kind == "mariadb" or table(ci)
