"""Loading plugins: dotted paths and single files that a profile names, and entry points of installed packages.

What is found is a new-style class (`Behavior`, `ProtocolType`), or an old-style one, which gets its adapter. Called
by the command line and the engine's process, never by the control API. Every failure is one sentence.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from vaurien_core.behaviors.base import Behavior
from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.legacy.plugins import adapt_behavior, adapt_protocol, is_old_behavior, is_old_protocol
from vaurien_core.legacy.plugins.threads import Slots
from vaurien_core.model.profile import PluginSpec
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.registry import Registry

T = TypeVar("T")
BEHAVIOR, PROTOCOL = "behavior", "protocol"
GROUPS = {"vaurien.behaviors": BEHAVIOR, "vaurien.protocols": PROTOCOL}


def load(registry: Registry, spec: PluginSpec, folder: Path | None = None) -> None:
    """Add what `[behavior:NAME] callable = ...` names, under NAME.

    `callable` is `package.module.Class`, `file.py` (with one fitting class of its own) or `file.py:Class`. Modules and
    files beside the profile are found too.

    Args:
        registry: to add to.
        spec: what the profile says.
        folder: of the profile; the current one unless given.

    Raises:
        UsageError: it can't be loaded, or is neither kind of plugin.
    """
    path, colon, name = spec.callable.partition(":")
    if path.endswith(".py"):
        module = _from_file((folder or Path.cwd()) / path)
        found = _member(module, name, spec) if colon else _only(module, spec)
    else:
        if not colon:
            path, _, name = spec.callable.rpartition(".")
        if not path or not name:
            raise UsageError(f'"{spec.callable}" is no dotted path such as package.module.Class.')
        found = _member(_import(path, folder or Path.cwd()), name, spec)
    _add(registry, spec.kind, spec.name, found, spec.callable)


def load_installed(registry: Registry) -> list[str]:
    """Add the plugins of installed packages (entry points); returns a sentence for each that failed."""
    failed = []
    for group, kind in GROUPS.items():
        for entry in entry_points(group=group):
            try:
                _add(registry, kind, entry.name, _entry(entry), entry.value)
            except UsageError as error:
                failed.append(f"{group} {entry.name}: {error}")
    return failed


def _entry(entry: EntryPoint) -> object:
    try:
        return entry.load()
    except Exception as error:
        raise UsageError(f"{entry.value} can't be loaded: {_told(error)}.") from error


def _import(name: str, folder: Path) -> ModuleType:
    """Import a module, looking beside the profile last."""
    place = str(folder.resolve())
    added = place not in sys.path
    if added:
        sys.path.append(place)
    try:
        importlib.invalidate_caches()
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise UsageError(f'there is no module "{error.name}", neither installed nor in {place}.') from error
        raise UsageError(f"{name} can't be loaded: {_told(error)}.") from error
    except Exception as error:
        raise UsageError(f"{name} can't be loaded: {_told(error)}.") from error
    finally:
        if added:
            sys.path.remove(place)


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"there is no file {path}.")
    name = f"vaurien_plugin_{path.stem}_{abs(hash(str(path.resolve()))):x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UsageError(f"{path} can't be loaded: {_told(error)}.") from error
    return module


def _told(error: Exception) -> str:
    line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
    reason = str(error).splitlines()[0].rstrip(".") if str(error) else "no reason given"
    return f"{type(error).__name__}{line}: {reason}"


def _member(module: ModuleType, name: str, spec: PluginSpec) -> object:
    try:
        return getattr(module, name)
    except AttributeError:
        known = [n for n, v in vars(module).items() if _fits(v, spec.kind)]
        nearest = f",{did_you_mean(name, known)}" if known else "."
        raise UsageError(f'{spec.callable}: there is no "{name}" in it{nearest}') from None


def _only(module: ModuleType, spec: PluginSpec) -> object:
    own = [v for v in vars(module).values() if _fits(v, spec.kind) and getattr(v, "__module__", "") == module.__name__]
    if len(own) == 1:
        return own[0]
    if not own:
        raise UsageError(f"{spec.callable} defines no {spec.kind}.")
    names = ", ".join(sorted(str(getattr(v, "__name__", v)) for v in own))
    raise UsageError(f"{spec.callable} defines several ({names}); name one: {spec.callable}:{own[0].__name__}.")


def _fits(found: object, kind: str) -> bool:
    if not isinstance(found, type):
        return False
    if kind == BEHAVIOR:
        return (issubclass(found, Behavior) and found is not Behavior) or is_old_behavior(found)
    return (issubclass(found, ProtocolType) and found is not ProtocolType) or is_old_protocol(found)


def _add(registry: Registry, kind: str, name: str, found: object, origin: str) -> None:
    if not isinstance(found, type) or not _fits(found, kind):
        wanted = "on_before_handle or on_after_handle" if kind == BEHAVIOR else "_handle"
        base = Behavior if kind == BEHAVIOR else ProtocolType
        raise UsageError(f"{origin} is no {kind}: it neither derives from {base.__name__} nor has {wanted}.")
    slots = registry.shared(Slots)
    if kind == BEHAVIOR:
        behavior = found if issubclass(found, Behavior) else adapt_behavior(found, name, slots)
        registry.add_behavior(_named(behavior, name), origin)
    else:
        protocol = found if issubclass(found, ProtocolType) else adapt_protocol(found, name, slots)
        registry.add_protocol(_named(protocol, name), origin)


def _named(kind: type[T], name: str) -> type[T]:
    """The class under the name that the profile gives it."""
    own = vars(kind).get("name", getattr(kind, "name", ""))
    if own == name:
        return kind
    return type(kind.__name__, (kind,), {"__doc__": kind.__doc__, "__module__": kind.__module__, "name": name})
