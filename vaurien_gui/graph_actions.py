"""The actions of graphs and journal: their declarations for the registry, what they do, and which are ticked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from vaurien_gui.action_spec import ActionSpec
from vaurien_gui.models.graphs_look import MARKER_CLASSES, PANEL_TITLES, POPULATION_TITLES
from vaurien_gui.models.time_view import SPANS

if TYPE_CHECKING:
    from vaurien_gui.actions import Actions
    from vaurien_gui.app import App

RATES_HZ = (2, 5, 10)
SIZES = (20_000, 50_000, 200_000)
"""Rows that the journal may keep."""
PANELS, WINDOW, LATENCY, MARKERS, RATE = "Graph &panels", "&Window of time", "&Latency of", "&Markers", "&Update rate"
EXPORT, KEEP = "Export &graphs", "Journal &keeps"


def _tick(key: str, text: str, tip: str, submenu: str, choice: str = "", group: int = 2) -> ActionSpec:
    return ActionSpec(key, text, tip, "View", group=group, check=True, submenu=submenu, choice=choice)


GRAPH_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("pause", "&Pause the graphs", "Data go on being recorded", "View", "", ("Ctrl+P",), 2, check=True),
    ActionSpec("data-table", "&Data table", "The values of the graphs as a table", "View", "", ("Ctrl+T",), 2, True),
    *(_tick(f"panel-{key}", title, f"Show or hide {title}", PANELS) for key, title in PANEL_TITLES.items()),
    ActionSpec("panel-maximise", "&Maximise this panel", "All the room, and back", "View", "", ("Ctrl+Shift+M",), 2,
               submenu=PANELS),
    ActionSpec("panel-up", "Move this panel &up", "Above its neighbour", "View", "", ("Ctrl+Shift+Up",), 2,
               submenu=PANELS),
    ActionSpec("panel-down", "Move this panel &down", "Below its neighbour", "View", "", ("Ctrl+Shift+Down",), 2,
               submenu=PANELS),
    *(_tick(f"span-{s}", text, f"Show {text}", WINDOW, "span") for s, text in SPANS),
    *(_tick(f"latency-{key}", text, f"Latency of {text.lower()}", LATENCY, "latency")
      for key, text in POPULATION_TITLES.items()),
    *(_tick(f"markers-{key}", text, f"Show or hide markers: {text.lower()}", MARKERS)
      for key, text in MARKER_CLASSES.items()),
    *(_tick(f"rate-{hz}", f"{hz} times a second", "How often the graphs are drawn", RATE, "rate") for hz in RATES_HZ),
    ActionSpec("note", "Add a &note", "Mark this moment on the graphs and in the journal", "Engine", "flag",
               ("Ctrl+M",), 2),
    ActionSpec("clear-graphs", "&Clear the graphs", "Forget curves and markers", "View", "trash", (), 2),
    ActionSpec("graphs-png", "All panels, &PNG…", "What is in sight as a picture", "File", group=3, submenu=EXPORT),
    ActionSpec("graphs-png-2", "All panels, PNG at &twice the size…", "Sharp in print", "File", group=3,
               submenu=EXPORT),
    ActionSpec("panel-png", "&This panel, PNG…", "One panel as a picture", "File", group=3, submenu=EXPORT),
    ActionSpec("graphs-copy", "&Copy the picture", "All panels to the clipboard", "File", "copy", ("Ctrl+Shift+G",), 3,
               submenu=EXPORT),
    ActionSpec("graphs-csv", "&Values in sight, CSV…", "One value a line: time_iso, t_s, series, value", "File",
               group=3, submenu=EXPORT),
    ActionSpec("graphs-csv-all", "&All values, CSV…", "Up to an hour", "File", group=3, submenu=EXPORT),
    ActionSpec("journal-export", "Export the &journal…", "The rows shown, as CSV or JSON lines", "File", group=3),
    ActionSpec("copy-rows", "Copy rows as &text", "The selected rows, tab-separated", "Edit", "copy", (), 1),
    ActionSpec("copy-json", "Copy rows as &JSON", "The selected rows with all their fields", "Edit", "",
               ("Ctrl+Shift+C",), 1),
    ActionSpec("journal-detail", "Decision &trace", "Beside the journal: why a row happened", "View", "", ("Ctrl+D",),
               3, check=True),
    ActionSpec("clear-journal", "Clear the &journal", "Forget its rows", "View", "", (), 3),
    *(_tick(f"journal-{n}", f"{n:,} rows", "Older ones are dropped, and counted", KEEP, "keep", 3) for n in SIZES),
)  # fmt: skip


def handlers(app: App) -> dict[str, Callable[[], object]]:
    """What each of them does, by id."""
    from vaurien_gui import exports

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
        "Panels": [*panels, *moves],
        "Latency of": [actions[f"latency-{key}"] for key in POPULATION_TITLES],
        "Markers": [actions[f"markers-{key}"] for key in MARKER_CLASSES],
        "Update rate": [actions[f"rate-{hz}"] for hz in RATES_HZ],
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
