"""Files that hold keys: written in one step, readable by their owner only."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from vaurien_core.errors import UsageError, VaurienError


class CertificateError(VaurienError):
    """No certificate can be made here: a package, a right or a readable file is missing."""

    exit_status = UsageError.exit_status


def write_private(path: Path, text: str, *, keep: bool = False, mode: int = 0o600) -> None:
    """Write an ASCII file in one step; one that was there is replaced or, with `keep`, left as it is.

    Raises:
        OSError: the folder can't be written.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="ascii") as file:
            file.write(text)
        if not keep:
            fresh.replace(path)
            return
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
