"""Code that a profile names: which files it is, and whether this user said that it may run. Nothing is imported here.

Trust is kept by the hash of the files, in a file of the window's state that only its owner can read: the same code is
asked about once, changed code again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from vaurien_core.cli.ready import write_private
from vaurien_core.errors import UsageError
from vaurien_core.model.profile import PluginSpec, Profile


@dataclass(frozen=True, slots=True)
class NamedCode:
    """One piece of code that a profile names."""

    kind: str
    """`behavior` or `protocol`."""
    name: str
    callable: str
    files: tuple[Path, ...]
    """What would be run first: the module, and the packages around it. Empty: it was not found."""
    digest: str
    """SHA-256 of these files, hexadecimal; "" where there is none."""

    @property
    def file(self) -> str:
        """The module's file, for people."""
        return str(self.files[-1]) if self.files else "not found"


def named_code(profile: Profile, folder: Path | None) -> tuple[NamedCode, ...]:
    """What a profile names, as it lies on the disk now.

    Args:
        profile: which.
        folder: of its file; None: the current one.
    """
    return tuple(_code(spec, folder or Path.cwd()) for spec in profile.plugins)


class Trust:
    """The hashes that the user said yes to.

    Args:
        file: where they are kept; None: nowhere, for this session only.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._digests: set[str] = set()
        if file is not None:
            with suppress(OSError, ValueError, TypeError):
                self._digests = {str(each) for each in json.loads(file.read_text(encoding="utf-8"))["sha256"]}

    def trusts(self, codes: Iterable[NamedCode]) -> bool:
        """Whether all of it may run; what can't be found never."""
        return all(code.digest and code.digest in self._digests for code in codes)

    def remember(self, codes: Iterable[NamedCode]) -> None:
        """The user said yes. Where it can't be written it holds for this session."""
        self._digests |= {code.digest for code in codes if code.digest}
        if self._file is not None:
            with suppress(OSError, UsageError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                write_private(self._file, json.dumps({"sha256": sorted(self._digests)}, indent=1) + "\n")


def _code(spec: PluginSpec, folder: Path) -> NamedCode:
    files = _files(spec.callable, folder)
    digest = hashlib.sha256()
    try:
        for file in files:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    except OSError:
        files = ()
    return NamedCode(spec.kind, spec.name, spec.callable, files, digest.hexdigest() if files else "")


def _files(named: str, folder: Path) -> tuple[Path, ...]:
    """As `vaurien_core.plugins` looks for it: beside the profile last."""
    path, colon, _ = named.partition(":")
    if path.endswith(".py"):
        file = folder / path
        return (file,) if file.is_file() else ()
    if not colon:
        path = named.rpartition(".")[0]
    found: list[Path] = []
    places: list[str] | None = [str(Path.cwd()), *sys.path, str(folder)]
    name = ""
    for part in path.split("."):
        name = f"{name}.{part}" if name else part
        if places is None:
            return ()
        spec = PathFinder.find_spec(name, places)
        if spec is None:
            return ()
        if spec.origin and spec.has_location:
            found.append(Path(spec.origin))
        places = list(spec.submodule_search_locations) if spec.submodule_search_locations is not None else None
    return tuple(found)
