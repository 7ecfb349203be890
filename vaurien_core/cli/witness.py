"""Who watches a run for its report: counters over time, and a tally of the journal."""

from __future__ import annotations

import asyncio
from pathlib import Path

from vaurien_core.cli import reports
from vaurien_core.cli.html import Series, Tally, render
from vaurien_core.cli.html.series import EVERY_S
from vaurien_core.engine.local import LocalEngine


class Witness:
    """Made before the engine starts, on its loop; writes the report's files into its folder at the end."""

    def __init__(self, folder: Path, engine: LocalEngine) -> None:
        self._folder = folder
        self._tally = Tally()
        self._series = Series()
        self._engine = engine
        self._timer: asyncio.TimerHandle | None = None
        engine.on_entry(self._tally.add)

    def start(self) -> None:
        """The proxies listen: look at the counters from now on."""
        self._series.add(self._engine.sample_now())
        self._timer = asyncio.get_running_loop().call_later(EVERY_S, self.start)

    def write(self, run: reports.Run) -> None:
        """Write all but the journal.

        Raises:
            UsageError: a file can't be written.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._series.add(self._engine.sample_now(), last=True)
        reports.write(self._folder, run, render(run, self._series, self._tally))
