"""Exchanges of an old-style protocol: one per call toward the backend."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.plain import Plain


class CallFramer(Plain):
    """Exchanges by calls: `next_call` says that one begins."""

    def __init__(self, opaque: str = "") -> None:
        self.opaque = opaque
        self._current = Exchange(0, "connect")
        self._next = True

    def next_call(self) -> None:
        """The next upstream byte begins an exchange."""
        self._next = True

    def upstream(self, data: bytes) -> list[Piece]:
        """What the plugin sends to the backend."""
        first, self._next = self._next, False
        if first:
            self._current.answer_done = True
            ordinal = self._current.ordinal + 1
            self._current = Exchange(ordinal, f"call {ordinal}")
            self._current.request_done = True
            self._current.facts["unframed"] = True
        return [Piece(data, self._current, first=first, last=True)]

    def downstream(self, data: bytes) -> list[Piece]:
        """What the backend says."""
        return [Piece(data, self._current)]

    def upstream_eof(self) -> list[Piece]:
        """Nothing was held back."""
        return []

    def downstream_eof(self) -> list[Piece]:
        """No more answers."""
        self._current.answer_done = True
        return [Piece(b"", self._current, last=True)]

    def dropped(self, exchange: Exchange) -> None:
        """Nothing follows from it."""

    def answered(self, exchange: Exchange) -> None:
        """Nothing follows from it."""
