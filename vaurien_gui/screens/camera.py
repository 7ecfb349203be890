"""Takes a window's picture in every size that is asked for, lets the lints judge it, and keeps both.

One camera serves all stories of a run; `faults` is what the run ends with.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from vaurien_gui import stage
from vaurien_gui.app import App
from vaurien_gui.screens.lints import graphs
from vaurien_gui.screens.lints.contrast import contrast
from vaurien_gui.screens.lints.cut import cut
from vaurien_gui.screens.lints.overlap import overlap
from vaurien_gui.screens.metrics import Meter
from vaurien_gui.screens.words import words

USUAL = (1280, 800)
SETTLE_S = 0.3
"""A frame of 5 Hz and the layout after a resize."""
AGAIN_S, TRIES = 0.4, 3
"""A machine that stalls makes a graph late: it is looked at again, so often."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One state that is on screen now. `part`: a dialog instead; `lost`: no engine, on purpose."""

    name: str
    part: QWidget | None = None
    lost: bool = False


@dataclass(slots=True)
class Camera:
    """See the module.

    Args:
        out: folder for the pictures.
        theme: `light` or `dark`; part of their names.
        sizes: widths and heights of the window, in logical pixels.
        only: names of the states to take; () for all.
    """

    out: Path
    theme: str
    sizes: tuple[tuple[int, int], ...] = (USUAL,)
    only: tuple[str, ...] = ()
    suffix: str = ""
    faults: list[str] = field(default_factory=list)
    made: list[Path] = field(default_factory=list)

    async def take(self, app: App, shot: Shot, meter: Meter | None = None) -> None:
        """All pictures of a state; the window has its usual size afterwards.

        Raises:
            OSError: a file can't be written.
        """
        if self.only and shot.name not in self.only:
            return
        if app.session.lost and not shot.lost:
            self.faults.append(f"{self.theme}{self.suffix} {shot.name}: the engine is lost. {app.session.lost}")
        if shot.part is not None:
            await asyncio.sleep(SETTLE_S)
            self._keep(shot.part, shot.part.grab().toImage(), shot.name, "")
            return
        for size in self.sizes:
            app.window.resize(QSize(*size))
            await asyncio.sleep(SETTLE_S)
            app.workbench.show()
            place = "" if size == USUAL else f"-{size[0]}x{size[1]}"
            await self._graphs(app, meter, f"{shot.name}{place}")
            self._keep(app.window, app.window.grab().toImage(), shot.name, place)
        app.window.resize(QSize(*USUAL))

    async def _graphs(self, app: App, meter: Meter | None, where: str) -> None:
        """Hold the graphs against the engine's own count; what a stall explains is gone when it is looked at again."""
        if meter is None:
            return
        found: list[str] = []
        for _ in range(TRIES):
            app.window.graphs.refresh()
            board, picture = app.window.graphs.board, app.window.grab().toImage()
            found = [*graphs.empty(board, app.window, picture, meter), *graphs.differing(board, meter)]
            if not found:
                return
            await asyncio.sleep(AGAIN_S)
        self.faults += [f"{self.theme}{self.suffix} {where}: {fault}" for fault in found]

    def _keep(self, root: QWidget, image: QImage, name: str, place: str) -> None:
        seen = words(root)
        found = [*cut(root, seen), *overlap(root, seen), *contrast(root, image, seen)]
        self.faults += [f"{self.theme}{self.suffix} {name}{place}: {fault}" for fault in dict.fromkeys(found)]
        path = self.out / f"{self.theme}{place}{self.suffix}" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not image.convertToFormat(QImage.Format.Format_RGB888).save(str(path), quality=stage.SMALL):
            raise OSError(f"{path} can't be written")
        self.made.append(path)
