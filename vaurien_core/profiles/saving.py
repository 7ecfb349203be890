"""Lossless saving: `render` says what would be written, `save` writes it in the file's place.

Only what changed between the profile as opened and as it is now touches the text, in the section that holds it. Values
that came from a variable or from an extended file are never written expanded: untouched ones stay as they are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vaurien_core.errors import Problem, ProfileError, UsageError
from vaurien_core.model.profile import Profile
from vaurien_core.profiles.changes import Changes
from vaurien_core.profiles.document import Document, check_unchanged, read_document, write_file
from vaurien_core.profiles.equal import meaning, rebased, same
from vaurien_core.profiles.reading import loads
from vaurien_core.profiles.writing import dumps
from vaurien_core.registry import Registry


def render(
    document: Document | None,
    old: Profile,
    new: Profile,
    registry: Registry,
    *,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """The text that `save` would write.

    Args:
        document: the text as opened; None: a fresh one is made.
        old: the profile that was made from it (with flags over it, say).
        new: the profile as it is now.
        registry: what its options are declared as.
        env: where variables are looked up; the process's environment unless given.
        folder: where extended files begin; the document's own unless given.

    Raises:
        UsageError: INI text can't hold the profile; says what.
    """
    catalogue = registry.catalogue()
    old, new = _without_orphans(old), _without_orphans(new)
    try:
        if document is None:
            text, wanted = dumps(new, catalogue), new
        else:
            folder = folder or document.folder

            def read(text: str) -> Profile:
                return loads(text, document.name, registry, env=env, folder=folder, check=False).profile

            current = read(document.text)
            wanted = rebased(current, old, new)
            if document.opening is not None and same(wanted, read(document.opening), catalogue):
                text = document.opening
            else:
                text = Changes(document.text, document.name, registry, folder, env).write(current, wanted)
    except ValueError as error:
        raise UsageError(f"the profile can't be written: {error}.") from None
    _check(text, wanted, registry, env, folder)
    return text


def save(
    document: Document | None,
    old: Profile,
    new: Profile,
    path: Path | None = None,
    *,
    registry: Registry,
    env: Mapping[str, str] | None = None,
    force: bool = False,
) -> Document:
    """Write the profile; returns the document as it then stands.

    Args:
        document: as opened, or None for a profile without a file.
        old: the profile that was made from it.
        new: the profile to write.
        path: another file to write to (Save as); the document's own unless given.
        registry: what its options are declared as.
        env: where variables are looked up.
        force: write although the file changed on disk.

    Raises:
        ChangedOnDiskError: somebody else wrote the file meanwhile. UsageError: it can't be written, or can't hold the
            profile. In each case the file is as it was.
    """
    target = path or (document.path if document else None)
    if target is None:
        raise UsageError("the profile has no file yet: expected a path to save it to.")
    own = document is not None and document.path is not None and _same_file(document.path, target)
    if own and document is not None and not force:
        check_unchanged(document)
    text = render(document, old, new, registry, env=env, folder=None if own else target.parent)
    data = write_file(target, text, bom=document.bom if document else False)
    opening = document.opening if document and document.opening is not None else text
    return Document(target, text, data, document.bom if document else False, opening)


def reread(document: Document) -> Document:
    """The file as it stands now, with nothing remembered.

    Raises:
        ProfileError: it can't be read.
    """
    if document.path is None:
        return document
    return read_document(document.path)


def _check(text: str, wanted: Profile, registry: Registry, env: Mapping[str, str] | None, folder: Path | None) -> None:
    """Read it back: what is written must mean what was wanted."""
    catalogue = registry.catalogue()
    try:
        loaded = loads(text, "the written text", registry, env=env, folder=folder, check=False)
    except ProfileError as error:
        raise UsageError(f"the profile can't be written: {_first(error.problems)}") from None
    paths = meaning(loaded.profile, catalogue).differences(meaning(wanted, catalogue))
    if not paths:
        return
    origins = {
        origin for p, origin in loaded.origins.items() if p.startswith(paths[0]) and "the written text" not in origin
    }
    source = f"; it comes from {', '.join(sorted(origins))}" if origins else ""
    raise UsageError(f"{paths[0]} can't be written to this file{source}.")


def _without_orphans(profile: Profile) -> Profile:
    """What is expected of a proxy goes with that proxy: the text could not be read otherwise."""
    names = {"", *(spec.name for spec in profile.proxies)}
    return replace(profile, expectations=tuple(e for e in profile.expectations if e.proxy in names))


def _first(problems: tuple[Problem, ...]) -> str:
    return str(problems[0]) if problems else "it does not read back."


def _same_file(one: Path, two: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(two)
