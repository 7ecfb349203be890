"""`backend = https://host/path` in a profile or on the command line: what it says, unless a key beside it does.

Called by the builder once per proxy. The text itself stays as it was written; only the `Profile` has what it means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vaurien_core.errors import OptionError
from vaurien_core.options import OptionValues
from vaurien_core.profiles.layers import Cell
from vaurien_core.registry import Registry

if TYPE_CHECKING:
    from vaurien_core.profiles.building import Builder


SIGN = "://"
"""Without it a text is no URL, and what reads them is not imported."""


class DefaultPorts(Mapping[str, int]):
    """The default port of every protocol, read off it when it is asked for."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __getitem__(self, protocol: str) -> int:
        if protocol not in self._registry.protocol_names:
            raise KeyError(protocol)
        return self._registry.protocol(protocol).default_port

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry.protocol_names)

    def __len__(self) -> int:
        return len(self._registry.protocol_names)


def take_url(builder: Builder, proxy: str, values: dict[str, Any]) -> OptionValues:
    """Put what a URL in `values["backend"]` means into `values`; returns the protocol options that go with it.

    Explicit keys win, unless they stand in a layer below the URL's: a file's `protocol` doesn't outlast
    `--backend https://host`.
    """
    path = f"proxies/{proxy}"
    cell = builder.cells.get(f"{path}/backend")
    if cell is None or SIGN not in str(values.get("backend", "")):
        return ()
    from vaurien_core.profiles.urls import is_url, read_url, without_user

    if not is_url(str(values["backend"])):
        return ()
    # Whatever is shown or referred to from here on, a password isn't.
    cell = builder.cells[f"{path}/backend"] = replace(cell, raw=without_user(cell.raw), text=without_user(cell.text))
    try:
        target = read_url(values["backend"], DefaultPorts(builder.registry))
    except OptionError as error:
        builder.problems.append(cell.unexpected(error.expected, error.found))
        del values["backend"]
        return ()
    assert target is not None
    values["backend"] = target.backend
    for key in ("protocol", "backend_tls"):
        explicit = builder.cells.get(f"{path}/{key}")
        if getattr(target, key) and (explicit is None or _above(builder, cell, explicit)):
            values[key] = getattr(target, key)
    if target.dropped:
        said = replace(target, dropped="all but scheme, host and port") if cell.secret else target
        builder.problems.append(cell.problem(said.notice, "warning"))
    return target.options if values.get("protocol", target.protocol) == target.protocol else ()


def _above(builder: Builder, url: Cell, explicit: Cell) -> bool:
    """Whether the URL stands in a layer above a key of the same proxy."""
    if not explicit.line or not url.line:
        return bool(explicit.line)
    if url.file != explicit.file:
        return url.file == next(iter(builder.layers.places.values()))[0]
    return url.section != explicit.section
