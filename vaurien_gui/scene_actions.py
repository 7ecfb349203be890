"""The actions of scenario, states and expectations, declared for the registry; `scenes` says what they do."""

from __future__ import annotations

from vaurien_gui.action_spec import ActionSpec

PHASES, EXPECT = "S&cenario", "Expecta&tions"


def _engine(key: str, text: str, tip: str, icon: str, *keys: str) -> ActionSpec:
    return ActionSpec(key, text, tip, "Engine", icon, keys, 4, submenu=PHASES)


def _profile(key: str, text: str, tip: str, icon: str, submenu: str, *keys: str) -> ActionSpec:
    return ActionSpec(key, text, tip, "Profile", icon, keys, 3, submenu=submenu)


SCENE_ACTIONS: tuple[ActionSpec, ...] = (
    _engine("scenario-toggle", "&Play or pause", "Let the scenario's clock run, or stand still", "play", "F7"),
    _engine("scenario-skip", "&Skip", "End this phase and go to the next one", "skip", "F8"),
    _engine("scenario-restart", "&Begin again", "From the first phase", "restart", "Shift+F7"),
    _engine("scenario-jump", "&Go to the chosen phase", "The one selected in the list", "arrow-right", "Ctrl+J"),
    _profile("phase-add", "&Add a phase", "Behind the chosen one", "plus", PHASES),
    _profile("phase-duplicate", "&Duplicate the phase", "A copy behind it", "copy", PHASES),
    _profile("phase-remove", "&Remove the phase", "Take the chosen phase out", "trash", PHASES),
    _profile("phase-up", "Move the phase &up", "Before the one above", "chevron-up", PHASES),
    _profile("phase-down", "Move the phase d&own", "Behind the one below", "chevron-down", PHASES),
    _profile("phase-proxy", "In this phase, for one &proxy…", "What it replaces of one proxy", "layers", PHASES),
    _profile("expectation-add", "&Add an expectation", "What a run is to show", "plus", EXPECT),
    _profile("expectation-remove", "&Remove the expectation", "Take the chosen one out", "trash", EXPECT),
    _profile("expectation-up", "Move the expectation &up", "Before the one above", "chevron-up", EXPECT),
    _profile("expectation-down", "Move the expectation d&own", "Behind the one below", "chevron-down", EXPECT),
    ActionSpec("take-down", "Take the proxy &down", "Refuse and cut its connections, as a fault", "Profile", "",
               ("Ctrl+Shift+D",), 1, check=True),
    ActionSpec("tab-journal", "&Journal", "What was done to which exchange", "View", "", ("Ctrl+1",), 3),
    ActionSpec("tab-scenario", "Sce&nario", "The profile over time", "View", "", ("Ctrl+2",), 3),
    ActionSpec("tab-expectations", "&Expectations", "What a run is to show", "View", "", ("Ctrl+3",), 3),
    ActionSpec("next-part", "Ne&xt part", "The keyboard to the next part of the window", "View", "", ("Ctrl+Tab",), 3),
    ActionSpec("previous-part", "Pre&vious part", "The keyboard to the part before", "View", "",
               ("Ctrl+Shift+Tab",), 3),
)  # fmt: skip
EDITS = ("phase-add", "phase-duplicate", "phase-remove", "phase-up", "phase-down")
EXPECTATION_EDITS = ("expectation-add", "expectation-remove", "expectation-up", "expectation-down")
