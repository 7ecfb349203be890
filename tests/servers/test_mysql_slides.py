"""The slides' line for MySQL, with only host and port changed, as a program of its own before MariaDB."""

from __future__ import annotations

import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mysql_server import Server, mysql_server, pymysql

from tests.cli.runs import running
from vaurien_core.cli.parser import read
from vaurien_core.profiles import load
from vaurien_core.proxy.draw import predict
from vaurien_core.registry import Registry

pytestmark = [pytest.mark.server]
__all__ = ["mysql_server"]
LINE = "vaurien --proxy 0.0.0.0:3307 --backend localhost:3306 --protocol mysql --behavior 5:hang"
SEED = 42
CLIENTS = 8
PATIENCE_S = 2
HELLO = b"\x03SET NAMES utf8mb4"
"""What PyMySQL says behind each login."""


@dataclass
class Client:
    """Says its statements one after the other; a connection that hangs is given up for a new one."""

    server: Server
    port: int
    hung: list[int] = field(default_factory=list)
    connects: int = 0
    connection: pymysql.Connection | None = None

    def run(self, numbers: range) -> Client:
        for number in numbers:
            self.ask(number)
        if self.connection is not None:
            self.connection._force_close()
        return self

    def ask(self, number: int) -> None:
        while self.connection is None:
            self.connects += 1
            try:
                self.connection = self.server.connect(self.port, read_timeout=PATIENCE_S, autocommit=None)
            except pymysql.err.OperationalError as error:
                assert "timed out" in str(error)
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(f"SELECT {number}")
                assert cursor.fetchall() == ((number,),)
        except pymysql.err.OperationalError as error:
            assert error.args[0] == 2013
            assert "timed out" in str(error)
            self.hung.append(number)
            self.connection = None


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=[pytest.mark.slow, pytest.mark.timeout(240)])])
def test_5_percent_hang_as_the_seed_predicts(mysql_server: Server, tmp_path: Path, count: int) -> None:
    words = shlex.split(LINE)[1:]
    words[words.index("--proxy") + 1] = "0.0.0.0:0"
    words[words.index("--backend") + 1] = f"localhost:{mysql_server.port}"
    registry = Registry.builtin()
    spec = load(None, registry, flags=read(words, registry).flags).profile.proxy("default")
    journal = tmp_path / "journal.jsonl"
    with running(*words, "--seed", SEED, "--journal", journal) as run:
        with ThreadPoolExecutor(CLIENTS) as pool:
            jobs = [
                pool.submit(Client(mysql_server, run.place[1]).run, range(n, count, CLIENTS)) for n in range(CLIENTS)
            ]
            clients = [job.result() for job in jobs]
        status, said = run.end()
    assert status == 0, said
    statements = [b"\x03SELECT %d" % n for n in range(count)]
    drawn = predict(spec, SEED, [*statements, *[HELLO] * sum(c.connects for c in clients)])
    wanted = [n for n in range(count) if drawn[n].rule == "hang"]
    assert sorted(n for c in clients for n in c.hung) == wanted
    assert 0.02 * count < len(wanted) < 0.09 * count
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    held = [e for e in entries if e["outcome"] == "held"]
    assert len(held) == sum(d.rule == "hang" for d in drawn)
    assert {e["rule"] for e in held} == {"hang"}
