"""Opens the whole window with a font and the scale of QT_SCALE_FACTOR, and prints what is cut off in it.

`python tests/gui/scaled_window.py FAMILY POINTS [PICTURE]`: a running profile with a wrong option, in the usual and in
the smallest size, and the sheets. Run as a process of its own, as Qt reads the scale once.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).parent))

import gallery
from PySide6.QtGui import QFont

from vaurien_gui import loop, stage
from vaurien_gui.arguments import Arguments
from vaurien_gui.style import fonts

INI = """\
[vaurien]
seed = 42
[proxy:web]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 10:delay, 5:error, 3:abort, 2:hang
[proxy:orders-db]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = tcp
"""


async def main(family: str, points: float, picture: str = "") -> list[str]:
    """What is cut off."""
    found: list[str] = []
    qt, font = stage.application(), QFont(family)
    font.setPixelSize(round(points * 96 / 72))
    fonts.system_font = lambda: font  # what the desktop would say
    async with stage.window(qt, Arguments(engine="local", theme="light")) as app:

        async def look(where: str) -> None:
            await asyncio.sleep(0.05)
            app.workbench.show()
            await asyncio.sleep(0.05)
            found.extend(f"{where}: {what}" for what in gallery.clipped(app.window))

        app.window.resize(app.theme.px(1280), app.theme.px(800))
        with tempfile.TemporaryDirectory() as folder:
            await look("empty")
            profile = Path(folder) / "checkout-flaky.ini"
            profile.write_text(INI)
            app.filing.load(profile)
            await app.session.settled()
            app.session.start()
            await stage.until(lambda: app.session.started, 10.0)
            app.workbench.mix.set_weight("error", Decimal(6))
            app.window.mix.open_options("delay")
            app.workbench.mix.set_option("delay", "sleep", "-1")
            await look("running")
            if picture:
                app.window.grab().save(picture)
            app.window.resize(app.theme.px(960), app.theme.px(600))
            await look("small")
            app.session.all_normal()
            app.sheets.show_export()
            await look("export")
            app.sheets.close()
            app.sheets.show_own_backend()
            app.sheets.own_values.profile()
            await look("own backend")
            if picture:
                app.window.grab().save(picture.replace(".png", "-small.png"))
        found += [app._details] if app._details else []
    return found


if __name__ == "__main__":
    cut = loop.run(stage.application(), main(sys.argv[1], float(sys.argv[2]), *sys.argv[3:4]))
    sys.stdout.write("\n".join(cut) + "\n")
    sys.exit(bool(cut))
