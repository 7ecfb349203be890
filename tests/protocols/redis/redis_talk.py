"""Drives a Redis framer with scripted conversations and says what came out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.redis import Redis
from vaurien_core.protocols.redis.framer import RedisFramer

UP, DOWN = ">", "<"
Script = Iterable[tuple[str, bytes]]


def command(*words: bytes | str) -> bytes:
    """A request as clients send it."""
    parts = [w.encode() if isinstance(w, str) else w for w in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


def lines(text: str) -> bytes:
    """`*1 $4 PING` as bytes, a line for each word."""
    return "".join(word + "\r\n" for word in text.split(" ")).encode()


def redis(**options: str) -> Redis:
    return Redis(Redis.Options.build(options))


@dataclass
class Talk:
    """A conversation that went through a framer."""

    machine: RedisFramer = field(default_factory=lambda: redis().framer())
    up: list[Piece] = field(default_factory=list)
    down: list[Piece] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def say(self, direction: str, data: bytes) -> None:
        if direction == UP:
            self._take(self.up, self.machine.upstream(data))
        else:
            self._take(self.down, self.machine.downstream(data))

    def end(self) -> None:
        self._take(self.up, self.machine.upstream_eof())
        self._take(self.down, self.machine.downstream_eof())

    def _take(self, side: list[Piece], pieces: list[Piece]) -> None:
        side += pieces
        for piece in pieces:
            if piece.exchange is not None and piece.exchange not in self.exchanges:
                self.exchanges.append(piece.exchange)


def joined(pieces: list[Piece]) -> bytes:
    return b"".join(p.data for p in pieces)


def owned(pieces: list[Piece]) -> list[tuple[int | str | None, bytes]]:
    """(whose, its bytes), neighbours merged; interim pieces are said to be `push`."""
    rows: list[tuple[int | str | None, bytes]] = []
    ended = True
    for piece in pieces:
        loose = piece.interim or piece.exchange is None
        whose = "push" if loose else piece.exchange.ordinal if piece.exchange else None
        if rows and rows[-1][0] == whose and (loose or not ended):
            rows[-1] = (whose, rows[-1][1] + piece.data)
        elif piece.data:
            rows.append((whose, piece.data))
        ended = piece.last
    return rows


def talk(script: Script, *, cut: int = 0) -> Talk:
    """Say all lines of a script, each in parts of `cut` bytes (0: whole), and end both sides."""
    conversation = Talk()
    for direction, data in script:
        for at in range(0, len(data), cut or len(data) or 1):
            conversation.say(direction, data[at : at + cut] if cut else data)
    conversation.end()
    return conversation
