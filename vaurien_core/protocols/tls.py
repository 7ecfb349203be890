"""A connection that begins with a ClientHello and is passed through: exchanges by the turn of speech, nothing is read.

What can be done to it without its keys is done by `behaviors`: hold, cut, and answer the ClientHello with an alert.
"""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.plain import Plain
from vaurien_core.protocols.turns import Turns

HANDSHAKE = 0x16
"""The first byte of a ClientHello's record (RFC 8446 section 5.1); no other protocol here may begin with it."""
ALERT = bytes.fromhex("15 03 03 00 02 02 28")
"""A fatal handshake_failure (RFC 8446 sections 5.1 and 6)."""
REASON = "TLS"


class PassedTls(Plain):
    """Both directions of such a connection; see `protocols.base.Framer`.

    `facts["tls"]` of an exchange: `hello` for what the client says first, else `records`.
    """

    opaque = REASON

    def __init__(self) -> None:
        self._ordinal = 0
        self._turns = Turns(self._begin)

    def _begin(self) -> Exchange:
        self._ordinal += 1
        exchange = Exchange(self._ordinal, "TLS ClientHello" if self._ordinal == 1 else f"TLS {self._ordinal}")
        exchange.facts["tls"] = "hello" if self._ordinal == 1 else "records"
        return exchange

    def upstream(self, data: bytes) -> list[Piece]:
        """Records of the client."""
        return [self._turns.upstream(data)]

    def downstream(self, data: bytes) -> list[Piece]:
        """Records of the backend."""
        return [self._turns.downstream(data)]

    def upstream_eof(self) -> list[Piece]:
        """Nothing is held back."""
        return []

    def downstream_eof(self) -> list[Piece]:
        """An answer that has begun is over."""
        return self._turns.downstream_eof()

    def dropped(self, exchange: Exchange) -> None:
        """Nothing follows from it."""

    def answered(self, exchange: Exchange) -> None:
        """What the client says next begins another exchange."""
        self._turns.answered(exchange)
