"""Where the files beside the code are: in a checkout, an installed wheel, or a frozen program."""

from __future__ import annotations

import sys
from pathlib import Path

from vaurien_core.errors import VaurienError

_PACKAGE = Path(__file__).resolve().parent


def resources() -> Path:
    """The folder that holds `icons/`, `profiles/` and the rest.

    Raises:
        VaurienError: there is none; the installation is incomplete.
    """
    for folder in _candidates():
        if folder.is_dir():
            return folder
    raise VaurienError("the files that belong to Vaurien are missing; install it again.")


def resource(*parts: str) -> Path:
    """One file or folder in it: `resource("profiles", "classic.ini")`.

    Raises:
        VaurienError: it is not there.
    """
    path = resources().joinpath(*parts)
    if not path.exists():
        raise VaurienError(f"{'/'.join(parts)} is missing from Vaurien's files; install it again.")
    return path


def _candidates() -> list[Path]:
    frozen = getattr(sys, "_MEIPASS", None)
    folders = [Path(frozen) / "resources", Path(frozen) / "vaurien_core" / "_resources"] if frozen else []
    return [*folders, _PACKAGE / "_resources", _PACKAGE.parent / "resources"]
