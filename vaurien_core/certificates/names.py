"""The names that a certificate is good for: texts in, checked and in the order of use out."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable

from vaurien_core.addresses import EVERY
from vaurien_core.errors import OptionError

NAMES = ("localhost", "127.0.0.1", "::1")
"""What every leaf is good for, besides the names asked for."""
_DNS = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")


def wanted(names: Iterable[str]) -> tuple[str, ...]:
    """Names asked for, then `NAMES`, each once.

    Raises:
        OptionError: one is neither a DNS name nor an address.
    """
    found: dict[str, None] = {}
    for given in names:
        name = given.strip().strip("[]")
        if name in EVERY:
            name = socket.gethostname()
        if name:
            found[_checked(name)] = None
    return tuple(found | dict.fromkeys(NAMES))


def _checked(name: str) -> str:
    """An address in its short form, a DNS name in lower case and, beyond ASCII, in Punycode (RFC 5280, 7.2)."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    star = "*." if name.startswith("*.") else ""
    try:
        dns = star + name.removeprefix(star).removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        dns = ""
    if not _DNS.fullmatch(dns) or len(dns) > 253:
        raise OptionError("name", "a DNS name or an IP address", f'"{name}"')
    return dns
