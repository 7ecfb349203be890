"""`host:port`, `[::1]:80` and `unix:/path` as values."""

from __future__ import annotations

from vaurien_core.errors import OptionError
from vaurien_core.frozen import dataclass

EVERY = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
"""Hosts that stand for every address of this machine."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen or connect: a host and a port, or the path of a Unix socket."""

    host: str
    port: int = 0
    path: str = ""

    @classmethod
    def parse(cls, text: str, *, name: str = "address") -> Address:
        """Read `host:port`, `[v6]:port`, `:port` (every interface's loopback: 127.0.0.1) or `unix:/path`.

        Raises:
            OptionError: it is none of these, or the port is not within 0..65535.
        """
        text = text.strip()
        if text.startswith("unix:"):
            path = text[5:]
            if not path:
                raise OptionError(name, "unix:/path", repr(text))
            return cls("", 0, path)
        host, colon, port_text = text.rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            raise OptionError(name, "host:port, with an IPv6 host in brackets", repr(text))
        if not colon or not port_text.isascii() or not port_text.isdigit():
            raise OptionError(name, "host:port", repr(text))
        port = int(port_text)
        if port > 65535:
            raise OptionError(name, "a port within 0..65535", port_text)
        if any(c.isspace() or c in "/@" for c in host):
            raise OptionError(name, "host:port", repr(text))
        return cls(host or "127.0.0.1", port)

    @property
    def is_unix(self) -> bool:
        """Whether it is the path of a Unix socket."""
        return bool(self.path)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.is_unix or self.host in ("localhost", "::1") or self.host.startswith("127.")

    def leads_to(self, listener: Address) -> bool:
        """Whether a connection to this address is one to that listener, as far as the texts tell."""
        if self.is_unix or listener.is_unix:
            return self.path == listener.path
        named = listener.is_loopback and "localhost" in (self.host, listener.host)
        near = self.is_loopback and (named or listener.host in EVERY)
        return self.port == listener.port and (near or self.host.lower() == listener.host.lower())

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
