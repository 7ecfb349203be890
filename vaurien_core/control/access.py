"""Who may call: the rules that keep web pages and strangers away from a control site, as functions of the headers.

A page in a browser can send requests to any address that the machine reaches, also by a name of its own that
resolves to loopback. Hence the `Host` must be one that we know, and what a browser sends is refused.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from vaurien_core.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one control server.

    Attributes:
        host: the name or address that the site is bound to.
        allowed_hosts: further names, lower case, without port; they may also be named by a browser.
        token: the bearer token of `/v3`; "" where none is needed.
        any_host: paths that programs of other machines use without a token take any `Host`, as a container is
            called by the name that its network gives it.
    """

    host: str
    allowed_hosts: frozenset[str] = frozenset()
    token: str = ""
    any_host: bool = False

    def refusal(
        self, path: str, headers: Mapping[str, str], local: str, *, anywhere: bool = False
    ) -> tuple[int, str] | None:
        """Why a request is refused, as (status, sentence), or None.

        Args:
            path: the path asked for.
            headers: the request's, with case-insensitive names.
            local: the address on which the connection arrived.
            anywhere: whether the path is one of those that `any_host` is about.
        """
        host = headers.get("Host", "")
        name = host_name(host)
        free = anywhere and self.any_host
        if not (free or name in self.allowed_hosts or is_loopback_name(name) or name in (self.host.lower(), local)):
            return 403, f'Host "{host}" is no name of this engine; allow it with allowed_hosts in [control].'
        if "Origin" in headers:
            if (urlsplit(headers["Origin"]).hostname or "") not in self.allowed_hosts:
                return 403, "Requests from web pages are refused."
        elif headers.get("User-Agent", "").startswith("Mozilla/") and name not in self.allowed_hosts:
            return 403, "Requests from web browsers are refused; use vaurienctl or curl."
        if self.token and (path == "/v3" or path.startswith("/v3/")) and not self._has_token(headers):
            return 401, "This control site needs its token: send Authorization: Bearer TOKEN."
        return None

    @staticmethod
    def is_browser(headers: Mapping[str, str]) -> bool:
        """Whether a request looks like one of a web page."""
        return "Origin" in headers or headers.get("User-Agent", "").startswith("Mozilla/")

    def _has_token(self, headers: Mapping[str, str]) -> bool:
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self.token.encode())


def host_name(header: str) -> str:
    """The host of a `Host` header: lower case, without port and brackets."""
    header = header.strip().lower()
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].rstrip(".")


def is_loopback_name(name: str) -> bool:
    """Whether a host is this machine for every resolver: `localhost`, 127.0.0.0/8 or ::1."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
