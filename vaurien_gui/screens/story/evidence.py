"""What is seen: journal and trace, scenario, expectations, and the graphs in all their forms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from PySide6.QtCore import Qt

from vaurien_gui.scenes import EXPECTATIONS, JOURNAL, SCENARIO
from vaurien_gui.screens.camera import Shot
from vaurien_gui.screens.set import Set

MORE = """
[scenario]
phases = calm, slow, outage, recovered
repeat = 2

[phase:calm]
for = 6s

[phase:slow]
for = 20s
behavior = 40:delay, 5:error
ramp = 10s

[phase:outage]
for = 15s

[phase:outage@web]
behavior = 100:error

[phase:recovered]
for = 30s

[behavior:error@web]
error = 503

[expect]
traffic came = exchanges@web >= 100
backend is well = backend_errors@web < 10
nobody waits = latency.p99@web <= 250ms
"""


async def story(here: Set) -> AsyncIterator[Shot]:
    """See the module."""
    app, window = here.app, here.app.window
    journal = window.journal
    await here.perform(name="orders.ini")
    yield Shot("scenes-first-rows")
    journal.show_tab(SCENARIO)
    yield Shot("scenario-empty")
    journal.show_tab(EXPECTATIONS)
    yield Shot("expectations-empty")
    journal.show_tab(JOURNAL)
    await here.break_it()
    await asyncio.sleep(here.seconds)
    rows = app.workbench.journal.rows
    entries = ((n, rows.entry(n)) for n in range(rows.rowCount()))
    hit = next((n for n, entry in entries if entry is not None and entry.behavior), 0)
    journal.show_row(hit)
    yield Shot("journal-trace")
    journal.table.clearSelection()
    journal.focus_filter()
    journal._filter.setText("nothing has this in it")
    await asyncio.sleep(0.4)
    yield Shot("journal-filtered")
    journal._filter.clear()
    async for shot in _graphs(here):
        yield shot
    await here.close()
    await here.perform(more=MORE, name="orders-failover.ini")
    await asyncio.sleep(here.seconds)
    await asyncio.sleep(max(0.0, 10.0 - here.seconds))
    journal.show_tab(SCENARIO)
    yield Shot("scenario")
    journal.show_tab(EXPECTATIONS)
    yield Shot("expectations")
    app.actions["tab-log"].trigger()
    yield Shot("log")
    journal.show_tab(JOURNAL)


async def _graphs(here: Set) -> AsyncIterator[Shot]:
    app, window = here.app, here.app.window
    graphs, look = window.graphs, here.app.workbench.look
    app.workbench._note("Deployed 2.4 to staging", None)
    await asyncio.sleep(0.3)
    graphs.board.setFocus(Qt.FocusReason.TabFocusReason)
    graphs.board.go_to_marker(-1)
    graphs.board.go_to_marker(-1)
    yield Shot("crosshair")
    graphs.board.set_cross(None)
    graphs.toggle_pause()
    await asyncio.sleep(1.2)
    yield Shot("paused")
    graphs.toggle_pause()
    app.workbench.toggle_table()
    yield Shot("data-table")
    app.workbench.toggle_table()
    hidden = list(look.look.panels.hidden)
    for key in hidden:
        look.toggle_panel(key)
    yield Shot("all-panels")
    for key in hidden:
        look.toggle_panel(key)
    look.maximise("latency")
    yield Shot("latency-alone")
    look.maximise("latency")
