"""Addresses as people type and paste them: `host:port`, or a URL that says more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vaurien_core.addresses import Address
from vaurien_core.errors import OptionError
from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.change import Edit, edit_all
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.profiles.urls import Target, paste, read_url, without_user


def pasted(text: str, catalogue: Catalogue) -> tuple[Target | None, str]:
    """What a text means if it is a URL, and what is wrong with it, as a sentence, or ""; (None, "") of an address."""
    try:
        return read_url(text, {p.name: p.default_port for p in catalogue.protocols}), ""
    except OptionError as error:
        return None, f"Expected {error.expected}, got {error.found}."


def pasting(spec: ProxySpec, target: Target) -> Sequence[Edit]:
    """What a pasted URL changes of a proxy. The backend's certificate is verified from then on."""
    edits = paste(spec.name, target)
    if target.backend_tls == "on" and spec.backend_verify == "no":
        edits.append(Edit(("proxies", spec.name, "backend_verify"), "yes"))
    return edits


def with_pasted(spec: ProxySpec, target: Target) -> ProxySpec:
    """A proxy with a URL pasted into its backend."""
    return edit_all(Profile(proxies=(replace(spec, mix=()),)), pasting(spec, target)).proxies[0]


def shown_url(text: str) -> str:
    """A URL as it may be kept and shown."""
    return without_user(text)


def address_problem(text: str, field: str) -> str:
    """What is wrong with a `proxy` or `backend`, as a sentence, or ""."""
    try:
        address = Address.parse(text, name=field)
    except OptionError as error:
        return f"Expected {error.expected}, got {error.found}."
    if field == "backend" and not address.is_unix and not address.port:
        return "Expected a port within 1..65535, got 0."
    return ""


def loop_problem(proxy: str, backend: str) -> str:
    """Says so when a proxy would be its own backend."""
    try:
        listen, target = Address.parse(proxy), Address.parse(backend)
    except OptionError:
        return ""
    same = listen == target or (listen.is_loopback and target.is_loopback and listen.port == target.port)
    return "The backend is this proxy itself." if same and (listen.port or listen.is_unix) else ""
