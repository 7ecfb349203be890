"""INI text to `Profile`: `load` a file, `loads` a text. All that is wrong is said at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from vaurien_core.errors import Problem, ProfileError
from vaurien_core.frozen import dataclass
from vaurien_core.model.profile import PluginSpec, Profile
from vaurien_core.profiles.building import Builder
from vaurien_core.profiles.checks import contradictions
from vaurien_core.profiles.document import Document, read_document
from vaurien_core.profiles.layers import Flags, Layers, read_layers
from vaurien_core.registry import Registry

LoadPlugin = Callable[[PluginSpec], None]
"""Adds what `callable = ...` names to the registry; raises `VaurienError`."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A profile with everything that is known of where it came from."""

    profile: Profile
    problems: tuple[Problem, ...]
    """Warnings only."""
    document: Document
    origins: Mapping[str, str]
    """Path in the profile (`proxies/web/behaviors/delay/sleep`) to `file:line`, or to the flag."""


def load(
    path: Path | str | None,
    registry: Registry,
    *,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    flags: Flags | None = None,
    load_plugins: LoadPlugin | None = None,
) -> Loaded:
    """Read a profile from a file, with the command line's flags over it.

    Args:
        path: of the file; None: flags and defaults only.
        registry: what behaviors and protocols there are.
        env: where `${NAME}` is looked up; the process's environment unless given.
        check: False keeps contradictions (not mistakes of form) from being errors; for a window that mends them.
        flags: section to key to text; `proxy`, `backend`, `protocol` and `behavior` of `vaurien` mean the proxy
            `default`, or the only one.
        load_plugins: called for each `callable = ...` before its options are read. Without it such a behavior's
            options are kept as texts.

    Raises:
        ProfileError: holds every problem.
    """
    if path is None:
        return _read(Document(None, ""), None, "", registry, env, check, flags, load_plugins)
    document = read_document(Path(path))
    return _read(document, document.text, str(path), registry, env, check, flags, load_plugins)


def loads(
    text: str,
    name: str,
    registry: Registry,
    *,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    check: bool = True,
    flags: Flags | None = None,
    load_plugins: LoadPlugin | None = None,
) -> Loaded:
    """Read a profile from a text called `name` in messages; its extended files begin in `folder`. Else like `load`."""
    document = Document(None, text)
    return _read(document, text, name, registry, env, check, flags, load_plugins, folder)


def named_rules(path: Path) -> dict[str, str]:
    """The behaviors that a file and those it extends set up, and the `type` of each ("": none is written).

    For whoever has to know names before the profile is read; what is wrong with the file is for `load` to say.
    """
    try:
        document = read_document(path)
    except ProfileError:
        return {}
    layers = read_layers(document.text, str(path), document.folder, os.environ)
    found: dict[str, str] = {}
    for section, cells in layers.sections.items():
        kind, _, rest = section.partition(":")
        if kind == "behavior" and rest:
            name = rest.partition("@")[0]
            found[name] = cells["type"].text if "type" in cells else found.get(name, "")
    return found


def _read(
    document: Document,
    text: str | None,
    name: str,
    registry: Registry,
    env: Mapping[str, str] | None,
    check: bool,
    flags: Flags | None,
    load_plugins: LoadPlugin | None,
    folder: Path | None = None,
) -> Loaded:
    folder = document.folder or folder
    layers = read_layers(text, name, folder, os.environ if env is None else env, flags)
    builder = Builder(layers, registry, load_plugins)
    profile = builder.build()
    problems = [*layers.problems, *builder.problems]
    if check:
        problems += contradictions(profile, registry, builder.cells, folder)
    problems = _placed(layers, problems)
    errors = [p for p in problems if p.severity == "error"]
    if errors:
        raise ProfileError(errors)
    document = replace(document, opening=document.text) if text is not None else document
    origins = {path: cell.origin for path, cell in builder.cells.items()}
    return Loaded(profile, tuple(problems), document, origins)


def _placed(layers: Layers, problems: list[Problem]) -> list[Problem]:
    """In file order, each once: the own file first, flags last."""
    files = list(dict.fromkeys(p.file for p in problems if p.line))
    own = layers.places and next(iter(layers.places.values()))[0]
    files.sort(key=lambda f: f != own)
    rank = {name: index for index, name in enumerate(files)}
    return sorted(dict.fromkeys(problems), key=lambda p: (rank.get(p.file, len(files)), p.line))
