"""A backend given as a URL: `https://host/path`, `mysql://user:secret@db/orders` as what they say of a proxy.

Read by the INI reader, the control API and the window's backend field, so that a URL means the same everywhere. Only
scheme, host and port are used; who the user is and what the path is belong to the client's requests, and are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from vaurien_core.addresses import Address
from vaurien_core.errors import OptionError, did_you_mean
from vaurien_core.frozen import dataclass
from vaurien_core.model.change import Edit
from vaurien_core.options import OptionValues

HTTP_OPTIONS: OptionValues = (("overwrite_host_header", True), ("rewrite_answers", True))
"""What makes a proxy for another host than the client names."""


@dataclass(frozen=True, slots=True)
class _Scheme:
    protocol: str
    tls: str = ""
    """As `backend_tls`."""
    port: int = 0
    """0: the protocol's own."""


_SCHEMES: Mapping[str, _Scheme] = {
    "http": _Scheme("http", "off"),
    "https": _Scheme("http", "on", 443),
    "ws": _Scheme("http", "off"),
    "wss": _Scheme("http", "on", 443),
    "mariadb": _Scheme("mysql"),
    "valkey": _Scheme("redis"),
    "rediss": _Scheme("redis", "on"),
    "valkeys": _Scheme("redis", "on"),
    "memcached": _Scheme("memcache"),
    "smtp": _Scheme("smtp", "off"),
    "smtps": _Scheme("smtp", "on", 465),
}
"""Those whose name is not simply a protocol's. `off` where an implicit-TLS port would mean on."""
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9.-]*)(?:\+[a-z0-9.+-]*)?://(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_USER = re.compile(r"(://)[^/?#\s]*@")


@dataclass(frozen=True, slots=True)
class Target:
    """What a URL says of a proxy; field names are those of `ProxySpec`."""

    protocol: str
    backend: str
    backend_tls: str
    options: OptionValues = ()
    """Of the protocol."""
    dropped: str = ""
    """What the URL had besides: `the path /cart and the query`; "" for nothing."""

    @property
    def notice(self) -> str:
        """A sentence about what was dropped, or ""."""
        verb = "are" if " and " in self.dropped else "is"
        return f"Of the URL, {self.dropped} {verb} not used: requests keep their own." if self.dropped else ""


def is_url(text: str) -> bool:
    """Whether it is meant as a URL."""
    return _URL.fullmatch(text.strip()) is not None


def without_user(text: str) -> str:
    """A URL without user name and password; other texts as they are."""
    return _USER.sub(r"\1", text)


def read_url(text: str, ports: Mapping[str, int]) -> Target | None:
    """What a URL means; None: it is none (`host:port`, `unix:/path`).

    Args:
        text: what was written or pasted.
        ports: default port of each known protocol, 0 for none.

    Raises:
        OptionError: a scheme that no protocol here speaks, no host, or no port. Never shows what may be secret.
    """
    match = _URL.fullmatch(text.strip())
    if match is None:
        return None
    known = {name: _Scheme(name) for name in ports} | {n: s for n, s in _SCHEMES.items() if s.protocol in ports}
    scheme = known.get(match["scheme"].lower())
    shown = f'"{without_user(text.strip())}"'
    if scheme is None:
        hint = did_you_mean(match["scheme"].lower(), known)
        end = f" {hint.strip()}" if hint.endswith("?") else ""
        raise OptionError("backend", f"a URL that begins with {_listed(known)}, or host:port", f"{shown}{end}")
    try:
        url = urlsplit(f"//{match['rest']}")
        host, port = url.hostname or "", url.port or scheme.port or ports[scheme.protocol]
    except ValueError:
        raise OptionError("backend", "a URL such as https://host:port/", shown) from None
    if not host or any(c.isspace() for c in host):
        raise OptionError("backend", "a URL with a host", shown)
    if not port:
        raise OptionError("backend", "a URL with a port", shown)
    options = HTTP_OPTIONS if scheme.protocol == "http" else ()
    dropped = [
        "the user name" if url.username and not url.password else "user name and password" if url.password else "",
        f"the path {url.path}" if url.path.strip("/") else "",
        "the query" if url.query else "",
    ]
    return Target(scheme.protocol, str(Address(host, port)), scheme.tls, options, " and ".join(filter(None, dropped)))


def paste(name: str, target: Target) -> list[Edit]:
    """What a URL changes of a proxy. With TLS, the backend is asked for by the name of the host."""
    values: dict[str, object] = {"protocol": target.protocol, "backend": target.backend, "backend_name": ""}
    values["backend_tls"] = target.backend_tls
    edits = [Edit(("proxies", name, key), value) for key, value in values.items()]
    return edits + [Edit(("proxies", name, "protocol_options", key), value) for key, value in target.options]


def _listed(known: Mapping[str, object]) -> str:
    return ", ".join(f"{name}://" for name in sorted(known))
