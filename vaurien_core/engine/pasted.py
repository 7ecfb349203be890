"""Backends that come as URLs from outside: as the addresses, protocols and options that they stand for.

Called by the ledger for every wish before it is checked, so that what runs, is shown and is saved has no URL (and no
password) in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vaurien_core.errors import OptionError
from vaurien_core.model.change import Edit
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.options import values_of
from vaurien_core.profiles.url_values import SIGN

if TYPE_CHECKING:
    from vaurien_core.profiles.urls import Target

Notice = tuple[str, str]
"""Proxy and sentence."""


def without_urls(profile: Profile, ports: Mapping[str, int]) -> tuple[Profile, list[Notice]]:
    """A profile with every URL read: what it says holds where a proxy's own value is the default.

    Raises:
        OptionError: a URL can't be used.
    """
    notices: list[Notice] = []
    for spec in profile.proxies:
        found = _spec(spec, ports, notices)
        if found is not spec:
            profile = profile.with_proxy(found)
    return profile, notices


def edits_without_urls(edits: Sequence[Edit], ports: Mapping[str, int]) -> tuple[list[Edit], list[Notice]]:
    """Edits with every URL read: as several edits, less those whose place another edit of the list names.

    Raises:
        OptionError: a URL can't be used.
    """
    named = {edit.path for edit in edits}
    notices: list[Notice] = []
    found: list[Edit] = []
    for item in edits:
        match item.path, item.value:
            case ("proxies", name, "backend"), str(text):
                target = _target(text, name, ports, notices)
                extra = _pasted(name, target) if target is not None else [item]
                found += [e for e in extra if e.path == item.path or e.path not in named]
            case ("proxies", _), ProxySpec() as spec:
                found.append(replace(item, value=_spec(spec, ports, notices)))
            case _:
                found.append(item)
    return found, notices


def _spec(spec: ProxySpec, ports: Mapping[str, int], notices: list[Notice]) -> ProxySpec:
    target = _target(spec.backend, spec.name, ports, notices) if isinstance(spec.backend, str) else None
    if target is None:
        return spec
    protocol = target.protocol if spec.protocol == ProxySpec("").protocol else spec.protocol
    options = target.options if protocol == target.protocol else ()
    return replace(
        spec,
        backend=target.backend,
        protocol=protocol,
        backend_tls=spec.backend_tls or target.backend_tls,
        protocol_options=values_of({**dict(options), **dict(spec.protocol_options)}),
    )


def _pasted(name: str, target: Target) -> list[Edit]:
    from vaurien_core.profiles.urls import paste

    return paste(name, target)


def _target(text: str, name: str, ports: Mapping[str, int], notices: list[Notice]) -> Target | None:
    if SIGN not in text:
        return None
    from vaurien_core.profiles.urls import read_url

    try:
        target = read_url(text, ports)
    except OptionError as error:
        raise OptionError(f"{name}: {error.option}", error.expected, error.found) from None
    if target is not None and target.notice:
        notices.append((name, target.notice))
    return target
