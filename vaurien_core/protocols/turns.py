"""Exchanges where nothing but the turn of speech is known: `tcp`, and what framers do not understand.

An exchange begins with an upstream byte when none is open, or when the backend has sent at least one byte since the
open one began; it owns all bytes both ways until the next begins. As no end of a request can be seen, every read of it
counts as its end so far. Such exchanges say so: `facts["unframed"]`.
"""

from __future__ import annotations

from collections.abc import Callable

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece


class Turns:
    """Both directions of one connection, counted by turns."""

    def __init__(
        self, begin: Callable[[], Exchange], *, current: Exchange | None = None, answering: bool = False
    ) -> None:
        """Begin to count.

        Args:
            begin: makes the next exchange of the connection.
            current: the exchange that is open already.
            answering: the backend has sent something in it.
        """
        self._begin = begin
        self.current = current
        if current is not None:
            current.facts["unframed"] = True
        self.answering = answering

    def upstream(self, data: bytes) -> Piece:
        """Bytes from the client."""
        first = self.current is None or self.answering
        if first:
            if self.current is not None:
                self.current.answer_done = True
            self.current = self._begin()
            self.current.facts["unframed"] = True
            self.answering = False
        assert self.current is not None
        self.current.request_done = True
        return Piece(data, self.current, first=first, last=True)

    def downstream(self, data: bytes) -> Piece:
        """Bytes from the backend; without an exchange where none is open."""
        first = self.current is not None and not self.answering
        self.answering = self.answering or first
        return Piece(data, self.current, first=first)

    def downstream_eof(self) -> list[Piece]:
        """The backend sends no more: an answer that has begun is over, without a byte."""
        if self.current is None or not self.answering or self.current.answer_done:
            return []
        self.current.answer_done = True
        return [Piece(b"", self.current, last=True)]

    def answered(self, exchange: Exchange) -> None:
        """Ours went out in the backend's place: the next upstream byte begins a new exchange."""
        if exchange is self.current:
            self.answering = True
