"""Profiles in files: the one module of the window that calls `vaurien_core.profiles`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vaurien_core import profiles
from vaurien_core.errors import ProfileError, VaurienError
from vaurien_core.model.profile import Profile
from vaurien_core.registry import Registry
from vaurien_gui.document import Document


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the headless program reads it."""

    profile: Profile | None
    problem: str = ""


def open_file(document: Document, path: Path, registry: Registry) -> tuple[str, ...]:
    """Open a file in the document; returns warnings.

    Contradictions that the window can mend (weights over 100 %) are let through.

    Raises:
        ProfileError: it can't be read; says every reason with its line.
    """
    loaded = profiles.load(path, registry, check=False)
    document.replace(loaded.profile, path=path.resolve(), source=loaded.document)
    return tuple(str(p) for p in loaded.problems)


def restore(document: Document, text: str, path: Path | None, title: str, registry: Registry) -> None:
    """Open a text that was never saved, as changes of the file at `path` (or of none).

    Raises:
        ProfileError: the text can't be read.
    """
    folder = path.parent if path is not None else None
    loaded = profiles.loads(text, path.name if path else "profile.ini", registry, folder=folder, check=False)
    try:
        saved = profiles.load(path, registry, check=False) if path is not None else None
    except ProfileError:
        saved = None
    if path is not None and saved is not None:
        document.replace(loaded.profile, path=path.resolve(), source=saved.document, baseline=saved.profile)
    else:  # the text itself is what saving begins with, so what stands for a variable stays unexpanded
        document.replace(loaded.profile, source=loaded.document, title=path.name if path else title, unsaved=True)


def save_file(document: Document, path: Path, registry: Registry) -> None:
    """Write what changed, and nothing else, to the file; another path gets the same text with the changes.

    Raises:
        UsageError: it can't be written, or changed on disk since it was opened.
    """
    profile = document.profile
    assert profile is not None
    source = profiles.save(document.source, document.baseline or profile, profile, path, registry=registry)
    document.saved(path.resolve(), source, profile)


def profile_text(document: Document, registry: Registry, profile: Profile | None = None) -> str:
    """The INI text that saving would write; of another profile, if one is given.

    Raises:
        UsageError: the profile can't be written.
    """
    assert document.profile is not None
    wanted = document.profile if profile is None else profile
    return profiles.render(document.source, document.baseline or document.profile, wanted, registry)


def copy_file(document: Document, path: Path, registry: Registry) -> None:
    """Write the profile to a file that does not become the document's.

    Raises:
        UsageError: it can't be written.
    """
    assert document.profile is not None
    profiles.save(document.source, document.baseline or document.profile, document.profile, path, registry=registry)


def check_text(text: str, folder: Path | None, registry: Registry) -> Text:
    """Read a text as `--headless` does."""
    try:
        loaded = profiles.loads(text, "profile.ini", registry, folder=folder)
    except VaurienError as error:
        return Text(None, str(error))
    return Text(loaded.profile)
