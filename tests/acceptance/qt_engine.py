"""A headless engine on the window's loop: `python -m tests.acceptance.qt_engine PROFILE`, ready line on stdout."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path


def main() -> None:
    """Run until stdin ends."""
    from PySide6.QtWidgets import QApplication

    from vaurien_core import profiles
    from vaurien_core.engine.local import LocalEngine
    from vaurien_core.registry import Registry
    from vaurien_gui.loop import run

    app = QApplication([])

    async def serve() -> None:
        registry = Registry.builtin()
        engine = LocalEngine(profiles.load(Path(sys.argv[1]), registry).profile, registry=registry)
        await engine.start()
        state = await engine.state()
        print("ready", *(f"{p.name}={p.bound}" for p in state.proxies), f"seed={state.seed}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        await engine.aclose()

    run(app, serve())


if __name__ == "__main__":
    main()
