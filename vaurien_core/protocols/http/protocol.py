"""The protocol `http`: its options, and one framer per connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from vaurien_core.frozen import dataclass
from vaurien_core.model.answer import Answer
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import Kind, OptionSet, opt
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.protocols.http.errors import HTTP_ERRORS, http_error
from vaurien_core.protocols.http.framer import HttpFramer
from vaurien_core.protocols.http.own_address import OwnAddress, backend_authority


@dataclass(frozen=True, slots=True)
class HttpOptions(OptionSet):
    """What is changed on the way."""

    overwrite_host_header: bool = opt(False, "Name the backend in Host; the client's own header is overwritten")
    rewrite_answers: bool = opt(
        False, "Name us in redirects; Location and Set-Cookie of answers would lead clients past us"
    )
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
    tls_port: ClassVar[int] = 443
    passes_tls: ClassVar[bool] = True
    errors: ClassVar[tuple[ErrorInfo, ...]] = HTTP_ERRORS
    heads: ClassVar[bool] = True
    Options: ClassVar[type[OptionSet]] = HttpOptions

    def __init__(self, options: OptionSet) -> None:
        super().__init__(options)
        self._backend = ""
        self._host = b""
        self._own: OwnAddress | None = None

    def configure(self, backend: str) -> None:
        """Where the requests go: what `overwrite_host_header` writes and `rewrite_answers` looks for."""
        self._backend = backend
        self.introduce("", secure=False)

    def introduce(self, name: str, *, secure: bool) -> None:
        """The backend's other name, and whether ours begins with https."""
        self._host = backend_authority(self._backend, name)
        self._own = OwnAddress.of(self._backend, name, secure=secure)

    def framer(self) -> HttpFramer:
        """A new connection's machine."""
        options = self.options
        assert isinstance(options, HttpOptions)
        host = self._host if options.overwrite_host_header else b""
        own = self._own if options.rewrite_answers else None
        return HttpFramer(host=host, close_after=options.keep_alive is False, own=own)

    def error(
        self, name: str, exchange: Exchange, *, close: bool, wall: float, extra: Mapping[str, object]
    ) -> Answer | None:
        """A catalogue entry; see `http_error`."""
        options = self.options
        assert isinstance(options, HttpOptions)
        phase = str(extra.get("phase", "before"))
        return http_error(name, exchange, close=close, wall=wall, phase=phase, drip_s=options.drip)
