"""The client's direction: requests."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.redis.session import Session
from vaurien_core.protocols.redis.whole import END, WINDOW, arguments_at, plain_command
from vaurien_core.protocols.redis.words import RefusedError, RestOfArray, read_words


class Requests:
    """Cuts upstream bytes into requests; one per connection."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._held = bytearray()
        self._enough = 0
        self._exchange: Exchange | None = None
        self._rest = RestOfArray(0)

    @property
    def plain(self) -> bool:
        """Nothing is under way or held back."""
        return self._exchange is None and not self._held

    def feed(self, data: bytes) -> list[Piece]:
        """Bytes from the client."""
        pieces: list[Piece] = []
        session = self._session
        if session.turns is not None:
            return [session.turns.upstream(self._release() + data)]
        pos = self._go_on(data, 0, b"", pieces) if self._exchange is not None else 0
        if self._held:
            self._held += data[pos:]
            if len(self._held) < self._enough:
                return pieces
            data, pos = self._release(), 0
        straight = True
        while pos < len(data):
            if session.turns is not None:
                pieces.append(session.turns.upstream(data[pos:]))
                break
            if straight:
                end = self._whole(data, pos, pieces)
                straight, pos = end > pos, end
                continue
            try:
                words = read_words(data, pos)
            except RefusedError as error:
                session.turn_opaque(str(error), current=None)
                continue
            if isinstance(words, int):
                self._held += data[pos:]
                self._enough = words - pos
                break
            known = data[pos : words.end]
            pos = words.end
            if not words.count:
                pieces.append(Piece(known, None))
                continue
            self._exchange = session.begin(words)
            self._rest = RestOfArray(words.count - len(words.known) if words.known or known[:1] == b"*" else 0)
            pos = self._go_on(data, pos, known, pieces)
        return pieces

    def _whole(self, data: bytes, pos: int, pieces: list[Piece]) -> int:
        """Hand out the whole plain requests at `pos`, while the connection answers each; where they end.

        What `read_words`, `Session.begin` and `_go_on` make of them, in one pass.
        """
        session = self._session
        if not session.mode.answers:
            return pos
        parts = data[pos : pos + WINDOW].split(END)
        at = 0
        while True:
            arguments = arguments_at(parts, at)
            plain = plain_command(arguments[0], len(arguments)) if arguments is not None else None
            if arguments is None or plain is None:
                return pos
            begin, first = pos, at
            at += plain.count * 2 + 1
            pos += sum(map(len, parts[first:at])) + (at - first) * 2
            exchange = session.begin_plain(plain, arguments)
            pieces.append(Piece(data[begin:pos], exchange, True, True))

    def eof(self) -> list[Piece]:
        """The client sends no more."""
        rest = self._release()
        if not rest:
            return []
        turns = self._session.turns
        return [turns.upstream(rest) if turns is not None else Piece(rest, None)]

    def _release(self) -> bytes:
        held = bytes(self._held)
        self._held.clear()
        return held

    def _go_on(self, data: bytes, pos: int, known: bytes, pieces: list[Piece]) -> int:
        """Scan on in the request that is open and hand out what belongs to it."""
        exchange = self._exchange
        assert exchange is not None
        begin = pos
        refused = ""
        try:
            pos = self._rest.feed(data, pos)
        except RefusedError as error:
            refused, pos = str(error), len(data)
        if self._rest.done or refused:
            exchange.request_done = True
            self._exchange = None
        part = data if not known and begin == 0 and pos == len(data) else known + data[begin:pos]
        pieces.append(Piece(part, exchange, first=bool(known), last=exchange.request_done))
        if refused:
            self._session.turn_opaque(refused, current=exchange, answering=bool(exchange.status))
        return pos
