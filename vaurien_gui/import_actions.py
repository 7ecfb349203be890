"""File > Import, declared for the registry; `importing` says what it does."""

from __future__ import annotations

from vaurien_gui.action_spec import ActionSpec

IMPORT = "&Import"

IMPORT_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "import-toxiproxy", "&Toxiproxy JSON…", "Proxies and toxics of a Toxiproxy file, as a new profile", "File",
        submenu=IMPORT,
    ),
)  # fmt: skip
