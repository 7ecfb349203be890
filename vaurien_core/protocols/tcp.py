"""tcp: any stream of bytes, cut into exchanges by who speaks.

There is no end of a request or an answer to be seen, so every read of the request counts as its end so far: an error
drops what was read and answers at once. Bytes that the backend sends before the client's first are exchange 0. `tcp`
has no errors of its own; what `error` does on it is the behavior's matter.
"""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.frozen import dataclass
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import Kind, OptionSet, opt
from vaurien_core.protocols.base import Piece, ProtocolType
from vaurien_core.protocols.plain import Plain
from vaurien_core.protocols.turns import Turns


@dataclass(frozen=True, slots=True)
class TcpOptions(OptionSet):
    """How the sockets are kept."""

    keep_alive: bool | None = opt(
        None,
        "Yes: TCP keepalive on both sides; otherwise as the system has it",
        kind=Kind.BOOL,
    )


class TcpFramer(Plain):
    """One connection's machine: it never holds anything back."""

    def __init__(self) -> None:
        self.opaque = ""
        self._ordinal = 0
        self._turns = Turns(self._begin, current=Exchange(0, "connect"), answering=True)

    def _begin(self) -> Exchange:
        self._ordinal += 1
        return Exchange(self._ordinal, f"exchange {self._ordinal}")

    @property
    def position(self) -> tuple[int, bool]:
        """The number of the exchange that is open, and whether the backend has sent something in it."""
        return self._ordinal, self._turns.answering

    def go_on(self, ordinal: int, *, answering: bool, fresh: bool) -> Exchange:
        """Others have counted meanwhile, by the same rule: this is where they stand, and the exchange that is open.

        Args:
            ordinal: the number of that exchange.
            answering: the backend has sent something in it.
            fresh: it is another one than before.
        """
        turns = self._turns
        assert turns.current is not None
        if fresh:
            turns.current.answer_done = True
            self._ordinal = ordinal
            turns.current = Exchange(ordinal, f"exchange {ordinal}")
            turns.current.facts["unframed"] = True
            turns.current.request_done = True
        turns.answering = answering
        return turns.current

    def upstream(self, data: bytes) -> list[Piece]:
        """Bytes from the client; what was read is the request so far."""
        piece = self._turns.upstream(data)
        assert piece.exchange is not None
        piece.exchange.request_done = True
        return [Piece(data, piece.exchange, first=piece.first, last=True)]

    def downstream(self, data: bytes) -> list[Piece]:
        """Bytes from the backend."""
        return [self._turns.downstream(data)]

    def upstream_eof(self) -> list[Piece]:
        """Nothing was held back."""
        return []

    def downstream_eof(self) -> list[Piece]:
        """An answer that has begun is over; one that hasn't will never come."""
        return self._turns.downstream_eof() if self._turns.answering else []

    def dropped(self, exchange: Exchange) -> None:
        """Nothing follows from it: whatever the backend sends next belongs to the newest exchange."""

    def answered(self, exchange: Exchange) -> None:
        """The next bytes from the client begin a new exchange."""
        self._turns.answered(exchange)


class Tcp(ProtocolType):
    """Bytes both ways."""

    name: ClassVar[str] = "tcp"
    title: ClassVar[str] = "TCP"
    summary: ClassVar[str] = "Any protocol over TCP, as a stream of bytes"
    draw_by: ClassVar[str] = "ordinal"
    Options: ClassVar[type[OptionSet]] = TcpOptions

    def framer(self) -> TcpFramer:
        """A new connection's machine."""
        return TcpFramer()
