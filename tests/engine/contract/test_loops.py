"""Engine, control server and remote engine on every loop: stock asyncio, uvloop, and the window's on Qt."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
    import asyncio, os
    from contextlib import aclosing
    from decimal import Decimal
    from vaurien_core.control import serve
    from vaurien_core.engine.local import LocalEngine
    from vaurien_core.engine.remote import RemoteEngine
    from vaurien_core.model.change import Edit
    from vaurien_core.model.events import Changed, EngineState, Sample
    from vaurien_core.model.profile import Profile, ProxySpec
    from vaurien_core.registry import Registry

    def sockets():
        found = set()
        for name in os.listdir("/proc/self/fd"):
            try:
                place = os.readlink(f"/proc/self/fd/{name}")
            except OSError:
                continue
            if place.startswith("socket:"):
                found.add(place)
        return found

    async def main():
        files = sockets()
        tasks = asyncio.all_tasks()
        engine = LocalEngine(Profile((ProxySpec("web", "127.0.0.1:0", "127.0.0.1:9"),)), registry=Registry.builtin())
        server = await serve(engine, token="t", private=True, host="localhost")
        remote = RemoteEngine(server.urls[0], "t", retry_for_s=0.0)
        await remote.start()
        kinds = []
        async with asyncio.timeout(20), aclosing(remote.events()) as events:
            async for event in events:
                kinds.append(type(event))
                if len(kinds) == 1:
                    await remote.change([Edit(("proxies", "web", "mix", "delay"), Decimal(5))])
                if Changed in kinds and kinds[-1] is Sample:
                    break
        assert kinds[0] is EngineState
        loop = asyncio.get_running_loop()
        began = loop.time()
        await remote.aclose()
        await server.aclose()
        await engine.aclose()
        assert loop.time() - began < 5
        await asyncio.sleep(0.1)
        assert asyncio.all_tasks() == tasks, asyncio.all_tasks() - tasks
        assert not (left := sockets() - files), f"{left} stay open"
        print(type(loop).__name__)

    if LOOP == "window":
        from PySide6.QtCore import QCoreApplication
        from vaurien_gui import loop as window
        app = QCoreApplication([])
        running = window.WindowLoop(app)
        asyncio.set_event_loop(running)
        with running:
            running.run_until_complete(main())
    elif LOOP == "qasync":
        import PySide6.QtCore, qasync
        app = PySide6.QtCore.QCoreApplication([])
        with qasync.QEventLoop(app) as running:
            running.run_until_complete(main())
    else:
        from vaurien_core.engine.loops import loop_factory
        asyncio.Runner(loop_factory=loop_factory(LOOP)[1]).run(main())
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop", "qasync", "window"])
def test_a_remote_engine_and_its_server_run_and_leave_nothing_open(loop: str) -> None:
    if loop in ("qasync", "window"):
        pytest.importorskip("qasync")
    code = f"LOOP = {loop!r}\n" + textwrap.dedent(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=30, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr
