"""What all tests share: Hypothesis profiles, an offscreen Qt, the `gui` mark, and the count of real servers."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import real

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")
os.environ.setdefault("PYTEST_QT_API", "pyside6")

_SLOW_MACHINE = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("default", deadline=None, max_examples=60, suppress_health_check=_SLOW_MACHINE)
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True, print_blob=True)
settings.register_profile("fuzz", parent=settings.get_profile("default"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))

COLLECTIONS = 50
"""Tests between two collections of everything, each a tenth of a second."""
_GUI = Path(__file__).parent / "gui"
_ASKED = pytest.StashKey[bool]()
_RAN = pytest.StashKey[set[str]]()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Where windows are tested, garbage is collected in their thread only, as in the program (`gui.collecting`)."""
    if "PySide6.QtWidgets" in sys.modules:
        gc.disable()
        gc.collect(2 if gc.get_count()[2] >= COLLECTIONS else 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything under tests/gui needs PySide6."""
    for item in items:
        if item.path.is_relative_to(_GUI):
            item.add_marker(pytest.mark.gui)


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count real servers."""
    config.stash[_ASKED] = False
    config.stash[_RAN] = set()
    config.pluginmanager.register(_RealServers(config), "real-servers")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A report carries which real servers its process has run so far, also from a worker to its controller."""
    report = yield
    report.user_properties = [*report.user_properties, (real.PROPERTY, real.so_far())]
    return report


class _RealServers:
    """Sums up; in the process that prints."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what a report says."""
        stash = self._config.stash
        stash[_ASKED] = stash[_ASKED] or "server" in report.keywords
        for name, value in report.user_properties:
            if name == real.PROPERTY:
                stash[_RAN].update(filter(None, str(value).split(",")))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """On CI nothing may be missing that tests asked for."""
        if session.exitstatus == 0 and self._config.stash[_ASKED] and real.on_ci() and real.missing():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """`real servers: n of n ran`."""
        if not (self._config.stash[_ASKED] or self._config.stash[_RAN]):
            return
        lines = real.summary(self._config.stash[_RAN])
        for line in lines:
            terminalreporter.write_line(line)
        if real.on_ci() and self._config.stash[_ASKED] and real.missing():
            terminalreporter.write_line("On CI all of them must be there.", red=True)
