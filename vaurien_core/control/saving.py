"""`POST /v3/save`: the running profile into its file, or into another one in the same folder, and nowhere else."""

from __future__ import annotations

import asyncio
from pathlib import Path

from vaurien_core.control.answers import ForbiddenError
from vaurien_core.engine.base import Engine
from vaurien_core.model.profile import Profile
from vaurien_core.profiles import Document, read_document
from vaurien_core.profiles.saving import render, save
from vaurien_core.registry import Registry

_SUFFIXES = (".ini", ".cfg", ".conf")


class Saver:
    """Writes what was changed since the engine started into its profile's file, lossless. Owned by the application.

    What the command line laid over the file is not written, as it was there before the first change.
    """

    def __init__(self, document: Document, opened: Profile, registry: Registry) -> None:
        assert document.path is not None
        self._document, self._opened, self._registry = document, opened, registry
        self._path = document.path.resolve()
        self._one_at_a_time = asyncio.Lock()

    @classmethod
    async def open(cls, engine: Engine, path: Path, registry: Registry) -> Saver:
        """Remember the file and the profile that the engine made from it.

        Raises:
            ProfileError: the file can't be read.
        """
        return cls(read_document(path), (await engine.profile()).profile, registry)

    async def save(self, profile: Profile, name: str = "") -> Path:
        """Write it; the file written.

        Args:
            profile: to write.
            name: a plain file name in the profile's folder; "" the profile's own file.

        Raises:
            ForbiddenError: the name leads elsewhere. UsageError: it can't be written, or changed on disk meanwhile.
        """
        target = self._target(name)
        async with self._one_at_a_time:
            if target == self._path:
                self._document = await asyncio.to_thread(
                    save, self._document, self._opened, profile, registry=self._registry
                )
                self._opened = profile
            else:
                await asyncio.to_thread(save, self._document, self._opened, profile, target, registry=self._registry)
        return target

    def text(self, profile: Profile) -> str:
        """The file's text as it would be saved: comments and `${NAME}` as they were written."""
        return render(self._document, self._opened, profile, self._registry)

    def _target(self, name: str) -> Path:
        folder = self._path.parent
        target = folder / (name or self._path.name)
        if target.name != (name or self._path.name) or target.suffix.lower() not in (*_SUFFIXES, self._path.suffix):
            raise ForbiddenError(f"file: expected the name of an INI file in {folder}, got {name!r}.")
        if target.is_symlink() or (target.exists() and not target.is_file()):
            raise ForbiddenError(f"file: {name} is not a plain file.")
        return target
