"""Three hints for the first demo: drag Delay, see latency move, connect your own. They don't come back."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from vaurien_gui.style.theme import Theme
from vaurien_gui.views.callout import Callout, Step
from vaurien_gui.views.sheet import Sheet
from vaurien_gui.views.window import MainWindow

KEY = "hints/demo"


def show_once(theme: Theme, window: MainWindow, settings: QSettings) -> Callout | None:
    """Show the chain over the running demo; None if it was shown before, or somebody is at something else by now."""
    if settings.value(KEY) is not None or _occupied(window):
        return None
    latency = next(panel for panel in window.graphs.panels if panel.kind.key == "latency")
    callout = Callout(
        theme,
        window,
        (
            Step(
                window.mix.row("delay"),
                "Drag Delay",
                "A weight takes from normal traffic only. The other rows never move.",
            ),
            Step(latency, "See latency move", "Every change is marked on all graphs, and stands in the journal."),
            Step(
                window.toolbar.own_button,
                "Then connect your own",
                "Tell it where your real server is, and point your program at the proxy.",
            ),
        ),
    )
    callout.finished.connect(lambda _skipped: settings.setValue(KEY, "seen"))
    callout.finished.connect(callout.deleteLater)
    callout.begin()
    return callout


def _occupied(window: MainWindow) -> bool:
    """Whether a sheet, dialog or menu is open: a hint would lie over it and take the keys away from it."""
    sheet = any(not sheet.isHidden() for sheet in window.findChildren(Sheet))
    return sheet or bool(QApplication.activeModalWidget() or QApplication.activePopupWidget())
