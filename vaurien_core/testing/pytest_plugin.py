"""The pytest plugin: a fixture `vaurien` that starts proxies for one test and ends them behind it.

Registered as an entry point, so every suite of an environment with Vaurien in it has the fixture. A test that fails
shows what its proxies did: the last lines of their journals.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from vaurien_core.model.events import Entry
    from vaurien_core.testing.running import Running

SHOWN = 20
"""Journal lines of a failed test."""
_KEY = pytest.StashKey["Vaurien"]()


class Vaurien:
    """What the fixture gives. Owned by it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.runs: list[Running] = []

    def start(self, profile: str | Path | None = None, **flags: object) -> Running:
        """Start proxies; they end with the test.

        Args:
            profile: an INI file; a relative path is meant from the test's folder.
            flags: options of the command line, as in `testing.running`.

        Raises:
            ValueError: they could not start; says why.
        """
        from vaurien_core.testing.running import Running, command_line

        started = Running(command_line(self._folder / profile if profile is not None else None, flags))
        self.runs.append(started)
        return started

    def close(self) -> None:
        """End all of them."""
        while self.runs:
            self.runs.pop().close()


@pytest.fixture
def vaurien(request: pytest.FixtureRequest) -> Iterator[Vaurien]:
    """Starts proxies for this test: `proxies = vaurien.start("profile.ini")`."""
    made = request.node.stash[_KEY] = Vaurien(request.path.parent)
    yield made
    made.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the proxies of a failed test did."""
    report = yield
    made = item.stash.get(_KEY, None)
    if made is not None and call.when == "call" and call.excinfo is not None:
        for number, run in enumerate(made.runs, 1):
            report.sections.append((f"vaurien {number}, seed {run.seed}", _shown(run)))
    return report


def _shown(run: Running) -> str:
    try:
        entries = run.journal()
    except Exception as error:
        return f"no journal: {error}"
    head = f"{len(entries)} exchanges were touched by a fault or ended badly"
    return "\n".join([head if entries else "no fault was injected", *(_line(e) for e in entries[-SHOWN:])])


def _line(entry: Entry) -> str:
    what = f"{entry.rule or 'no rule'}: {entry.outcome}"
    return f"{entry.at[11:23]}  {entry.proxy} #{entry.conn}.{entry.ex}  {entry.label}  {what}"
