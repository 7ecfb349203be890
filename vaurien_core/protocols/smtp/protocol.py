"""The protocol `smtp`: its options, and one framer per connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from vaurien_core.addresses import Address
from vaurien_core.errors import VaurienError
from vaurien_core.frozen import dataclass
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import OptionSet
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.protocols.negotiation import Negotiator
from vaurien_core.protocols.smtp.errors import SMTP_ERRORS, smtp_error, smtp_remedy
from vaurien_core.protocols.smtp.framer import SmtpFramer
from vaurien_core.protocols.smtp.upgrade import BackendStarttls


@dataclass(frozen=True, slots=True)
class SmtpOptions(OptionSet):
    """None of its own."""


STARTTLS = {"passthrough": "pass", "strip": "hide", "terminate": "offer"}
"""What becomes of it, by the proxy's `tls`."""


class Smtp(ProtocolType):
    """SMTP."""

    name: ClassVar[str] = "smtp"
    title: ClassVar[str] = "SMTP"
    summary: ClassVar[str] = "SMTP with pipelining, chunking and authentication; STARTTLS passed on, ended or begun"
    default_port: ClassVar[int] = 25
    upgrade: ClassVar[str] = "STARTTLS"
    tls_port: ClassVar[int] = 465
    greets: ClassVar[bool] = True
    passes_tls: ClassVar[bool] = True
    errors: ClassVar[tuple[ErrorInfo, ...]] = SMTP_ERRORS
    Options: ClassVar[type[OptionSet]] = SmtpOptions

    def __init__(self, options: OptionSet) -> None:
        super().__init__(options)
        self._host = "localhost"

    def configure(self, backend: str) -> None:
        """Learn the name that stands for the server where it hasn't greeted yet."""
        try:
            host = Address.parse(backend).host
        except VaurienError:
            return
        if host:
            self._host = f"[{host}]" if ":" in host or host.replace(".", "").isdigit() else host

    def framer(self) -> SmtpFramer:
        """A new connection's machine."""
        return SmtpFramer(STARTTLS[self.ways.client])

    def negotiator(self, side: str) -> Negotiator | None:
        """The backend's side says STARTTLS before the client is heard; the client's is the framer's matter."""
        return BackendStarttls() if side == "backend" else None

    def error(
        self, name: str, exchange: Exchange, *, close: bool, wall: float, extra: Mapping[str, object]
    ) -> bytes | None:
        """The bytes of a catalogue entry; see `smtp_error`."""
        return smtp_error(name, exchange, str(extra.get("phase", "before")), self._host)

    def remedy(self, name: str, exchange: Exchange) -> bytes:
        """What the backend gets in a refused request's place; see `smtp_remedy`."""
        return smtp_remedy(name, exchange)
