"""Edit > Copy as and the presets, declared for the registry; `exporting` and `preset_sheets` say what they do."""

from __future__ import annotations

from vaurien_gui.action_spec import ActionSpec

COPY_AS = "&Copy as"
FORMS = {"ini": "INI", "command": "Command", "pytest": "pytest", "compose": "Compose", "workflow": "GitHub Actions"}
"""Key and title of what `vaurien_core.profiles.export` renders; a test holds them together."""

EXPORT_ACTIONS: tuple[ActionSpec, ...] = (
    *(
        ActionSpec(f"copy-{key}", f"&{title}", f"Copy the profile as {title}", "Edit", group=2, submenu=COPY_AS)
        for key, title in FORMS.items()
    ),
    ActionSpec(
        "copy-proxy", "INI of the &selected proxy", "Copy this proxy alone, as INI", "Edit", group=2, submenu=COPY_AS
    ),
)
NEW_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("new-from-preset", "New from &preset…", "A new profile that fails in a known way", "File", "",
               ("Ctrl+Shift+N",)),
)  # fmt: skip
PRESET_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("presets", "Pr&esets…", "Known ways to fail, for the selected proxy", "Profile", "layers",
               ("Ctrl+L",), 1),
    ActionSpec("save-preset", "Save mi&x as preset…", "The present mix as a preset of your own", "Profile", group=1),
)  # fmt: skip
