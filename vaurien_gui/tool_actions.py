"""The actions of the Tools menu and of a mix as a whole, declared for the registry; `tools` says what they do."""

from __future__ import annotations

from vaurien_gui.action_spec import ActionSpec

TOOL_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("solo", "&Solo", "The row in hand gets all that the faults have; again gives it back", "Profile",
               "", ("Ctrl+Shift+L",), 3),
    ActionSpec("split", "Spl&it evenly", "All rows over 0 % get the same share", "Profile", "", (), 3),
    ActionSpec("validate", "&Validate", "What the headless core says of this profile", "Profile", "tick",
               ("Ctrl+Shift+V",), 3),
    ActionSpec("client-settings", "&Client settings…", "What to point a client at, by language and variable", "Tools"),
    ActionSpec("doctor", "&Doctor", "What this installation can and can't do", "Tools", "", (), 1),
    ActionSpec("verify", "&Verify faults…", "Measure here whether every fault does what it claims", "Tools", "", (), 1),
    ActionSpec("tab-log", "&Log", "What the window and its engine wrote", "Tools", "", ("Ctrl+4",), 1),
    ActionSpec("open-logs", "&Open logs", "The folder of the log file", "Tools", "folder", (), 1),
)  # fmt: skip
