"""Lossless saving: `render` says what would be written, `save` writes it in the file's place.

Only what changed between the profile as opened and as it is now touches the text, in the section that holds it. Values
that came from a variable or from an extended file are never written expanded: untouched ones stay as they are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vaurien_core.errors import Problem, ProfileError, UsageError
from vaurien_core.model.profile import Profile
from vaurien_core.profiles.changes import Changes
from vaurien_core.profiles.document import Document, check_unchanged, read_document, write_file
from vaurien_core.profiles.editor import Editor
from vaurien_core.profiles.equal import meaning, rebased, same
from vaurien_core.profiles.lines import comment_start
from vaurien_core.profiles.mixes import tokens
from vaurien_core.profiles.reading import loads
from vaurien_core.profiles.values import unquote
from vaurien_core.profiles.writing import dumps
from vaurien_core.registry import Registry

WRITTEN = "the written text"


def render(
    document: Document | None,
    old: Profile,
    new: Profile,
    registry: Registry,
    *,
    env: Mapping[str, str] | None = None,
) -> str:
    """The text that `save` would write.

    Args:
        document: the text as opened; None: a fresh one is made.
        old: the profile that was made from it (with flags over it, say).
        new: the profile as it is now.
        registry: what its options are declared as.
        env: where variables are looked up; the process's environment unless given.

    Raises:
        UsageError: INI text can't hold the profile; says what.
    """
    catalogue = registry.catalogue()
    old, new = _without_orphans(old), _without_orphans(new)
    try:
        folder = document.folder if document else None
        if document is None:
            text, wanted = dumps(new, catalogue), new
        else:

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
    text = render(document, old, new, registry, env=env)
    opening = document.opening if document and document.opening is not None else text
    if document is not None and document.folder is not None and not _same_file(document.folder, target.parent):
        text = opening = _moved(text, document.folder, target.parent)
    data = write_file(target, text, bom=document.bom if document else False)
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
        loaded = loads(text, WRITTEN, registry, env=env, folder=folder, check=False)
    except ProfileError as error:
        raise UsageError(f"the profile can't be written: {_first(error.problems)}") from None
    paths = meaning(loaded.profile, catalogue).differences(meaning(wanted, catalogue))
    if not paths:
        return
    elsewhere = (o for p, o in loaded.origins.items() if p.startswith(paths[0]) and not o.startswith(WRITTEN))
    source = next((f"; it comes from {origin}" for origin in elsewhere), "")
    raise UsageError(f"{paths[0]} can't be written to this file{source}.")


def _without_orphans(profile: Profile) -> Profile:
    """What is expected of a proxy goes with that proxy: the text could not be read otherwise."""
    names = {"", *(spec.name for spec in profile.proxies)}
    return replace(profile, expectations=tuple(e for e in profile.expectations if e.proxy in names))


def _moved(text: str, source: Path, target: Path) -> str:
    """The text for another folder: what it extends is named from there."""
    editor = Editor(text)
    item = editor.item("DEFAULT", "extends")
    if item is None:
        return text
    lines = editor.lines_of(item)
    for name in sorted({unquote(token.text) for token in tokens(item.text)}, key=len, reverse=True):
        if not Path(name).expanduser().is_absolute() and "${" not in name:
            moved = Path(os.path.relpath(source / name, target)).as_posix()
            lines = [_named(line, name, moved) for line in lines]
    editor.set_lines(item, lines)
    return editor.text


def _named(line: str, old: str, new: str) -> str:
    """A line with one file name in place of another; its comment stays."""
    start = comment_start(line)
    body, tail = (line, "") if start is None else (line[:start], line[start:])
    return re.sub(rf"(?<![\w./-]){re.escape(old)}(?![\w./-])", lambda _: new, body) + tail


def _first(problems: tuple[Problem, ...]) -> str:
    return str(problems[0]) if problems else "it does not read back."


def _same_file(one: Path, two: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(two)
