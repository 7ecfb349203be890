"""Opens the window with a profile and presses Start, as a user does, until SIGTERM. Called by `subjects.Window`."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from vaurien_gui import loop, stage
from vaurien_gui.arguments import Arguments


async def watch(profile: str) -> None:
    """Show it, start it, wait."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with stage.window(
        stage.application(), Arguments(profile=Path(profile), engine="child", theme="light")
    ) as app:
        app.session.start()
        await ended.wait()


if __name__ == "__main__":
    stage.prepare()
    loop.run(stage.application(), watch(sys.argv[1]))
