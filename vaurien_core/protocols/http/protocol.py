"""The protocol `http`: its options, and one framer per connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from vaurien_core.model.answer import Answer
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import Kind, OptionSet, opt
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.protocols.http.errors import HTTP_ERRORS, http_error
from vaurien_core.protocols.http.framer import HttpFramer


@dataclass(frozen=True, slots=True)
class HttpOptions(OptionSet):
    """What is changed on the way."""

    overwrite_host_header: bool = opt(False, "Put the backend's address into the Host header of requests")
    keep_alive: bool | None = opt(
        None,
        "Unset: as client and backend want; no: close after one answer; yes: also TCP keepalive on both sides",
        kind=Kind.BOOL,
    )
    drip: float = opt(
        0.1,
        "Between the bytes of the errors header-drip and body-drip",
        unit="s",
        minimum=0.001,
        maximum=3600,
        advanced=True,
    )


class Http(ProtocolType):
    """HTTP/1.1 and 1.0."""

    name: ClassVar[str] = "http"
    title: ClassVar[str] = "HTTP"
    summary: ClassVar[str] = "HTTP/1.1 and 1.0, with keep-alive and pipelining"
    default_port: ClassVar[int] = 80
    errors: ClassVar[tuple[ErrorInfo, ...]] = HTTP_ERRORS
    heads: ClassVar[bool] = True
    Options: ClassVar[type[OptionSet]] = HttpOptions

    def __init__(self, options: OptionSet) -> None:
        super().__init__(options)
        self._backend = ""

    def configure(self, backend: str) -> None:
        """Where the requests go: what `overwrite_host_header` writes."""
        self._backend = backend

    def framer(self) -> HttpFramer:
        """A new connection's machine."""
        options = self.options
        assert isinstance(options, HttpOptions)
        host = self._backend.encode("ascii", "ignore") if options.overwrite_host_header else b""
        return HttpFramer(host=host, close_after=options.keep_alive is False)

    def error(
        self, name: str, exchange: Exchange, *, close: bool, wall: float, extra: Mapping[str, object]
    ) -> Answer | None:
        """A catalogue entry; see `http_error`."""
        options = self.options
        assert isinstance(options, HttpOptions)
        phase = str(extra.get("phase", "before"))
        return http_error(name, exchange, close=close, wall=wall, phase=phase, drip_s=options.drip)
