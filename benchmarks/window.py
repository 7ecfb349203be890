"""Opens the window with a profile and presses Start, as a user does, until SIGTERM. Called by `subjects.opened`.

With a second argument its loop is watched from SIGUSR1 on, and SIGUSR2 has the worst stall and the journal's rows
written to that file.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from pathlib import Path

from PySide6.QtCore import Qt, QTimer

from vaurien_gui import loop, stage
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.collecting import Collecting

TICK_MS = 5
SETTLED_S = 1.0


class Stalls:
    """The longest times between two ticks of the loop since `begin`, in ms."""

    def __init__(self) -> None:
        self._timer = QTimer(interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self.cpu_ms = self.wall_ms = self._cpu = self._wall = 0.0

    def begin(self) -> None:
        """Watch."""
        self.cpu_ms = self.wall_ms = 0.0
        self._cpu, self._wall = time.thread_time(), time.perf_counter()
        self._timer.start()

    def end(self) -> None:
        """Watch no more."""
        self._timer.stop()

    def _tick(self) -> None:
        cpu, wall = time.thread_time(), time.perf_counter()
        self.cpu_ms = max(self.cpu_ms, (cpu - self._cpu) * 1000)
        self.wall_ms = max(self.wall_ms, (wall - self._wall) * 1000)
        self._cpu, self._wall = cpu, wall


async def tell(app: App, stalls: Stalls, told: Path) -> None:
    """Write the figures once no more rows come."""
    stalls.end()
    rows, before = app.workbench.journal.rows, -1
    while before != (before := rows.total + rows.dropped + rows.skipped):  # noqa: ASYNC110 - rows have no event
        await asyncio.sleep(SETTLED_S)
    figures = {
        "stall CPU ms": stalls.cpu_ms, "stall ms": stalls.wall_ms, "rows": rows.total,
        "rows dropped": rows.dropped + rows.skipped,
    }  # fmt: skip
    told.with_suffix(".new").write_text(json.dumps(figures))
    told.with_suffix(".new").replace(told)


async def watch(profile: str, told: str = "") -> None:
    """Show it, start it, wait."""
    ended, here = asyncio.Event(), asyncio.get_running_loop()
    here.add_signal_handler(signal.SIGTERM, ended.set)
    arguments = Arguments(profile=Path(profile), engine="child", theme="light")
    async with stage.window(stage.application(), arguments) as app:
        Collecting(app.session)
        app.session.start()
        if told:
            stalls = Stalls()
            here.add_signal_handler(signal.SIGUSR1, stalls.begin)
            here.add_signal_handler(signal.SIGUSR2, lambda: app.spawn(tell(app, stalls, Path(told))))
        await ended.wait()


if __name__ == "__main__":
    stage.prepare()
    loop.run(stage.application(), watch(*sys.argv[1:]))
