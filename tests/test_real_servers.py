"""The line at the end of a run that says how many of the real servers ran, and what CI makes of a missing one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = """
import pytest
from tests.support import real

@pytest.mark.server
def test_one():
    real.ran("nginx")

@pytest.mark.server
def test_other():
    real.ran("curl")
    real.ran("nginx")

@pytest.mark.server
def test_that_lacks_it():
    real.need("Redis")

def test_without():
    pass
"""
ALL_THERE = "from tests.support import real\nreal.find = lambda name: name\n"
NO_REDIS = "from tests.support import real\nreal.find = lambda name: None if name == 'Redis' else name\n"


def run(folder: Path, conftest: str, *arguments: str, ci: bool = False) -> tuple[int, str]:
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_them.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = server\n  gui\n")
    env = {**{k: v for k, v in os.environ.items() if k != "CI" and not k.startswith("PYTEST")}, "PYTHONPATH": str(ROOT)}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    env |= {"CI": "true"} if ci else {}
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-q", *arguments]
    done = subprocess.run([*command, str(folder)], cwd=folder, env=env, capture_output=True, text=True, timeout=50)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")], ids=["one process", "workers"])
def test_it_counts_those_that_ran_over_all_processes(tmp_path: Path, workers: tuple[str, ...]) -> None:
    code, said = run(tmp_path, ALL_THERE, *workers)
    assert code == 0, said
    assert "real servers: 2 of 6 ran" in said
    assert "  Redis: not asked for" in said


def test_a_missing_one_skips_with_the_line_to_install_it(tmp_path: Path) -> None:
    code, said = run(tmp_path, NO_REDIS, "-rs")
    assert code == 0, said
    assert "SKIPPED" in said
    assert "Redis is missing: apt-get install redis-server" in said
    assert "  Redis: missing, apt-get install redis-server" in said


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")], ids=["one process", "workers"])
def test_on_ci_a_missing_one_fails_the_run(tmp_path: Path, workers: tuple[str, ...]) -> None:
    code, said = run(tmp_path, NO_REDIS, *workers, ci=True)
    assert code == 1, said
    assert "On CI all of them must be there." in said
    assert run(tmp_path, ALL_THERE, *workers, ci=True)[0] == 0
    assert run(tmp_path, NO_REDIS, *workers, "-k", "without", ci=True)[0] == 0, "it needs none"


def test_a_run_without_such_tests_says_nothing_of_them(tmp_path: Path) -> None:
    assert "real servers" not in run(tmp_path, ALL_THERE, "-k", "without")[1]
