"""The backend's direction: answers, each given to the request that it belongs to."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.line_hold import LineHold
from vaurien_core.protocols.memcache.commands import BLOCK_MAX
from vaurien_core.protocols.memcache.talk import ERRORS, Talk, asked_of
from vaurien_core.protocols.memcache.whole import whole_answer

STATUS_MAX = 100
"""Characters of an error line that the journal shows."""
_ENDS = frozenset({b"END", b"EN", b"OK", b"RESET", b"BUSY", b"BADCLASS"}) | ERRORS
_NOT_TEXT = "an answer that is not memcached's text protocol"


class Answers:
    """Cuts downstream bytes into answers; one per connection."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._line = LineHold()
        self._inside = False
        self._owner: Exchange | None = None
        self._left = 0
        self._ends = False
        self._first = False
        self._parts: list[bytes] = []

    @property
    def plain(self) -> bool:
        """Nothing is under way or held back."""
        return not (self._inside or self._left) and self._line.empty

    def feed(self, data: bytes) -> list[Piece]:
        """Bytes from the backend."""
        pieces: list[Piece] = []
        pos = 0
        while pos < len(data):
            if self._left:
                step = min(self._left, len(data) - pos)
                self._left -= step
                self._parts.append(data[pos : pos + step])
                pos += step
                if not self._left and self._ends:
                    self._end(pieces)
                continue
            if not self._inside and (end := self._whole(data, pos, pieces)) > pos:
                pos = end
                continue
            turns = self._talk.turns
            if turns is not None and not self._inside and not self._talk.waiting:
                pieces.append(turns.downstream(self._line.release() + data[pos:]))
                break
            if self._line.empty and not (32 <= data[pos] < 127 or data[pos] in b"\r\n"):
                self._lose(pieces)
                continue
            line, pos = self._line.feed(data, pos)
            if line is not None:
                self._read(line, pieces)
            elif self._line.over:
                self._lose(pieces)
        self._flush(pieces, last=False)
        return pieces

    def _whole(self, data: bytes, pos: int, pieces: list[Piece]) -> int:
        """Hand out the whole plain answer at `pos`, if it can only be that of the oldest request; where it ends.

        What `_read`, `_judge` and `_end` make of it, in one step.
        """
        talk = self._talk
        if talk.turns is not None or not talk.in_turn or not self._line.empty:
            return pos
        owner = talk.waiting[0]
        asked = asked_of(owner)
        found = whole_answer(data, pos) if asked is not None and not asked.listing else None
        if found is None:
            return pos
        word, end = found
        owner.status, owner.failed, owner.answer_done = word.decode("ascii"), False, True
        talk.waiting.pop(0)
        pieces.append(Piece(data[pos:end], owner, True, True))
        return end

    def eof(self) -> list[Piece]:
        """The backend sends no more."""
        rest = self._line.release()
        turns = self._talk.turns
        if turns is not None and not self._inside and not self._talk.waiting:
            return ([turns.downstream(rest)] if rest else []) + turns.downstream_eof()
        return [Piece(rest, self._owner if self._inside else None)] if rest else []

    def _read(self, line: bytes, pieces: list[Piece]) -> None:
        words = line.split()
        word = words[0] if words else b""
        if not self._inside:
            self._owner, passed = self._talk.claim(words)
            pieces += [Piece(b"", exchange, last=True) for exchange in passed]
            self._inside = self._first = True
            self._judge(word, line)
        self._parts.append(line)
        self._ends = word != b"VALUE"
        if word in (b"VALUE", b"VA"):
            at = 3 if word == b"VALUE" else 1
            size = words[at] if len(words) > at else b""
            if not size.isdigit() or len(size) > 10 or int(size) > BLOCK_MAX:
                self._lose(pieces)
                return
            self._left = int(size) + 2
            return
        command = asked_of(self._owner) if self._owner is not None else None
        if word in _ENDS or command is None or not command.listing:
            self._end(pieces)

    def _judge(self, word: bytes, line: bytes) -> None:
        owner = self._owner
        if owner is None:
            return
        owner.failed = word in ERRORS
        shown = line.strip()[:STATUS_MAX] if owner.failed else word[:STATUS_MAX]
        owner.status = shown.decode("ascii", "replace")

    def _end(self, pieces: list[Piece]) -> None:
        self._inside = False
        if self._owner is not None:
            self._owner.answer_done = True
            self._talk.drop(self._owner)
        self._flush(pieces, last=True)

    def _flush(self, pieces: list[Piece], *, last: bool) -> None:
        if self._parts:
            owned = self._owner is not None
            pieces.append(Piece(b"".join(self._parts), self._owner, first=self._first and owned, last=last and owned))
            self._parts.clear()
            self._first = False

    def _lose(self, pieces: list[Piece]) -> None:
        """Their borders are lost from here on: the exchange that began last owns the rest, older ones are over."""
        talk = self._talk
        self._flush(pieces, last=False)
        self._inside = False
        if talk.turns is None:
            latest = talk.latest
            over = latest.answer_done and latest.request_done
            talk.turn_opaque(_NOT_TEXT, current=None if over else latest, answering=latest is self._owner)
        assert talk.turns is not None
        for exchange in list(talk.waiting):
            talk.drop(exchange)
            if exchange is not talk.turns.current:
                exchange.answer_done = True
                pieces.append(Piece(b"", exchange, first=exchange is not self._owner, last=True))
