"""What is about files: errors in a profile, code that it names, recovery, a change on disk, unsaved changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from PySide6.QtWidgets import QMessageBox

from vaurien_gui.screens.camera import Shot
from vaurien_gui.screens.set import Set
from vaurien_gui.screens.story.first import reading
from vaurien_gui.views import dialogs

BROKEN = """\
[vaurien]
proxy = 127.0.0.1:8000
backend = 127.0.0.1:9000
protocol = htpp
behavior = 20:dealy, 5:error

[behavior:error]
error = 999
jitter = 3
"""
NAMES_CODE = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
behavior = 10:slowly, 5:delay

[behavior:slowly]
callable = weather.py:Slowly
"""


async def story(here: Set) -> AsyncIterator[Shot]:
    """See the module."""
    app, session = here.app, here.app.session
    folder = Path(app.settings.fileName()).parent / "recovery"
    _leave_behind(folder)
    app.offers.begin()
    yield Shot("recovery-offer")
    app.offers._act("compare")
    async for shot in reading(here, "recovery-compare"):
        yield shot
    app.offers._act("discard")
    broken = here.folder / "broken.ini"
    broken.write_text(BROKEN, encoding="utf-8")
    app.filing.load(broken)
    yield Shot("profile-errors")
    app.window.messages.action.emit("details")
    async for shot in reading(here, "profile-errors-details"):
        yield shot
    app.window.messages.hide()
    path = await here.perform(name="orders.ini")
    await asyncio.sleep(here.seconds)
    session.edit(("proxies", "web", "mix", "delay"), Decimal(8), "Set delay to 8 %")
    path.write_text(path.read_text(encoding="utf-8").replace("seed = 42", "seed = 7"), encoding="utf-8")
    await asyncio.sleep(1.0)
    app.offers.look()
    yield Shot("changed-on-disk")
    app.offers._act("diff")
    async for shot in reading(here, "changed-on-disk-diff"):
        yield shot
    app.offers._act("keep")
    asking = app.tasks.spawn(dialogs.ask_save(app.window, "orders.ini"), "ask")
    await asyncio.sleep(0.2)
    box = next((b for b in app.window.findChildren(QMessageBox) if b.isVisible()), None)
    yield Shot("unsaved", box)
    asking.cancel()
    await here.close()
    (here.folder / "weather.py").write_text("raise SystemExit('this never runs')\n", encoding="utf-8")
    named = here.folder / "weather.ini"
    named.write_text(NAMES_CODE, encoding="utf-8")
    app.filing.load(named)
    await asyncio.sleep(1.0)
    yield Shot("trust")
    app.workbench.act("show-code")
    async for shot in reading(here, "trust-code"):
        yield shot


def _leave_behind(folder: Path) -> None:
    """What a window that was killed leaves."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\nprotocol = http\nbehavior = 35:delay\n"
    (folder / "99999-0badf00d.ini").write_text(text, encoding="utf-8")
    about = {"path": "", "title": "checkout-flaky.ini", "at": datetime.now(UTC).isoformat(timespec="seconds")}
    (folder / "99999-0badf00d.json").write_text(json.dumps(about), encoding="utf-8")
