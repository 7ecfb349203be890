"""What a protocol is: a framer that cuts both directions into exchanges, and a catalogue of its errors.

Framers are sans-io and belong to one connection. Bytes go in as they were read, pieces come out; joined, the
pieces equal the bytes however they were cut. A framer never judges: what it doesn't understand makes
that connection opaque (`reason`), passed on from there like `tcp`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from vaurien_core.model.answer import Answer
from vaurien_core.model.catalogue import ErrorInfo, ProtocolInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import OptionSet
from vaurien_core.protocols.glance import Glance
from vaurien_core.protocols.negotiation import Negotiator, TlsWays


@dataclass(slots=True)
class Piece:
    """Bytes of one exchange, in order. `exchange` None: opaque bytes that no rule can act on.

    Nobody changes one; it isn't frozen, as that makes making one three times as slow.
    """

    data: bytes
    exchange: Exchange | None
    first: bool = False
    """They begin the request or the (final) answer."""
    last: bool = False
    """They end it."""
    interim: bool = False
    """An answer before the answer (HTTP 1xx, Redis push): passed on, not what the client waits for."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What the session owes an exchange whatever is drawn, after an injected error changed what the client believes.

    Redis: after an error inside MULTI, EXEC is answered EXECABORT while the backend gets DISCARD.
    """

    reply: bytes
    """What the client is answered."""
    upstream: bytes = b""
    """What the backend gets in the request's place, its answer swallowed; empty: nothing."""


class Framer(Protocol):
    """Both directions of one connection. Every call returns the pieces that are complete now, in order.

    `opaque` is "" or the reason why the rest of the connection is not framed; once set, pieces carry exchanges as
    `tcp` counts them. A piece is held back only while it can't be attributed (an incomplete start line);
    at most 64 KiB.
    """

    @property
    def opaque(self) -> str:
        """Why the rest is not framed, or ""."""
        ...

    def upstream(self, data: bytes) -> list[Piece]:
        """Bytes from the client."""
        ...

    def downstream(self, data: bytes) -> list[Piece]:
        """Bytes from the backend."""
        ...

    def upstream_eof(self) -> list[Piece]:
        """The client sends no more: what was held back."""
        ...

    def downstream_eof(self) -> list[Piece]:
        """The backend sends no more: what was held back; ends an answer that runs until close."""
        ...

    def keep_heads(self) -> None:
        """From the next request on, its first piece comes once its head is complete, which `Exchange.head` then holds.

        At most 64 KiB wait for that. Protocols whose requests have no headers ignore it.
        """
        ...

    def dropped(self, exchange: Exchange) -> None:
        """The request is not forwarded: no answer to it will come from the backend.

        May be called until the first byte of the answer; the framer still frames the rest of the request.
        """
        ...

    def answered(self, exchange: Exchange) -> None:
        """The client has been given an answer of ours in the backend's place; the exchange is over for it."""
        ...

    def substituted(self, exchange: Exchange, data: bytes) -> None:
        """The backend gets `data` in the request's place: frame its answer as this exchange's (it will be dropped)."""
        ...

    def failed(self, exchange: Exchange, error: str) -> None:
        """The client was answered with this catalogue entry: remember what the session owes it later."""
        ...

    def duty(self, exchange: Exchange) -> Duty | None:
        """Asked when an exchange begins, before the draw acts: what the session owes it."""
        ...

    def secured(self) -> None:
        """The client's side speaks TLS from here on, which ends at us."""
        ...

    def glance(self) -> Glance | None:
        """What may tell the exchanges to come at a glance, past this framer; None: not now, not on this connection.

        Holds until the framer is given bytes again; only plain exchanges may go by meanwhile.
        """
        ...

    def went_by(self, count: int) -> None:
        """So many plain exchanges went by, request and answer."""
        ...


class ProtocolType:
    """Base of the protocols; one subclass per file, registered in `registry`.

    The instance is made per proxy with its `[protocol:NAME]` options and makes one framer per connection.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    default_port: ClassVar[int] = 0
    upgrade: ClassVar[str] = ""
    """How plain text turns to TLS within the protocol (`STARTTLS`); "": it never does."""
    tls_port: ClassVar[int] = 0
    """Where its servers speak TLS from the first byte; 0: nowhere by convention."""
    greets: ClassVar[bool] = False
    """The server speaks first, so that a client may wait for it."""
    passes_tls: ClassVar[bool] = False
    """No plain conversation begins with the byte 0x16: a client that begins so is passed through as TLS."""
    draw_by: ClassVar[str] = "request"
    """What a draw hangs on unless the proxy says otherwise: `request` or `ordinal`."""
    errors: ClassVar[tuple[ErrorInfo, ...]] = ()
    heads: ClassVar[bool] = False
    """Whether requests have header fields (the selector `header`); its framers then have `keep_heads`."""
    Options: ClassVar[type[OptionSet]]

    def __init__(self, options: OptionSet) -> None:
        self.options = options
        self.ways = TlsWays()
        """What the proxy's keys say of TLS; set before the first framer is made."""

    def configure(self, backend: str) -> None:
        """Told once, before the first framer: the backend's address as the proxy names it."""

    def introduce(self, name: str, *, secure: bool) -> None:
        """Told once, behind `configure`: how each side names the other.

        Args:
            name: what the backend is asked for, if not its host (`backend_name`); else "".
            secure: clients speak TLS to the proxy, which ends it.
        """

    def wrap(self, port: Any, notice: Callable[[str], None]) -> tuple[Any, Callable[[], Framer]]:
        """The port of an accepted client, or another one in its place, and what makes the framers of its connection.

        Called once per connection. `port` is the data plane's, which protocols don't know by name. `notice` journals a
        sentence.
        """
        return port, self.framer

    def framer(self) -> Framer:
        """A new connection's machine."""
        raise NotImplementedError

    def negotiator(self, side: str) -> Negotiator | None:
        """What turns one side of a new connection to TLS, or keeps it from that, as `ways` asks; None: nothing.

        Args:
            side: `client`; or `backend`, asked for `backend = starttls` only.
        """
        return None

    def error(
        self, name: str, exchange: Exchange, *, close: bool, wall: float, extra: Mapping[str, object]
    ) -> Answer | None:
        """A catalogue entry as the answer to this exchange; None: not legal here. Asked more than once per exchange.

        Args:
            name: of an `ErrorInfo` of this protocol.
            exchange: what it answers.
            close: the connection will be closed after it; the bytes say so where the protocol can.
            wall: Unix time, for dates.
            extra: the options of the rule; where it has a `phase`, that says whether the backend gets the request
                (`before` otherwise). Only with `after` may the answer be made from the real one.
        """
        return None

    def remedy(self, name: str, exchange: Exchange) -> bytes:
        """What the backend must get in the request's place so that its session is where the error says it is.

        MySQL 1213: a ROLLBACK. Empty: the request is just dropped.
        """
        return b""

    @classmethod
    def info(cls) -> ProtocolInfo:
        """The protocol as data."""
        return ProtocolInfo(
            cls.name, cls.title, cls.summary, cls.default_port, cls.Options.describe(), cls.errors,
            upgrade=cls.upgrade, tls_port=cls.tls_port,
        )  # fmt: skip
