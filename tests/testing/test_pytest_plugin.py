"""The fixture `vaurien`, in suites of its own."""

from __future__ import annotations

import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.cli.runs import echo

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]
INSTALLED = any(point.value == "vaurien_core.testing.pytest_plugin" for point in entry_points(group="pytest11"))
ARGUMENTS = () if INSTALLED else ("-p", "vaurien_core.testing.pytest_plugin")
PROFILE = """
[vaurien]
proxy = 127.0.0.1:0
backend = {backend}
behavior = 100:blackout
seed = 3
"""
SUITE = """
    import socket

    def touch(place):
        with socket.create_connection((place.host, place.port), timeout=10) as client:
            client.sendall(b"hello")
            assert client.recv(10) == b""

    def test_it_starts_a_profile_of_its_folder(vaurien):
        proxies = vaurien.start("p.ini")
        touch(proxies.address())
        assert [e.behavior for e in proxies.journal()] == ["blackout"]

    def test_that_fails(vaurien):
        proxies = vaurien.start("p.ini", seed=9)
        touch(proxies.address())
        assert False, "because"
"""


def test_a_suite_starts_proxies_and_a_failing_test_shows_what_they_did(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(SUITE)
    with echo() as backend:
        pytester.makefile(".ini", p=PROFILE.format(backend=backend))
        result = pytester.runpytest_subprocess(*ARGUMENTS, "-p", "no:cacheprovider", timeout=60)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*vaurien 1, seed 9*", "1 exchanges were touched*", "*default #1.1  exchange 1  blackout: closed"]
    )


def test_the_entry_point_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert declared["project"]["entry-points"]["pytest11"] == {"vaurien": "vaurien_core.testing.pytest_plugin"}
