"""Where a story plays: an open window, a folder for its files, and a profile with real traffic."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from vaurien_gui import loop, stage
from vaurien_gui.arguments import Arguments
from vaurien_gui.screens.metrics import Meter

if TYPE_CHECKING:
    from vaurien_core.engine.child import ChildEngine
    from vaurien_gui.app import App

MIX = (("delay", 10), ("error", 5), ("abort", 3), ("hang", 2))
RATE = 120.0
"""Requests a second: enough for smooth curves."""
LAUNCHES = 3
INI = """\
# Checkout under bad weather
[vaurien]
seed = 42

[control]
http = true
host = 127.0.0.1
port = {control}

[proxy:web]
proxy = 127.0.0.1:{web}
backend = {backend}
protocol = http
behavior = 0:delay, 0:error, 0:abort, 0:hang

[behavior:delay@web]
sleep = 300ms
jitter = 100ms

[proxy:orders-db]
proxy = 127.0.0.1:{db}
backend = {backend}
protocol = tcp
{more}"""


@dataclass(slots=True)
class Set:
    """See the module. `seconds` is how long traffic runs before a state with graphs is looked at."""

    app: App
    folder: Path
    seconds: float
    meter: Meter | None = None
    tasks: loop.Tasks | None = None
    _behind: ChildEngine | None = None
    """A process of its own for the backend, which outlives the window's engines."""

    async def perform(self, *, more: str = "", name: str = "checkout-flaky.ini") -> Path:
        """Open a profile file with two proxies, give both a backend, and send traffic through `web`."""
        web, db, control = free_ports(3)
        path = self.folder / name
        text = INI.format(web=web, db=db, control=control, more=more, backend=await self._backend())
        path.write_text(text, encoding="utf-8")
        session = self.app.session
        self.app.filing.load(path)
        await session.settled()
        assert session.link is not None, session.lost
        engine = session.link.engine
        session.start()
        await session.link.drained()
        await engine.demo("traffic", proxy="web", rate=RATE)
        self.app.workbench.probe.now()
        await self._measure(f"http://127.0.0.1:{control}", "web")
        return path

    async def break_it(self) -> None:
        """The usual mix of faults, as a preset would set it."""
        session = self.app.session
        session.edit_all([(("proxies", "web", "mix", name), Decimal(weight)) for name, weight in MIX], "Set a mix")
        session.happen("Set a mix", "preset")
        await asyncio.sleep(0.3)

    async def _backend(self) -> str:
        from vaurien_core.engine.child import ChildEngine
        from vaurien_core.errors import EngineLostError
        from vaurien_core.model.profile import Profile

        for left in reversed(range(LAUNCHES)):
            try:
                self._behind = self._behind or await ChildEngine.launch(Profile(seed=1))
            except EngineLostError:
                if not left:  # else the machine was busy
                    raise
        assert self._behind is not None
        return await self._behind.demo("backend")

    async def aclose(self) -> None:
        """End what the story used."""
        await self.close()
        if self._behind is not None:
            await self._behind.aclose()

    async def _measure(self, url: str, proxy: str) -> None:
        """Read `/metrics` from now on."""
        await self.close()
        self.meter, self.tasks = Meter(url, proxy), loop.Tasks("screens", self.app.reporter.report)
        self.tasks.spawn(self.meter.watch(), "metrics")

    async def close(self) -> None:
        """Stop reading."""
        self.meter = None
        if self.tasks is not None:
            await self.tasks.aclose()
        self.tasks = None


@asynccontextmanager
async def opened(folder: Path, theme: str, engine: str, seconds: float) -> AsyncIterator[Set]:
    """A set with a window of its own; closed at the end, with its engine and its traffic."""
    async with stage.window(stage.application(), Arguments(engine=engine, theme=theme)) as app:
        made = Set(app, folder, seconds)
        try:
            yield made
        finally:
            await made.aclose()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()
