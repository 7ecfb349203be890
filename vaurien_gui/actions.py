"""Everything that can be done from a menu or a key, declared once: menus, toolbar, shortcuts and tests read it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from vaurien_gui.action_spec import ActionSpec as ActionSpec
from vaurien_gui.action_spec import lettered
from vaurien_gui.export_actions import EXPORT_ACTIONS, NEW_ACTIONS, PRESET_ACTIONS
from vaurien_gui.graph_actions import GRAPH_ACTIONS
from vaurien_gui.import_actions import IMPORT_ACTIONS
from vaurien_gui.scene_actions import SCENE_ACTIONS
from vaurien_gui.style.theme import Theme
from vaurien_gui.tool_actions import TOOL_ACTIONS

MENUS = ("File", "Edit", "Profile", "Engine", "View", "Tools", "Help")
BAR = lettered({name: name for name in MENUS})
"""Their titles while Alt is held."""

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("new", "&New", "A new profile with one proxy", "File", "layers", ("Ctrl+N",)),
    *NEW_ACTIONS,
    ActionSpec("open", "&Open…", "Open a profile, the same INI file that CI runs", "File", "folder", ("Ctrl+O",)),
    *IMPORT_ACTIONS,
    ActionSpec("demo", "Run the &demo", "Built-in backend and traffic on free ports", "File", "play", group=1),
    ActionSpec("save", "&Save", "Write the profile to its file", "File", "", ("Ctrl+S",), 2),
    ActionSpec("save-as", "Save &as…", "Write the profile to another file", "File", "", ("Ctrl+Shift+S",), 2),
    ActionSpec(
        "export", "&Export for CI…", "INI, command, pytest, Compose, GitHub Actions", "File", "export", ("Ctrl+E",), 3
    ),
    ActionSpec(
        "preferences", "&Preferences…", "Theme, size, graphs, journal, engine", "File", "sliders", ("Ctrl+,",), 4
    ),
    ActionSpec("quit", "&Quit", "Close the window and stop everything", "File", "", ("Ctrl+Q",), 4),
    ActionSpec("undo", "&Undo", "Take the last edit back, live", "Edit", "undo", ("Ctrl+Z",)),
    ActionSpec("redo", "&Redo", "Make it again", "Edit", "", ("Ctrl+Shift+Z", "Ctrl+Y")),
    ActionSpec("find", "&Find in the journal", "Filter the journal", "Edit", "search", ("Ctrl+F",), 1),
    *EXPORT_ACTIONS,
    ActionSpec("add-proxy", "&Add proxy", "One more listener in this profile", "Profile", "plus"),
    ActionSpec("remove-proxy", "&Remove proxy", "Take the selected proxy out of the profile", "Profile", "trash"),
    *PRESET_ACTIONS,
    ActionSpec("probe", "&Probe backend", "Say what answers at the backend's address", "Profile", "", ("F6",), 2),
    ActionSpec("zero", "&Zero the sliders", "Set every weight to 0 %, and switch toxics off", "Profile", "", (), 3),
    ActionSpec("scale", "Sca&le to 100 %", "Scale a mix that exceeds 100 %", "Profile", "", (), 3),
    ActionSpec("start", "&Start", "Listen on every enabled proxy", "Engine", "play", ("F5",)),
    ActionSpec("stop", "S&top", "Close every listener and connection", "Engine", "stop", ("Shift+F5",)),
    ActionSpec("all-normal", "&All normal", "Pass everything untouched, at once", "Engine", "shield", ("Ctrl+0",), 1),
    ActionSpec("resume", "&Resume faults", "End all-normal", "Engine", "", (), 1),
    ActionSpec(
        "apply", "A&pply", "Send what is staged as one change", "Engine", "tick", ("Ctrl+Return", "Ctrl+Enter"), 2
    ),
    ActionSpec("discard", "D&iscard", "Put staged edits back to what the engine runs", "Engine", "", (), 2),
    ActionSpec("mode-live", "&Live", "Edits act at once", "Engine", "", (), 2, check=True, choice="apply"),
    ActionSpec("mode-staged", "Sta&ged", "Edits wait for Apply", "Engine", "", (), 2, check=True, choice="apply"),
    ActionSpec("demo-traffic", "Demo tra&ffic", "Built-in client, 20 requests a second", "Engine", "", (), 3),
    ActionSpec(
        "restart-proxy",
        "Restart pro&xy",
        "Close the selected proxy's connections and listen again",
        "Engine",
        "",
        (),
        4,
    ),
    ActionSpec("restart-engine", "Restart the &engine", "A new engine with this profile", "Engine", "refresh", (), 4),
    ActionSpec("attach", "Attac&h…", "Show and steer an engine that runs already", "Engine", "", (), 5),
    ActionSpec("detach", "&Detach", "Let it run on, and keep its profile here", "Engine", "", (), 5),
    ActionSpec("theme-system", "&System theme", "Follow the desktop", "View", check=True, choice="theme"),
    ActionSpec("theme-light", "&Light", "Light colours", "View", check=True, choice="theme"),
    ActionSpec("theme-dark", "&Dark", "Dark colours", "View", check=True, choice="theme"),
    *GRAPH_ACTIONS,
    ActionSpec("zoom-in", "Zoom &in", "Everything larger", "View", "", ("Ctrl++", "Ctrl+="), 1),
    ActionSpec("zoom-out", "Zoom &out", "Everything smaller", "View", "", ("Ctrl+-",), 1),
    ActionSpec("zoom-reset", "&Actual size", "As large as the desktop's font", "View", "", (), 1),
    *SCENE_ACTIONS,
    *TOOL_ACTIONS,
    ActionSpec("reset-layout", "&Reset layout", "Panels back to where they were at first", "View", group=1),
    ActionSpec("full-screen", "&Full screen", "All of the screen, and back", "View", "", ("F11",), 1),
    ActionSpec("manual", "&Manual", "From the demo to CI in ten minutes, and the reference", "Help", "document"),
    ActionSpec("messages", "M&essages…", "Every message with an id, and what to do", "Help"),
    ActionSpec("shortcuts", "&Shortcuts", "All keys", "Help", "", ("F1",)),
    ActionSpec("behaviors", "&Behavior reference", "What each fault does on the wire", "Help"),
    ActionSpec("about", "&About Vaurien", "Version, engine, log file", "Help", "", (), 1),
)


class Actions(QObject):
    """The live `QAction`s, by id; owned by the window."""

    def __init__(self, window: QWidget, theme: Theme, handlers: Mapping[str, Callable[[], object]]) -> None:
        super().__init__(window)
        self._theme = theme
        self._actions = {spec.id: self._make(window, spec, handlers[spec.id]) for spec in ACTIONS}
        theme.changed.connect(self._recolor)
        self._recolor()

    def __getitem__(self, action_id: str) -> QAction:
        """One action.

        Raises:
            KeyError: no such id.
        """
        return self._actions[action_id]

    def enable(self, **states: bool) -> None:
        """Enable or disable by id, with `_` for `-`."""
        for name, enabled in states.items():
            self._actions[name.replace("_", "-")].setEnabled(enabled)

    def _make(self, window: QWidget, spec: ActionSpec, handler: Callable[[], object]) -> QAction:
        action = QAction(spec.text, window)
        action.setObjectName(spec.id)
        action.setShortcuts([QKeySequence(keys) for keys in spec.shortcuts])
        action.setToolTip(spec.tip)
        action.setStatusTip(spec.tip)
        action.setCheckable(spec.check)
        action.setProperty("drawing", spec.icon)
        action.triggered.connect(lambda _checked=False: handler())
        window.addAction(action)
        return action

    def _recolor(self) -> None:
        for spec in ACTIONS:
            if spec.icon:
                self._actions[spec.id].setIcon(self._theme.icon(spec.icon))
