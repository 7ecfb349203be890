"""The actions of graphs and journal, declared for the registry; `graph_handlers` says what they do."""

from __future__ import annotations

from vaurien_gui.action_spec import ActionSpec, lettered
from vaurien_gui.models.graphs_look import MARKER_CLASSES, PANEL_TITLES, POPULATION_TITLES
from vaurien_gui.models.time_view import SPANS

RATES_HZ = (2, 5, 10)
SIZES = (20_000, 50_000, 200_000)
"""Rows that the journal may keep."""
PANELS, WINDOW, LATENCY, MARKERS, RATE = "Graph &panels", "&Window of time", "Latenc&y of", "&Markers", "&Update rate"
EXPORT, KEEP = "Export &graphs", "Journal &keeps"

GRAPH_KEYS = (
    ("Space", "Pause the graphs, go live"),
    ("Home", "Back to the present"),
    ("Left, Right", "Move the crosshair by a second, with Shift by ten"),
    ("+, -", "Zoom time around the crosshair"),
    ("M, Shift+M", "Next marker, the one before"),
    ("Enter", "The journal's row of the marker, or all the room for a panel's title"),
    ("N", "Add a note at the crosshair"),
    ("S", "Show the series of a legend alone, and all again"),
)
"""Keys that work while the graphs have the focus, beside the actions."""


def _tick(key: str, text: str, tip: str, submenu: str, choice: str = "", group: int = 2) -> ActionSpec:
    return ActionSpec(key, text, tip, "View", group=group, check=True, submenu=submenu, choice=choice)


GRAPH_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("pause", "Pause the &graphs", "Data go on being recorded", "View", "", ("Ctrl+P",), 2, check=True),
    ActionSpec("data-table", "Data ta&ble", "The values of the graphs as a table", "View", "", ("Ctrl+T",), 2, True),
    *(_tick(f"panel-{key}", text, f"Show or hide {PANEL_TITLES[key]}", PANELS)
      for key, text in lettered(PANEL_TITLES, taken="maud").items()),
    ActionSpec("panel-maximise", "&Maximise this panel", "All the room, and back", "View", "", ("Ctrl+Shift+M",), 2,
               submenu=PANELS),
    ActionSpec("panel-up", "Move this panel &up", "Above its neighbour", "View", "", ("Ctrl+Shift+Up",), 2,
               submenu=PANELS),
    ActionSpec("panel-down", "Move this panel &down", "Below its neighbour", "View", "", ("Ctrl+Shift+Down",), 2,
               submenu=PANELS),
    *(_tick(f"span-{s}", text, f"Show {dict(SPANS)[s]}", WINDOW, "span") for s, text in lettered(dict(SPANS)).items()),
    *(_tick(f"latency-{key}", text, f"Latency of {POPULATION_TITLES[key].lower()}", LATENCY, "latency")
      for key, text in lettered(POPULATION_TITLES, taken="an").items()),
    *(_tick(f"markers-{key}", text, f"Show or hide markers: {MARKER_CLASSES[key].lower()}", MARKERS)
      for key, text in lettered(MARKER_CLASSES).items()),
    *(_tick(f"rate-{hz}", text, "How often the graphs are drawn", RATE, "rate")
      for hz, text in lettered({hz: f"{hz} times a second" for hz in RATES_HZ}).items()),
    ActionSpec("note", "Add a &note", "Mark this moment on the graphs and in the journal", "Engine", "flag",
               ("Ctrl+M",), 2),
    ActionSpec("clear-graphs", "&Clear the graphs", "Forget curves and markers", "View", "trash", (), 2),
    ActionSpec("graphs-png", "All panels, &PNG…", "What is in sight as a picture", "File", group=3, submenu=EXPORT),
    ActionSpec("graphs-png-2", "All panels, PNG at t&wice the size…", "Sharp in print", "File", group=3,
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
    ActionSpec("clear-journal", "Clear t&he journal", "Forget its rows", "View", "", (), 3),
    *(_tick(f"journal-{n}", text, "Older ones are dropped, and counted", KEEP, "keep", 3)
      for n, text in lettered({n: f"{n:,} rows" for n in SIZES}).items()),
)  # fmt: skip
