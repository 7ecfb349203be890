"""The engine's own process: started by `ChildEngine`, or as `vaurien-gui --engine-child` by a frozen program.

The first line on standard input is JSON: `token`, `profile`, `seed`, `journal_all` and `folder` (of the profile, for
the files beside it; may be null). The answer is one JSON line:
`url`, `pid`, `seed`, `version` and `notices`, or `error`. The process ends within a second once its standard input is
closed, which also happens when its parent is killed. Logs go to standard error.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import threading
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from vaurien_core import __version__
from vaurien_core.engine.loops import loop_factory, spare_collections
from vaurien_core.errors import VaurienError
from vaurien_core.model.profile import Profile
from vaurien_core.model.wire import from_json

_END_WITHIN_S = 0.9
_ORDERS_LIMIT = 64 * 2**20
logger = logging.getLogger("vaurien.child")


def main() -> int:
    """Run until standard input ends; the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        orders = json.loads(_first_line())
        profile = from_json(Profile, orders["profile"], "profile")
    except (ValueError, KeyError, TypeError, VaurienError) as error:
        _say({"error": f"the parent's orders can't be read: {error}"})
        return 2
    logging.basicConfig(
        stream=sys.stderr,
        level=getattr(logging, profile.log_level.upper(), logging.INFO),
        format="%(levelname)s %(name)s: %(message)s",
    )
    try:
        spare_collections()
        with asyncio.Runner(loop_factory=loop_factory()[1]) as runner:
            runner.run(_serve(profile, orders))
    except VaurienError as error:
        _say({"error": str(error)})
        return error.exit_status
    return 0


async def _serve(profile: Profile, orders: dict[str, Any]) -> None:
    from vaurien_core.cli.registries import make_registry
    from vaurien_core.control import serve, serve_spec
    from vaurien_core.engine.local import LocalEngine

    ended = asyncio.Event()
    closed = threading.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_watch_parent, args=(loop, ended, closed), name="parent watch", daemon=True).start()
    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGTERM, ended.set)
    registry = make_registry()
    registry.complete()
    folder = Path(orders["folder"]) if orders.get("folder") else None
    if profile.plugins:
        from vaurien_core import plugins

        for plugin in profile.plugins:
            plugins.load(registry, plugin, folder)
    engine = LocalEngine(
        profile, registry=registry, seed=orders.get("seed"), journal_all=bool(orders["journal_all"]), folder=folder
    )
    async with AsyncExitStack() as opened:
        opened.push_async_callback(engine.aclose)
        private = await serve(engine, token=orders["token"], private=True)
        opened.push_async_callback(private.aclose)
        notices = []
        if profile.control.http:
            try:
                public = await serve_spec(engine, profile.control)
                opened.push_async_callback(public.aclose)
                engine.show_control(public.urls)
            except VaurienError as error:
                notices.append(str(error))
                engine.notice(str(error), severity="error")
        _say({
            "url": private.urls[0], "pid": os.getpid(), "seed": engine.seed, "version": __version__,
            "notices": notices,
        })  # fmt: skip
        await ended.wait()
    closed.set()


def _first_line() -> bytes:
    """The parent's orders, read without a buffer that would swallow the end of input."""
    line = b""
    while b"\n" not in line and len(line) < _ORDERS_LIMIT:
        chunk = os.read(0, 1 << 16)
        if not chunk:
            break
        line += chunk
    return line


def _watch_parent(loop: asyncio.AbstractEventLoop, ended: asyncio.Event, closed: threading.Event) -> None:
    """On a thread: wait for the end of input, then see to it that the process ends, whatever the loop does."""
    try:
        while os.read(0, 1 << 16):
            pass
    except OSError:
        logger.debug("standard input broke")
    try:
        loop.call_soon_threadsafe(ended.set)
    except RuntimeError:
        return
    if not closed.wait(_END_WITHIN_S):
        os._exit(5)


def _say(answer: dict[str, Any]) -> None:
    try:
        os.write(1, json.dumps(answer).encode() + b"\n")
    except OSError:
        logger.debug("nobody reads the ready line")


if __name__ == "__main__":
    sys.exit(main())
