"""Thousands of generated commands through `vaurien` at weight 0: the same results as directly."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mysql_drip import drip
from mysql_outcomes import say
from mysql_raw import BULK, Raw
from mysql_server import Server, mysql_server, pymysql
from mysql_traffic import LAST, Traffic

from tests.cli.runs import running
from vaurien_core.protocols.mysql.constants import COMMANDS, Cap

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
__all__ = ["mysql_server"]
REGISTER = 0x15
MULTI = pymysql.constants.CLIENT.MULTI_STATEMENTS
WAYS = {
    "as of old": {"flags": MULTI},
    "without EOF": {"flags": MULTI | Cap.DEPRECATE_EOF, "extended": BULK},
    "compressed": {"flags": MULTI, "compress": True, "extended": BULK},
    "compressed without EOF": {
        "flags": MULTI | Cap.DEPRECATE_EOF,
        "compress": True,
        "extended": BULK | Cap.CACHE_METADATA,
    },
}


def fresh(server: Server) -> None:
    with server.root() as root:
        say(root, "CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, status VARCHAR(50), body LONGBLOB) ENGINE = InnoDB")


def traffic(server: Server, port: int, way: str, seed: int, count: int, big: int = 0) -> Traffic:
    fresh(server)
    it = Traffic(lambda: Raw(server, port, **WAYS[way]), seed, big=big)
    it.run(count)
    return it


@contextmanager
def proxied(backend: int, journal: Path) -> Iterator[int]:
    words = ("--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{backend}", "--protocol", "mysql")
    with running(*words, "--behavior", "0:error", "--journal", journal, "--journal-all") as run:
        yield run.place[1]
        status, said = run.end()
        assert status == 0, said


def assert_same(through: Traffic, direct: Traffic) -> None:
    for number, (ours, theirs) in enumerate(zip(through.said, direct.said, strict=True)):
        assert ours == theirs, number
    assert through.times == direct.times


def opaque(journal: Path) -> Counter[str]:
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    assert not [e for e in entries if e["rule"]]
    return Counter(e["outcome"] for e in entries if e["outcome"].startswith("opaque"))


@pytest.mark.parametrize("way", WAYS)
def test_a_few_hundred_operations(mysql_server: Server, tmp_path: Path, way: str) -> None:
    direct = traffic(mysql_server, mysql_server.port, way, 5, 120)
    with proxied(mysql_server.port, tmp_path / "j") as port:
        through = traffic(mysql_server, port, way, 5, 120)
    assert_same(through, direct)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_thousands_of_operations_of_every_command(mysql_server: Server, tmp_path: Path, way: str) -> None:
    direct = traffic(mysql_server, mysql_server.port, way, 7, 2600, big=3)
    journal = tmp_path / "j"
    with proxied(mysql_server.port, journal) as port:
        through = traffic(mysql_server, port, way, 7, 2600, big=3)
    assert_same(through, direct)
    assert len(through.said) == 2600
    unframed = sum(through.times[command] for command in LAST if command != REGISTER)
    assert opaque(journal) == {"opaque: a replication stream": unframed}
    assert {name: through.times[byte] for byte, (name, _) in COMMANDS.items() if through.times[byte] < 20} == {}


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("way", ["without EOF", "compressed"])
def test_bytes_that_come_one_by_one(mysql_server: Server, tmp_path: Path, way: str, size: int) -> None:
    direct = traffic(mysql_server, mysql_server.port, way, 11, 40)
    with drip(mysql_server.port, size) as behind, proxied(behind, tmp_path / "j") as port, drip(port, size) as before:
        through = traffic(mysql_server, before, way, 11, 40)
    assert_same(through, direct)
