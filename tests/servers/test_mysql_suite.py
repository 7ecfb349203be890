"""PyMySQL's own test-suite, directly and through the proxy: the same tests pass.

Its source packages up to 0.10.1 ship the suite; it is run with the client that it came with.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from mysql_outcomes import say
from mysql_server import Server, mysql_server

from tests.cli.runs import running

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(600)]
__all__ = ["mysql_server"]
RELEASE = "PyMySQL==0.10.1"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked source package."""
    folder = tmp_path_factory.mktemp("pymysql")
    words = ["download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(folder), RELEASE]
    got = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, timeout=240)
    archives = list(folder.glob("*.tar.gz"))
    if not archives:
        pytest.skip(f"{RELEASE} can't be downloaded: {got.stderr.strip().splitlines()[-1:]}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def outcomes(suite: Path, port: int, server: Server) -> dict[str, str]:
    """What became of each test, from an empty database on."""
    with server.root() as root:
        for name in ("test1", "test2"):
            say(root, f"DROP DATABASE IF EXISTS {name}")
            say(root, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    place = {"host": "127.0.0.1", "user": "root", "passwd": "", "port": port, "local_infile": True}
    databases = [{**place, "db": "test1", "use_unicode": True}, {**place, "db": "test2"}]
    (suite / "pymysql" / "tests" / "databases.json").write_text(json.dumps(databases))
    report = suite / f"{port}.xml"
    words = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore",
        "-c",
        "/dev/null",
        "--rootdir",
        ".",
        f"--junitxml={report}",
    ]
    subprocess.run(
        [sys.executable, "-m", "pytest", *words, "pymysql/tests"],
        cwd=suite, env={"PATH": "/usr/bin:/bin", "USER": "root"}, capture_output=True, timeout=240,
    )  # fmt: skip
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        marks = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        found[f"{case.get('classname')}.{case.get('name')}"] = marks[0] if marks else "passed"
    return found


def test_the_clients_own_suite_ends_as_it_does_directly(mysql_server: Server, suite: Path) -> None:
    direct = outcomes(suite, mysql_server.port, mysql_server)
    backend = f"127.0.0.1:{mysql_server.port}"
    with running("--proxy", "127.0.0.1:0", "--backend", backend, "--protocol", "mysql", "--behavior", "0:error") as run:
        through = outcomes(suite, run.place[1], mysql_server)
    assert through == direct
    passed = [name for name, outcome in direct.items() if outcome == "passed"]
    assert len(passed) > 80, direct
