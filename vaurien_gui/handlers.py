"""What the actions of menus and keys do; `actions` says where they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vaurien_gui import exporting, graph_handlers, help_texts, importing

if TYPE_CHECKING:
    from vaurien_gui.app import App


def handlers(app: App) -> dict[str, Callable[[], object]]:
    """What each action does, by its id."""
    session, bench, window, filing = app.session, app.workbench, app.window, app.filing
    undo = session.document.undo
    return {
        "new": lambda: app.spawn(filing.new()),
        "open": lambda: app.spawn(filing.open()),
        "demo": app.run_demo,
        "save": lambda: app.spawn(app.save()),
        "save-as": lambda: app.spawn(filing.save_as()),
        "export": app.sheets.show_export,
        "quit": app.leave,
        "undo": undo.undo,
        "redo": undo.redo,
        "find": window.journal.focus_filter,
        "add-proxy": bench.proxies.add,
        "remove-proxy": bench.proxies.remove_selected,
        "probe": bench.probe.now,
        "zero": bench.mix.zero_all,
        "scale": bench.mix.scale_to_100,
        "start": session.start,
        "stop": bench.stop,
        "apply": session.applying.apply,
        "discard": session.applying.discard,
        "mode-live": lambda: session.applying.set_mode("live"),
        "mode-staged": lambda: session.applying.set_mode("staged"),
        "restart-proxy": bench.proxies.restart,
        "attach": app.attaching.show,
        "detach": app.attaching.detach,
        "all-normal": session.all_normal,
        "resume": session.resume,
        "demo-traffic": bench.demo_traffic,
        "restart-engine": bench.restart_engine,
        "theme-system": lambda: app.set_theme("system"),
        "theme-light": lambda: app.set_theme("light"),
        "theme-dark": lambda: app.set_theme("dark"),
        "preferences": app.preferring.show,
        "zoom-in": lambda: app.preferring.zoom(1),
        "zoom-out": lambda: app.preferring.zoom(-1),
        "zoom-reset": lambda: app.preferring.zoom(0),
        "messages": lambda: app.sheets.read("Messages", help_texts.messages()),
        "manual": app.open_manual,
        "reset-layout": window.reset_layout,
        "next-part": lambda: window.turn_part(1),
        "previous-part": lambda: window.turn_part(-1),
        "full-screen": app.full_screen,
        "shortcuts": lambda: app.sheets.read("Shortcuts", help_texts.shortcuts()),
        "behaviors": lambda: app.sheets.read("Behaviors", help_texts.behaviors(session.catalogue)),
        "about": app.sheets.about,
        **app.preset_sheets.handlers(),
        **exporting.handlers(app),
        **importing.handlers(app),
        **graph_handlers.handlers(app),
        **bench.scenes.handlers(),
        **app.tools.handlers(),
    }
