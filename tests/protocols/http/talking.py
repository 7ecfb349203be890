"""Drives a framer with scripted conversations and says what came out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vaurien_core.model.exchange import Exchange
from vaurien_core.options import OptionValue
from vaurien_core.protocols.base import Framer, Piece
from vaurien_core.protocols.http import Http

UP, DOWN = ">", "<"
Script = Iterable[tuple[str, bytes]]


def framer(**options: OptionValue) -> Framer:
    protocol = Http(Http.Options.build(options))
    protocol.configure("backend.example:8080")
    return protocol.framer()


@dataclass
class Side:
    """What one direction gave out."""

    pieces: list[Piece] = field(default_factory=list)

    @property
    def joined(self) -> bytes:
        return b"".join(p.data for p in self.pieces)

    def by_exchange(self) -> list[tuple[int | None, bytes, bool, bool]]:
        """(ordinal, its bytes, interim, ended), neighbours merged."""
        rows: list[tuple[int | None, bytes, bool, bool]] = []
        for piece in self.pieces:
            ordinal = piece.exchange.ordinal if piece.exchange is not None else None
            if rows and not piece.first and rows[-1][0] == ordinal and rows[-1][2] == piece.interim and not rows[-1][3]:
                rows[-1] = (ordinal, rows[-1][1] + piece.data, piece.interim, piece.last)
            else:
                rows.append((ordinal, piece.data, piece.interim, piece.last))
        return rows


@dataclass
class Talk:
    """A conversation that went through a framer."""

    machine: Framer
    up: Side = field(default_factory=Side)
    down: Side = field(default_factory=Side)
    exchanges: list[Exchange] = field(default_factory=list)
    held_most: int = 0

    def say(self, direction: str, data: bytes) -> None:
        side = self.up if direction == UP else self.down
        self._take(side, self.machine.upstream(data) if direction == UP else self.machine.downstream(data))

    def end(self) -> None:
        self._take(self.up, self.machine.upstream_eof())
        self._take(self.down, self.machine.downstream_eof())

    def _take(self, side: Side, pieces: list[Piece]) -> None:
        side.pieces += pieces
        for piece in pieces:
            if piece.exchange is not None and piece.exchange not in self.exchanges:
                self.exchanges.append(piece.exchange)


def talk(script: Script, *, cut: int = 0, **options: OptionValue) -> Talk:
    """Say all lines of a script, each in parts of `cut` bytes (0: whole), and end both sides."""
    conversation = Talk(framer(**options))
    for direction, data in script:
        for at in range(0, len(data), cut or len(data) or 1):
            conversation.say(direction, data[at : at + cut] if cut else data)
    conversation.end()
    return conversation
