"""The first minutes: nothing open, the demo with its hints, a backend of one's own, preferences, doctor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from PySide6.QtWidgets import QDialog

from vaurien_gui import stage
from vaurien_gui.screens.camera import Shot
from vaurien_gui.screens.set import Set
from vaurien_gui.views.callout import Callout


async def story(here: Set) -> AsyncIterator[Shot]:
    """See the module."""
    app, window = here.app, here.app.window
    yield Shot("empty")
    for name in ("checkout-flaky.ini", "orders-failover.ini", "redis-hang.ini"):
        path = here.folder / name
        path.write_text("[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\n", encoding="utf-8")
        app.filing._remember(path)
    yield Shot("empty-recent")
    app.attaching.show()
    yield Shot("attach")
    app.attaching.sheet.close_sheet()
    app.run_demo()
    await stage.until(lambda: window.findChild(Callout), 20.0)
    await asyncio.sleep(here.seconds)
    callout = window.findChild(Callout)
    for step in range(1, 4):
        yield Shot(f"first-run-{step}")
        if isinstance(callout, Callout):
            callout.next()
    app.sheets.show_own_backend()
    yield Shot("own-backend")
    app.sheets.own_values.set_backend("127.0.0.1:1")
    app.sheets.own_values.probe("127.0.0.1:1")
    await asyncio.sleep(1.2)
    yield Shot("own-backend-refused")
    app.sheets.close()
    app.preferring.show()
    yield Shot("preferences")
    app.preferring.sheet.close_sheet()
    await app.sheets.doctor()
    async for shot in reading(here, "doctor"):
        yield shot
    for action, name in (("shortcuts", "shortcuts"), ("about", "about"), ("behaviors", "behaviors")):
        app.actions[action].trigger()
        async for shot in reading(here, name):
            yield shot


async def reading(here: Set, name: str) -> AsyncIterator[Shot]:
    """The text that was just opened; closed afterwards."""
    dialogs = [d for d in here.app.window.findChildren(QDialog) if d.isVisible()]
    yield Shot(name, dialogs[-1] if dialogs else None)
    for dialog in dialogs:
        dialog.close()
