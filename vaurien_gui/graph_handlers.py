"""What the actions of graphs and journal do, which of them are ticked, and the menus that they stand in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from vaurien_gui import exports
from vaurien_gui.graph_actions import RATES_HZ, SIZES
from vaurien_gui.models.graphs_look import MARKER_CLASSES, PANEL_TITLES, POPULATION_TITLES
from vaurien_gui.models.time_view import SPANS

if TYPE_CHECKING:
    from vaurien_gui.actions import Actions
    from vaurien_gui.app import App


def handlers(app: App) -> dict[str, Callable[[], object]]:
    """What each of them does, by id."""
    bench, window, look = app.workbench, app.window, app.workbench.look
    graphs, journal = window.graphs, window.journal
    made: dict[str, Callable[[], object]] = {
        "pause": graphs.toggle_pause,
        "data-table": bench.toggle_table,
        "panel-maximise": look.maximise_current,
        "panel-up": lambda: look.move_current(-1),
        "panel-down": lambda: look.move_current(1),
        "note": graphs.ask_note,
        "clear-graphs": bench.graphs.clear,
        "graphs-png": lambda: app.spawn(exports.graphs_picture(app, scale=1)),
        "graphs-png-2": lambda: app.spawn(exports.graphs_picture(app)),
        "panel-png": lambda: app.spawn(exports.graphs_picture(app, panel=look.current)),
        "graphs-copy": lambda: exports.copy_picture(app),
        "graphs-csv": lambda: app.spawn(exports.graphs_values(app, everything=False)),
        "graphs-csv-all": lambda: app.spawn(exports.graphs_values(app, everything=True)),
        "journal-export": lambda: app.spawn(exports.journal(app)),
        "copy-rows": journal.table.copy,
        "copy-json": journal.table.copy_json,
        "journal-detail": bench.toggle_detail,
        "clear-journal": bench.journal.clear,
    }
    made |= {f"panel-{key}": partial(look.toggle_panel, key) for key in PANEL_TITLES}
    made |= {f"span-{s}": partial(graphs.set_span, s) for s, _ in SPANS}
    made |= {f"latency-{key}": partial(look.set_population, key) for key in POPULATION_TITLES}
    made |= {f"markers-{key}": partial(look.toggle_markers, key) for key in MARKER_CLASSES}
    made |= {f"rate-{hz}": partial(bench.set_rate, hz) for hz in RATES_HZ}
    made |= {f"journal-{n}": partial(look.set_journal_size, n) for n in SIZES}
    return made


def show_ticks(app: App) -> None:
    """Tick what is so now, and name the panel that menus are about."""
    look, graphs, actions = app.workbench.look, app.window.graphs, app.actions
    ticked = {f"panel-{key}": key not in look.look.panels.hidden for key in PANEL_TITLES}
    ticked |= {f"span-{s}": graphs.span == s for s, _ in SPANS}
    ticked |= {f"latency-{key}": look.look.population == key for key in POPULATION_TITLES}
    ticked |= {f"markers-{key}": look.look.shows(key) for key in MARKER_CLASSES}
    ticked |= {f"rate-{hz}": app.workbench.rate_hz == hz for hz in RATES_HZ}
    ticked |= {f"journal-{n}": look.journal_size == n for n in SIZES}
    ticked |= {"pause": not graphs.live, "data-table": app.workbench.table_on, "journal-detail": look.detail}
    for key, on in ticked.items():
        actions[key].setChecked(on)
    name = PANEL_TITLES[look.current]
    alone = look.look.panels.alone == look.current
    actions["panel-maximise"].setText("&All panels again" if alone else f"&Maximise “{name}”")
    actions["panel-up"].setText(f"Move “{name}” &up")
    actions["panel-down"].setText(f"Move “{name}” &down")
    actions["panel-png"].setText(f"&This panel ({name}), PNG…")
    shown = look.look.panels.shown
    actions["panel-up"].setEnabled(not alone and look.current in shown[1:])
    actions["panel-down"].setEnabled(not alone and look.current in shown[:-1])


def give_menus(app: App) -> None:
    """The menus of the graphs' own buttons: the same actions."""
    actions: Actions = app.actions
    export = [actions[k] for k in ("graphs-png", "graphs-png-2", "panel-png", "graphs-copy", "graphs-csv",
                                   "graphs-csv-all")]  # fmt: skip
    panels = [actions[f"panel-{key}"] for key in PANEL_TITLES]
    moves = [actions[key] for key in ("panel-maximise", "panel-up", "panel-down")]
    more = {
        "&Panels": [*panels, *moves],
        "&Latency of": [actions[f"latency-{key}"] for key in POPULATION_TITLES],
        "&Markers": [actions[f"markers-{key}"] for key in MARKER_CLASSES],
        "&Update rate": [actions[f"rate-{hz}"] for hz in RATES_HZ],
        "": [actions["data-table"]],
    }
    app.window.graphs.controls.set_menus(export, more, actions["clear-graphs"])
    row = [actions[key] for key in ("copy-rows", "copy-json", "journal-detail", "journal-export", "clear-journal")]
    app.window.journal.table.addActions(row)


def panel_menu(app: App, key: str, where: QPoint) -> None:
    """The menu of one panel."""
    app.workbench.look.choose_panel(key)
    actions = app.actions
    menu = QMenu(app.window.graphs)
    menu.addActions([actions[k] for k in ("panel-maximise", "panel-up", "panel-down")])
    hide = menu.addAction(f"&Hide “{PANEL_TITLES[key]}”", lambda: app.workbench.look.toggle_panel(key))
    hide.setEnabled(len(app.workbench.look.look.panels.shown) > 1)
    if key == "latency":
        menu.addSeparator()
        menu.addActions([actions[f"latency-{population}"] for population in POPULATION_TITLES])
    menu.addSeparator()
    menu.addActions([actions[k] for k in ("pause", "note", "panel-png", "graphs-copy", "data-table")])
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(where)
