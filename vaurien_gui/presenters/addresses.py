"""Addresses as people type and paste them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from vaurien_core.addresses import Address
from vaurien_core.errors import OptionError


def read_url(text: str, ports: Mapping[str, int]) -> tuple[str, str]:
    """Protocol and address of a URL such as `http://user:secret@db/x`; ("", text) of anything else.

    Args:
        text: what was typed or pasted.
        ports: default port of each known protocol.
    """
    try:
        url = urlsplit(text.strip())
        port = url.port
    except ValueError:
        return "", text
    if "://" not in text or not url.hostname:
        return "", text
    protocol = url.scheme.partition("+")[0].lower()
    known = protocol if protocol in ports else ""
    port = port or ports.get(known, 0) or 80
    return known, str(Address(url.hostname, port))


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
