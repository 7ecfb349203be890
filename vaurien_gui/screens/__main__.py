"""The set of pictures: `python -m vaurien_gui.screens --out build/screens`. Ends with 1 where a lint found something.

Scale 2 is a process of its own, as Qt reads the scale once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from vaurien_gui import stage

if TYPE_CHECKING:
    from vaurien_gui.screens.camera import Camera

THEMES = ("light", "dark")
SIZES = ("1280x800", "960x600", "1920x1080")
SCALE = "QT_SCALE_FACTOR"
MANUAL = Path("resources/manual/images")
FOR_MANUAL = {
    "first-run-1": "demo", "faults-on": "window", "journal-trace": "trace", "scenario": "scenario", "export": "export",
    "rules": "rules",
}  # fmt: skip
"""Which states the manual shows, and what their pictures are called there."""
OF_MANUAL = ("first", "faults", "evidence")
"""The stories that these are in."""


def main(argv: Sequence[str] | None = None) -> int:
    """Take all pictures, judge them, and lay them on sheets."""
    parser = argparse.ArgumentParser(prog="python -m vaurien_gui.screens", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("build/screens"), help="folder for the pictures")
    parser.add_argument("--engine", choices=("child", "local"), default="child", help="where the engine runs")
    parser.add_argument("--theme", choices=THEMES, action="append", help="only this theme (default: both)")
    parser.add_argument("--size", action="append", metavar="WIDTHxHEIGHT", help=f"default: {', '.join(SIZES)}")
    parser.add_argument("--scale", type=float, action="append", help="1 or 2 (default: both)")
    parser.add_argument("--story", action="append", help="only this story")
    parser.add_argument("--only", action="append", metavar="STATE", help="only this state")
    parser.add_argument(
        "--seconds", type=float, default=6.0, help="of traffic before graphs are looked at (default: 6)"
    )
    parser.add_argument("--manual", action="store_true", help=f"write the manual's own pictures into {MANUAL} instead")
    arguments = parser.parse_args(argv)
    if arguments.manual:
        arguments.theme, arguments.size, arguments.scale = ["light"], ["1280x800"], [1.0]
        arguments.only, arguments.story = list(FOR_MANUAL), list(OF_MANUAL)
        arguments.seconds = max(arguments.seconds, 18.0)  # enough for curves that say something
    scales = arguments.scale or [1.0, 2.0]
    if len(scales) > 1:
        return max(_again(argv, scale) for scale in scales)
    if float(os.environ.get(SCALE, "1")) != scales[0]:
        return _again(argv, scales[0])
    stage.prepare()
    from vaurien_gui import loop

    return loop.run(stage.application(), _all(arguments, scales[0]))


def _again(argv: Sequence[str] | None, scale: float) -> int:
    """The same in a process with a scale of its own."""
    own = list(sys.argv[1:] if argv is None else argv)
    command = [sys.executable, "-m", "vaurien_gui.screens", *own]
    if "--scale" not in own:
        command += ["--scale", f"{scale:g}"]
    return subprocess.run(command, env=os.environ | {SCALE: f"{scale:g}"}, check=False).returncode


async def _all(arguments: argparse.Namespace, scale: float) -> int:
    from vaurien_gui.screens.album import sheets, small
    from vaurien_gui.screens.camera import USUAL, Camera
    from vaurien_gui.screens.set import opened
    from vaurien_gui.screens.story import stories

    sizes = tuple((int(w), int(h)) for w, h in (size.split("x") for size in arguments.size or SIZES))
    suffix = "" if scale == 1 else f"-scale{scale:g}"
    faults: list[str] = []
    for theme in arguments.theme or THEMES:
        camera = Camera(arguments.out, theme, sizes if scale == 1 else (USUAL,), tuple(arguments.only or ()), suffix)
        for name, story in stories().items():
            if arguments.story and name not in arguments.story:
                continue
            with tempfile.TemporaryDirectory(prefix="vaurien-") as folder:
                os.environ["VAURIEN_RUNTIME"] = folder  # no engine of this machine's is in a picture
                async with opened(Path(folder), theme, arguments.engine, arguments.seconds) as here:
                    async for shot in story(here):
                        await camera.take(here.app, shot, here.meter)
        _tell(camera)
        faults += camera.faults
        for folder, pictures in groupby(sorted(camera.made), key=lambda path: path.parent):
            if not arguments.manual:
                await asyncio.to_thread(sheets, list(pictures), arguments.out / f"sheet-{folder.name}.png")
        if arguments.manual:
            for path in camera.made:
                small(path, MANUAL / f"{FOR_MANUAL[path.stem]}.png")
    return 1 if faults else 0


def _tell(camera: Camera) -> None:
    for path in camera.made:
        sys.stdout.write(f"{path}\n")
    for fault in camera.faults:
        sys.stdout.write(f"FAULT {fault}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
