"""Graphs that are empty, or that show something else than what the engine counts (`/metrics`).

Only live graphs are held to it: paused ones show the past on purpose.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from vaurien_gui.models.graph_values import INJECTED
from vaurien_gui.models.rates import QUANTILES
from vaurien_gui.screens.lints.contrast import BLUR, GRAPHICS, Pixels, luminance, part, pixels, ratios
from vaurien_gui.screens.metrics import EVERY_S, RECENT, SLIDE_S, Meter
from vaurien_gui.views.graphs.board import Board
from vaurien_gui.views.graphs.panel import Panel

COUNTERS: dict[str, tuple[str, dict[str, str]]] = {
    "down": ("vaurien_written_bytes", {"direction": "downstream"}),
    "up": ("vaurien_written_bytes", {"direction": "upstream"}),
    "exchanges": ("vaurien_exchanges", {}),
    "errors_injected": ("vaurien_errors", {"side": "injected"}),
    "errors_backend": ("vaurien_errors", {"side": "backend"}),
    "errors_client": ("vaurien_errors", {"side": "client"}),
    "opened": ("vaurien_connections", {}),
}
"""Which counter is behind a rate of the graphs."""
EDGE = 2
"""Columns beside a marker's line that are not looked at."""
DRAWN = 3
"""Columns with ink from which on a plot isn't empty."""
NEAR = 1.03
"""By how much interpolation within a bucket may leave it."""


def empty(board: Board, root: QWidget, image: QImage, meter: Meter) -> list[str]:
    """Plots without a stroke while their counters rise."""
    if not board.isVisible() or not meter.scrapes:
        return []
    picture, density, faults = pixels(image), image.devicePixelRatio(), []
    seconds = min(board.view.span / 2, meter.scrapes[-1].at - meter.scrapes[0].at)
    for panel in board.shown_panels:
        if _covered(panel, root):
            continue
        risen = sum(value for value in _risen(panel, meter, seconds) if not math.isnan(value))
        if not risen:
            continue
        if panel.plot is None or panel.said:
            faults.append(f"{panel.kind.title} says {panel.said!r} while the engine counted {risen:g}")
        elif inked(board, panel, root, picture, density) < DRAWN:
            faults.append(f"{panel.kind.title} is empty while the engine counted {risen:g} in {seconds:.0f} s")
    return faults


def differing(board: Board, meter: Meter) -> list[str]:
    """Newest values that are further from those of `/metrics` than one sample moves them."""
    if not board.isVisible() or not board.view.live or not list(meter.pairs(SLIDE_S)):
        return []
    faults = []
    for key, value in board.latest.items():
        if key.startswith(INJECTED):
            name = key.removeprefix(INJECTED)
            known = [rate for s in RECENT for rate in meter.rates("vaurien_injected", s, behavior=name)]
            sample = meter.largest("vaurien_injected", behavior=name) / RECENT[0]
            faults += _outside(f"{name} injected", value, known, sample)
        elif key in COUNTERS:
            counter, labels = COUNTERS[key]
            sample = meter.largest(counter, **labels) / SLIDE_S
            faults += _outside(key, value, meter.rates(counter, SLIDE_S, **labels), sample)
        elif key == "connections":
            faults += _outside(key, value, meter.levels("vaurien_connections_open"), 1.0)
    for name, q in QUANTILES:
        bounds, value = list(meter.quantiles(q, EVERY_S / SLIDE_S)), board.latest.get(name, math.nan)
        if bounds and not math.isnan(value):
            low, high = min(low for low, _ in bounds), max(high for _, high in bounds)
            if not low / NEAR <= value <= high * NEAR:
                faults.append(f"{name} shows {value:.4g} s, /metrics has it in {low:.4g} to {high:.4g} s")
    return faults


def inked(board: Board, panel: Panel, root: QWidget, picture: Pixels, density: float) -> int:
    """How many columns of a plot have a stroke of at least 3:1, those of markers left out."""
    assert panel.plot is not None
    area = QRectF(panel.plot.rect()).translated(panel.plot.mapTo(root, QPoint(0, 0)).toPointF())
    cut = part(picture, area, density)
    if not cut.size:
        return 0
    _, ground = ratios(cut)
    light, base = luminance(cut), float(luminance(ground))
    strong = (np.maximum(light, base) + 0.05) / (np.minimum(light, base) + 0.05) >= GRAPHICS * BLUR
    columns = np.atleast_1d(strong.any(axis=0))
    span, end = board.view.span, board.view.last(board.limits)
    for marker in board.seen_markers:
        x = round((1 + (marker.t - end) / span) * len(columns))
        columns[max(0, x - EDGE * 2) : max(0, x + EDGE * 2)] = False
    return int(columns.sum())


def _covered(panel: Panel, root: QWidget) -> bool:
    """Whether a sheet lies over a plot."""
    top = root.childAt(panel.mapTo(root, panel.plot_area().center()))
    board = panel.parentWidget()
    return top is not None and board is not None and not board.isAncestorOf(top)


def _risen(panel: Panel, meter: Meter, seconds: float) -> Iterator[float]:
    """How much was counted of what a panel draws."""
    if not panel.kind.lines:
        for name in (item.key for item in panel.legend.items):
            yield meter.counted("vaurien_injected", seconds, behavior=name)
    elif panel.kind.logarithmic:
        for way in ("no", "yes"):
            yield meter.counted("vaurien_latency_seconds_count", seconds, faulted=way)
    for line in panel.kind.lines:
        if line.key in COUNTERS:
            counter, labels = COUNTERS[line.key]
            yield meter.counted(counter, seconds, **labels)


def _outside(what: str, value: float, known: Iterable[float], sample: float) -> list[str]:
    """A sentence if a value is further than one sample from all that was read."""
    found = tuple(known)
    if not found or math.isnan(value):
        return []
    low, high = min(found) - sample, max(found) + sample
    return [] if low <= value <= high else [f"{what} shows {value:.4g}, /metrics has {low:.4g} to {high:.4g}"]
