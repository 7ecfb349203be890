"""`rewrite_answers`: heads of answers that name the backend name us, as the client called us.

Absolute Location, Content-Location and Refresh that lead to the backend (RFC 9110 sections 10.2.2 and 8.7) lead to the
listening address; others are left alone. A cookie's Domain goes, as no client takes one for a name that it didn't ask;
where the client's side is plain text, Secure goes too, with SameSite=None and Partitioned, which browsers take only
beside it (RFC 6265 section 5.3; draft-ietf-httpbis-rfc6265bis). Cookies named __Secure-... and __Host-... keep
theirs: without it they are refused under that name anyway.
"""

from __future__ import annotations

import re

from vaurien_core.addresses import Address
from vaurien_core.frozen import dataclass
from vaurien_core.protocols.http.rewriting import HeadRewriter

DEFAULT_PORTS = {b"http": 80, b"ws": 80, b"https": 443, b"wss": 443}
_AUTHORITY = rb"(?P<host>\[[^\]\s]*\]|[^\s/?#:@\"']*)(?::(?P<port>[0-9]{0,5}))?(?=[/?#\s\"';]|$)"
_PLACE = re.compile(
    rb"(?P<before>(?:content-)?location[ \t]*:[ \t]*|refresh[ \t]*:[^;,\r\n]*[;,][ \t]*url[ \t]*=[ \t]*[\"']?)"
    rb"(?:(?P<scheme>https?|wss?):)?//" + _AUTHORITY,
    re.IGNORECASE,
)
_COOKIE = re.compile(rb"set-cookie[ \t]*:[ \t]*(?P<name>[^=;\s]*)", re.IGNORECASE)
_CALLED = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,255})(?::[0-9]{1,5})?")
"""A Host header that can be repeated."""
_PREFIXES = (b"__secure-", b"__host-")
_ONLY_SECURE = {b"secure", b"samesite=none", b"partitioned"}


def backend_authority(backend: str, name: str = "") -> bytes:
    """What a client of this backend would put into Host: its default port is left out (RFC 9110 section 4.2).

    Args:
        backend: its address.
        name: what it is asked for, if not its address.
    """
    address = Address.parse(backend)
    if address.is_unix:
        return (name or backend).encode("ascii", "ignore")
    called = Address(name or address.host, address.port)
    text = str(called)
    if called.port in DEFAULT_PORTS.values():
        text = text.rpartition(":")[0]
    return text.encode("ascii", "ignore")


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """Who is to be named in whose place; one per proxy.

    Attributes:
        hosts: names and addresses of the backend, lower case, IPv6 in brackets.
        port: of the backend.
        secure: clients speak TLS to us.
    """

    hosts: frozenset[bytes]
    port: int
    secure: bool

    @classmethod
    def of(cls, backend: str, name: str, *, secure: bool) -> OwnAddress | None:
        """For one backend; None for a Unix socket, which no Location names."""
        address = Address.parse(backend)
        if address.is_unix:
            return None
        hosts = (address.host, name) if name else (address.host,)
        texts = (f"[{host}]" if ":" in host else host for host in hosts)
        return cls(frozenset(t.lower().encode("ascii", "ignore") for t in texts), address.port, secure)

    def leads_to_backend(self, scheme: bytes, host: bytes, port: bytes) -> bool:
        """Whether a URL's origin is the backend's; without a scheme it is that of the backend."""
        if host.lower() not in self.hosts:
            return False
        if port:
            return int(port) == self.port
        return self.port == DEFAULT_PORTS[scheme.lower()] if scheme else self.port in DEFAULT_PORTS.values()


class AnswerRewriter(HeadRewriter):
    """Rewrites the header section of one answer as it passes."""

    __slots__ = ("_called", "_own")

    def __init__(self, own: OwnAddress, called: object) -> None:
        """Begin behind the start line; `called` is the request's Host header, as far as there was one."""
        super().__init__()
        self._own = own
        self._called = called if isinstance(called, bytes) and _CALLED.fullmatch(called) else b""

    def line(self, line: bytes) -> bytes:
        """The same line, or one that names us."""
        if line[:1] not in b"lLcCrRsS":
            return line
        found = _PLACE.match(line)
        if found is not None:
            scheme, host, port = found["scheme"] or b"", found["host"], found["port"] or b""
            if not self._own.leads_to_backend(scheme, host, port):
                return line
            return found["before"] + self._origin(scheme, line[found.end() :]) + line[found.end() :]
        cookie = _COOKIE.match(line)
        return line if cookie is None else self._cookie(line, cookie["name"].lower())

    def _origin(self, scheme: bytes, rest: bytes) -> bytes:
        if not self._called:  # no Host: a path leads to wherever the client asked (RFC 3986 section 4.2)
            return b"" if rest[:1] == b"/" else b"/"
        if not scheme:
            return b"//" + self._called
        web = scheme.lower() in (b"http", b"https")
        plain = b"http" if web else b"ws"
        return plain + (b"s" if self._own.secure else b"") + b"://" + self._called

    def _cookie(self, line: bytes, name: bytes) -> bytes:
        body = line.rstrip(b"\r\n")
        first, *attributes = body.split(b";")
        gone = set() if self._own.secure or name.startswith(_PREFIXES) else _ONLY_SECURE
        kept = [a for a in attributes if not _is_domain(a) and b"".join(a.lower().split()) not in gone]
        return b";".join([first, *kept]) + line[len(body) :]


def _is_domain(attribute: bytes) -> bool:
    return attribute.partition(b"=")[0].strip().lower() == b"domain"
