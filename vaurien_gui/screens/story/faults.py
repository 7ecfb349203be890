"""What is set: a normal proxy, a mix, rules, the fold, presets, export, staged, all-normal, and what goes wrong."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from decimal import Decimal

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea

from vaurien_core.model.profile import ToxicSpec
from vaurien_gui import stage
from vaurien_gui.screens.camera import Shot
from vaurien_gui.screens.set import Set

TOO_MUCH = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 60:delay, 30:error, 28:abort
"""
RULES = """
[behavior:slow-search]
type = delay
sleep = 900ms
match = GET /search*

[behavior:cart-gone]
type = error
error = 503
match = * /cart*
first = 20
"""


TOXICS = (
    ToxicSpec("latency", options=(("jitter", 20.0), ("latency", 60.0))),
    ToxicSpec("bandwidth", stream="both", toxicity=0.5, options=(("rate", 800.0),)),
    ToxicSpec("nightly-resets", "reset_peer", enabled=False, options=(("timeout", 500.0),)),
)


async def story(here: Set) -> AsyncIterator[Shot]:
    """See the module."""
    app, window, session = here.app, here.app.window, here.app.session
    await here.perform(more=RULES)
    await asyncio.sleep(here.seconds)
    yield Shot("normal")
    await here.break_it()
    window.mix.open_options("delay")
    await asyncio.sleep(here.seconds)
    yield Shot("faults-on")
    window.mix.open_options("delay", False)
    app.workbench.mix.add("slow-search")
    app.workbench.mix.add("cart-gone")
    session.edit_all([(("proxies", "web", "mix", "slow-search"), Decimal(30))], "Set a rule")
    await asyncio.sleep(0.3)
    window.mix.open_options("slow-search")
    await asyncio.sleep(0.3)
    _scroll(window.findChild(QScrollArea, "leftScroll"), 1.0)
    yield Shot("rules")
    session.document.undo.undo()
    window.mix.open_options("slow-search", False)
    window.proxy_panel.tuning.button.setChecked(True)
    _scroll(window.findChild(QScrollArea, "leftScroll"), 0.3)
    yield Shot("proxy-fold")
    window.proxy_panel.tuning.button.setChecked(False)
    _scroll(window.findChild(QScrollArea, "leftScroll"), 0.0)
    async for shot in _toxics(here):
        yield shot
    async for shot in _sheets(here):
        yield shot
    app.actions["mode-staged"].trigger()
    weights = (("delay", 14), ("abort", 6))
    session.edit_all([(("proxies", "web", "mix", name), Decimal(weight)) for name, weight in weights], "Edit")
    await asyncio.sleep(0.3)
    yield Shot("staged")
    app.actions["discard"].trigger()
    app.actions["mode-live"].trigger()
    session.all_normal()
    await asyncio.sleep(here.seconds / 2)
    yield Shot("all-normal")
    session.stop()
    await asyncio.sleep(0.5)
    yield Shot("stopped")
    await here.close()
    async for shot in _wrong(here):
        yield shot


async def _toxics(here: Set) -> AsyncIterator[Shot]:
    """Three toxics, one with its form open, one off; the menu to add more; and what all-normal makes of them."""
    app, window, session = here.app, here.app.window, here.app.session
    before = session.proxy.toxics if session.proxy is not None else ()
    session.edit_all([(("proxies", "web", "toxics"), TOXICS)], "Mount toxics")
    window.toxics.open_options("bandwidth")
    await asyncio.sleep(here.seconds)
    area = window.findChild(QScrollArea, "leftScroll")
    _scroll(area, 1.0)
    yield Shot("toxics")
    session.all_normal()
    await asyncio.sleep(0.5)
    window.toxics.open_options("bandwidth", False)
    await asyncio.sleep(0.1)
    _scroll(area, 1.0)
    yield Shot("toxics-held")
    app.actions["resume"].trigger()
    await asyncio.sleep(0.3)
    menu = window.toxics.menu()
    menu.popup(window.mapToGlobal(QPoint(40, 80)))
    yield Shot("add-toxic", menu)
    menu.close()
    session.edit_all([(("proxies", "web", "toxics"), before)], "Unmount toxics")
    _scroll(area, 0.0)
    await asyncio.sleep(0.3)


async def _sheets(here: Set) -> AsyncIterator[Shot]:
    app = here.app
    app.sheets.show_export()
    for at, name in enumerate(("export", "export-command", "export-pytest", "export-compose")):
        app.sheets.export.tabs.setCurrentIndex(at)
        yield Shot(name)
    app.sheets.close()
    app.preset_sheets.show_list()
    app.preset_sheets.list.list.setCurrentRow(1)
    yield Shot("presets")
    app.preset_sheets.show_saving()
    app.preset_sheets.saving.show_words("A preset needs a name.")
    yield Shot("preset-saving")
    app.preset_sheets.saving_sheet.close_sheet()
    menu = app.window.mix.menu()
    menu.popup(app.window.mapToGlobal(QPoint(40, 80)))
    yield Shot("add-behavior", menu)
    menu.close()


async def _wrong(here: Set) -> AsyncIterator[Shot]:
    """The same profile while something else holds a port, a wrong value, and a mix over 100 %."""
    app, window, session = here.app, here.app.window, here.app.session
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        profile = session.document.profile
        assert profile is not None
        session.document.replace(profile, title="checkout-flaky.ini")
        await session.settled()
        session.document.adopt([(("proxies", "web", "proxy"), f"127.0.0.1:{taken.getsockname()[1]}")])
        session.start()
        await stage.until(lambda: session.state and session.state.proxy("web").error, 5.0)
        window.mix.open_options("delay")
        field = window.mix.row("delay").form.editor("sleep").field
        typed = field.findChildren(QLineEdit)[0]
        typed.selectAll()
        typed.insert("-1 s")
        enter = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(field, enter)
        await stage.until(lambda: field.property("problem"), 5.0)
        yield Shot("error")
    window.mix.open_options("delay", False)
    path = here.folder / "too-much.ini"
    path.write_text(TOO_MUCH, encoding="utf-8")
    app.filing.load(path)
    await session.settled()
    await asyncio.sleep(0.5)
    yield Shot("over-100")
    if session.link is not None:
        session.link.submit(session.link.engine.aclose)
        await asyncio.sleep(1.5)
        yield Shot("engine-lost", lost=True)


def _scroll(area: object, share: float) -> None:
    assert isinstance(area, QScrollArea)
    bar = area.verticalScrollBar()
    bar.setValue(round(bar.maximum() * share))
