"""A database failover as a scenario: what a pool of PyMySQL connections to MariaDB sees, and in which order."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mysql_server import Server, mysql_server, pymysql

from tests.acceptance.headless import headless
from tests.support.timing import slack

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]
__all__ = ["mysql_server"]
PROFILE = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:{port}
protocol = mysql
seed = 7

[scenario]
phases = serving, shutting-down, refused, read-only, serving
start = first-exchange

[phase:serving]
for = {seconds}s

[phase:shutting-down]
for = {seconds}s
behavior = 100:shutdown

[phase:refused]
for = {seconds}s
state = down

[phase:read-only]
for = {seconds}s
behavior = 100:read-only

[behavior:shutdown]
type = error
error = shutdown

[behavior:read-only]
type = error
error = read-only
"""
BORDER_S = 0.25
"""What was asked just before a phase began may be answered this much after it."""
CUT = {2006, 2013}
"""The connection was lost: it was open when the proxy went down."""
NAMES = {0: "success", 1053: "shutdown", 2003: "refused", 1290: "read-only"}
ORDER = ["success", "shutdown", "refused", "read-only", "success"]


@dataclass
class Seen:
    """What one statement of the pool came to."""

    at: float
    code: int


class Pool:
    """A few connections that threads take turns with; a broken one is thrown away and made anew when it is needed."""

    def __init__(self, server: Server, port: int, size: int) -> None:
        self._server, self._port = server, port
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.seen: list[Seen] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(size)]
        for _ in range(size):
            self._idle.put(None)

    def run(self, seconds: float) -> list[Seen]:
        """Write for so long."""
        for thread in self._threads:
            thread.start()
        time.sleep(seconds)
        self._ended.set()
        for thread in self._threads:
            thread.join(20)
        while not self._idle.empty():
            if (connection := self._idle.get()) is not None:
                connection.close()
        return sorted(self.seen, key=lambda seen: seen.at)

    def _work(self, number: int) -> None:
        while not self._ended.is_set():
            connection, code = self._idle.get(), 0
            try:
                if connection is None:
                    connection = self._server.connect(self._port, autocommit=True)
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE orders SET status = %s WHERE id = %s", (str(time.time()), number))
            except pymysql.err.Error as error:
                code = error.args[0] or 2013
                if code != 1290:
                    if connection is not None:
                        connection._force_close()
                    connection = None
            self.seen.append(Seen(time.monotonic(), code))
            self._idle.put(connection)
            time.sleep(0.005)


def spells(seen: list[Seen]) -> list[tuple[str, float, float]]:
    """Each thing that the pool saw for a while: what, from when, until when. Cut connections aside."""
    found: list[tuple[str, float, float]] = []
    for each in seen:
        if each.code in CUT:
            continue
        name = NAMES.get(each.code, str(each.code))
        late = next(
            (n for n, (other, _, end) in enumerate(found[:-1]) if other == name and each.at - end < BORDER_S), None
        )
        if found and found[-1][0] == name:
            found[-1] = (name, found[-1][1], each.at)
        elif late is None:
            found.append((name, each.at, each.at))
    return found


async def fail_over(server: Server, folder: Path, seconds: float, size: int) -> float:
    """Play it against a pool; how late a phase began at most."""
    profile, journal = folder / "p.ini", folder / "journal.jsonl"
    profile.write_text(PROFILE.format(port=server.port, seconds=seconds))
    async with headless("--config", str(profile), "--journal", str(journal), "--journal-all") as run:
        pool = Pool(server, run.ports["default"], size)
        seen = await asyncio.to_thread(pool.run, 5 * seconds)
    assert [name for name, _, _ in spells(seen)] == ORDER
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    _named(lines, seen)
    begun = [line["t"] for line in lines if line["kind"] == "change" and line["text"].startswith("phase ")]
    assert len(begun) == 5
    late = [t - begun[0] - n * seconds for n, t in enumerate(begun)]
    assert min(late) > -0.001, "no phase begins early"
    return max(late)


def _named(lines: list[dict[str, Any]], seen: list[Seen]) -> None:
    """The journal says of every exchange in which phase it began, and nothing was broken in another one."""
    exchanges = [line for line in lines if line["kind"] == "exchange"]
    phases = {"serving", "shutting-down", "refused", "read-only"}
    assert {line["scenario"] for line in exchanges} <= phases
    cut = {line["outcome"] for line in exchanges if line["scenario"] == "refused"}
    assert cut <= {"stopped", "client left"}, cut
    where = {rule: {x["scenario"] for x in exchanges if x["outcome"] == f"{rule} injected"} for rule in ORDER}
    assert where["shutdown"] == {"shutting-down"}
    assert where["read-only"] == {"read-only"}
    for code, rule in ((1053, "shutdown"), (1290, "read-only")):
        injected = sum(line["outcome"] == f"{rule} injected" for line in exchanges)
        assert injected == sum(each.code == code for each in seen), "each one that the pool saw, and no other"
    assert {x["scenario"] for x in exchanges if x["label"].startswith("UPDATE") and not x["rule"]} == {"serving"}


async def within(server: Server, folder: Path, seconds: float, size: int) -> None:
    """At best of three, every phase begins within 20 ms of the plan; all else holds each time."""
    late = []
    for attempt in range(3):
        place = folder / str(attempt)
        place.mkdir()
        late.append(await fail_over(server, place, seconds, size))
        if late[-1] < 0.020:
            return
    assert min(late) < 0.020 + slack(), late


async def test_a_pool_sees_shutdown_refused_read_only_success_in_this_order(
    mysql_server: Server, tmp_path: Path
) -> None:
    await within(mysql_server, tmp_path, 0.7, 3)


@pytest.mark.slow
async def test_a_larger_pool_sees_a_long_failover_in_the_same_order(mysql_server: Server, tmp_path: Path) -> None:
    await within(mysql_server, tmp_path, 4, 8)
