"""An engine that somebody else runs: attached, somebody else's change while own ones wait, and the link lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

from vaurien_core.control import serve
from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.change import Edit
from vaurien_core.profiles import loads
from vaurien_core.registry import Registry
from vaurien_gui.screens.camera import Shot
from vaurien_gui.screens.set import INI, MIX, Set, free_ports

TOKEN = "for-pictures"


async def story(here: Set) -> AsyncIterator[Shot]:
    """See the module."""
    app, session = here.app, here.app.session
    registry = Registry.builtin()
    web, db, control = free_ports(3)
    text = INI.format(web=web, db=db, control=control, more="", backend="127.0.0.1:9")
    engine = LocalEngine(loads(text, "orders.ini", registry).profile, registry=registry)
    server = None
    try:
        backend = await engine.demo("backend")
        edits = [Edit(("proxies", name, "backend"), backend) for name in ("web", "orders-db")]
        await engine.change(edits + [Edit(("proxies", "web", "mix", name), Decimal(weight)) for name, weight in MIX])
        await engine.start()
        server = await serve(engine, ports=(0,), token=TOKEN, private=True)
        await engine.demo("traffic", proxy="web", rate=60.0)
        await app.attaching.attach(server.urls[0], TOKEN)
        await session.settled()
        await asyncio.sleep(here.seconds)
        yield Shot("remote")
        session.edit(("proxies", "web", "mix", "delay"), Decimal(15), "Set delay to 15 %")
        await asyncio.sleep(0.3)
        await engine.change([Edit(("proxies", "web", "mix", "delay"), Decimal(4))], author="ci")
        await asyncio.sleep(0.8)
        yield Shot("remote-conflict")
        await server.aclose()
        server = None
        await asyncio.sleep(2.0)
        yield Shot("remote-lost", lost=True)
    finally:
        if server is not None:
            await server.aclose()
        await engine.aclose()
