"""Both directions of one HTTP/1.x connection as exchanges."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece


class HttpFramer:
    """One connection's machine."""

    def __init__(self, *, host: bytes = b"", close_after: bool = False) -> None:
        self.opaque = "not framed"

    def upstream(self, data: bytes) -> list[Piece]:
        """Bytes from the client."""
        return [Piece(data, None)]

    def downstream(self, data: bytes) -> list[Piece]:
        """Bytes from the backend."""
        return [Piece(data, None)]

    def upstream_eof(self) -> list[Piece]:
        """What was held back."""
        return []

    def downstream_eof(self) -> list[Piece]:
        """What was held back."""
        return []

    def dropped(self, exchange: Exchange) -> None:
        """No answer to it will come."""

    def answered(self, exchange: Exchange) -> None:
        """It is over."""
