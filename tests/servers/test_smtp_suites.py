"""The client library's own tests pass through the proxy as they do directly."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


def suite(way: str) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.servers.smtplib_suite", way],
        capture_output=True, text=True, timeout=100, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.skipif(
    importlib.util.find_spec("test") is None or importlib.util.find_spec("test.test_smtplib") is None,
    reason="this Python comes without its tests: apt-get install libpython3-testsuite",
)
def test_the_tests_of_smtplib_pass_through_the_proxy():
    directly, through = suite("directly"), suite("through")
    assert directly["failed"] == through["failed"] == []
    assert (through["ran"], through["skipped"]) == (directly["ran"], directly["skipped"])
    assert through["proxies"] > 40
    assert through["exchanges"] > 150
