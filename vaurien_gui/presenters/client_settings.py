"""Tools > Client settings: what to point a client at so that it goes through the proxy, by protocol."""

from __future__ import annotations

from collections.abc import Iterable

from vaurien_core.addresses import Address
from vaurien_core.errors import OptionError
from vaurien_core.model.profile import ProxySpec

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def client_settings(proxies: Iterable[tuple[ProxySpec, str]]) -> str:
    """A paragraph per proxy: its address, then lines to copy.

    Args:
        proxies: each with the address at which it listens now, or "".
    """
    return "\n\n\n".join(_paragraph(spec, bound) for spec, bound in proxies) or "There is no proxy."


def _paragraph(spec: ProxySpec, bound: str) -> str:
    shown = bound or spec.proxy
    lead = f"{spec.name}: {spec.protocol} at {shown} for {spec.backend}"
    if not bound:
        lead += " (does not listen now)"
    try:
        address = Address.parse(shown)
    except OptionError as error:
        return f"{lead}\n\n  Expected {error.expected}, got {error.found}."
    if address.is_unix:
        return f"{lead}\n\n  socket  {shown}"
    host = _ANY.get(address.host, address.host)
    named = f"[{host}]" if ":" in host else host
    lines = _lines(spec, host, f"{named}:{address.port}", address.port)
    return "\n".join((lead, "", *(f"  {what:18} {text}" for what, text in lines)))


def _lines(spec: ProxySpec, host: str, place: str, port: int) -> list[tuple[str, str]]:
    secure = spec.tls == "terminate"
    match spec.protocol:
        case "http":
            url = f"{'https' if secure else 'http'}://{place}/"
            check = f"curl {'-k ' if secure else ''}{url}"
            return [("base URL", url), ("shell", f"export BASE_URL={url}"), ("check", check)]
        case "redis":
            url = f"{'rediss' if secure else 'redis'}://{place}/0"
            return [
                ("URL", url),
                ("shell", f"export REDIS_URL={url}"),
                ("check", f"redis-cli -h {host} -p {port} ping"),
            ]
        case "memcache":
            return [("server", place), ("shell", f"export MEMCACHED_SERVERS={place}")]
        case "mysql":
            return [
                ("URL", f"mysql://USER:PASSWORD@{place}/DATABASE"),
                ("shell", f"export MYSQL_HOST={host} MYSQL_TCP_PORT={port}"),
                ("check", f"mysql --protocol=tcp -h {host} -P {port} -u USER -p"),
                ("mind", "localhost without --protocol=tcp means the server's own socket, past the proxy"),
            ]
        case "smtp":
            return [("server", host), ("port", str(port)), ("shell", f"export SMTP_HOST={host} SMTP_PORT={port}")]
    return [("address", place), ("shell", f"export BACKEND_HOST={host} BACKEND_PORT={port}")]
