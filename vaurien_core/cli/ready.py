"""Ready: what is told, and to whom, when every listener is bound and the control server is up."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from vaurien_core import __version__
from vaurien_core.addresses import Address
from vaurien_core.errors import UsageError
from vaurien_core.frozen import dataclass

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
"""What a client on this machine connects to when a listener is bound to every interface."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What is up."""

    seed: int
    proxies: Mapping[str, str]
    """Name to bound address."""
    control: str = ""
    """URL of the first control site, or ""."""
    token: str = ""

    @property
    def line(self) -> str:
        """The line on stdout: `ready default=127.0.0.1:40123 seed=42`."""
        places = "".join(f" {name}={address}" for name, address in self.proxies.items())
        return f"ready{places} seed={self.seed}"

    def write(self, path: Path) -> None:
        """Write the ready file: JSON, 0600, complete or not at all.

        Raises:
            UsageError: it can't be written.
        """
        import json

        content = {
            "pid": os.getpid(),
            "version": __version__,
            "seed": self.seed,
            "control": self.control,
            "token": self.token,
            "proxies": {name: _place(address) for name, address in self.proxies.items()},
        }
        write_private(path, json.dumps(content, indent=2) + "\n")

    def environment(self) -> dict[str, str]:
        """What a command finds in its environment."""
        found = {"VAURIEN_SEED": str(self.seed)}
        if self.control:
            found["VAURIEN_CONTROL"] = self.control
            found["VAURIEN_TOKEN"] = self.token
        for name, address in self.proxies.items():
            prefix = f"VAURIEN_{re.sub('[^0-9A-Z]', '_', name.upper())}"
            for key, value in _place(address).items():
                found[f"{prefix}_{key.upper()}"] = str(value)
        return found


def write_private(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only.

    Raises:
        UsageError: it can't be written.
    """
    import tempfile

    try:
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror}.") from None


def _place(address: str) -> dict[str, str | int]:
    parsed = Address.parse(address)
    if parsed.is_unix:
        return {"path": parsed.path}
    return {"host": _ANYWHERE.get(parsed.host, parsed.host), "port": parsed.port}
