"""Where the window keeps what is its own: its layout, the recent files, its log. Profiles never live here."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from vaurien_core.profiles import presets

APP = "vaurien"


def settings_file() -> Path:
    """Window layout, theme and recent files, as Qt's INI. `VAURIEN_GUI_STATE` names another folder (tests use it)."""
    return _state_folder() / "window.ini"


def presets_folder() -> Path:
    """The user's presets, shared with the command line; beside the settings where those lie elsewhere."""
    own = os.environ.get("VAURIEN_GUI_STATE", "")
    return Path(own) / "presets" if own else presets.user_folder()


def log_file() -> Path:
    """What went wrong, for reports."""
    return _state_folder() / "window.log"


def _state_folder() -> Path:
    own = os.environ.get("VAURIEN_GUI_STATE", "")
    folder = Path(own) if own else Path(platformdirs.user_state_dir(APP, appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
