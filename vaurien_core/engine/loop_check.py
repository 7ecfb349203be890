"""Whether a backend's addresses are one of our own listeners: every exchange would go round for ever."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from vaurien_core.addresses import Address
from vaurien_core.errors import OptionError


def is_loop(hosts: Sequence[str], port: int, own: Sequence[str]) -> bool:
    """Whether one of these addresses is one of our own listeners (texts such as `0.0.0.0:8000`)."""
    for text in own:
        try:
            mine = Address.parse(text)
        except OptionError:
            continue
        if mine.is_unix or mine.port != port:
            continue
        for host in hosts:
            if host == mine.host or (_is_local(host) and (mine.host == "localhost" or _is_any(mine.host))):
                return True
    return False


def _is_local(host: str) -> bool:
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return ip.is_loopback or ip.is_unspecified


def _is_any(host: str) -> bool:
    return host in ("0.0.0.0", "::", "*")  # noqa: S104 - compared, not bound
