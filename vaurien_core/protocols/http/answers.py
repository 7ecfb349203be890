"""The backend's direction: answers (RFC 9112 section 4)."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.http.body import Body, LengthBody, UntilClose
from vaurien_core.protocols.http.framing import UnknownFramingError, body_of
from vaurien_core.protocols.http.head import NOTHING_SAID, HeadScanner
from vaurien_core.protocols.http.lines import StartLine, read_status_line, refuse_status
from vaurien_core.protocols.http.own_address import AnswerRewriter, OwnAddress
from vaurien_core.protocols.http.talk import Talk
from vaurien_core.protocols.http.whole import plain_answer

SWITCHING_PROTOCOLS = 101
SERVER_ERROR = 500
_BODILESS = frozenset({204, 304})


class Answers:
    """Cuts downstream bytes into answers and gives each to the oldest request that waits; one per connection."""

    def __init__(self, talk: Talk, own: OwnAddress | None = None) -> None:
        self._talk = talk
        self._own = own
        self._rewriter: AnswerRewriter | None = None
        self._line = StartLine(refuse_status)
        self._inside = False
        self._owner: Exchange | None = None
        self._interim = False
        self._status = 0
        self._version = ""
        self._head = HeadScanner()
        self._body: Body | None = None

    @property
    def plain(self) -> bool:
        """Nothing is under way or changed."""
        return not self._inside and self._line.empty and self._own is None

    def feed(self, data: bytes) -> list[Piece]:
        """Bytes from the backend."""
        pieces: list[Piece] = []
        pos = 0
        while pos < len(data):
            if self._inside:
                pos = self._go_on(data, pos, b"", pieces)
            elif self._talk.turns is not None and not self._talk.waiting:
                pieces.append(self._talk.turns.downstream(self._line.release() + data[pos:]))
                break
            elif (end := self._plain(data, pos, pieces)) > pos:
                pos = end
            else:
                line, pos = self._line.feed(data, pos)
                if line is not None:
                    pos = self._start(line, data, pos, pieces)
                elif self._line.refused:
                    self._refuse(self._line.refused, pieces)
        return pieces

    def eof(self) -> list[Piece]:
        """The backend sends no more; ends an answer that runs until then."""
        if self._inside:
            if not isinstance(self._body, UntilClose):
                held = self._rewriter.release() if self._rewriter is not None else b""
                return [Piece(held, self._owner, interim=self._interim)] if held else []
            self._end_answer()
            return [Piece(b"", self._owner, last=True)]
        rest = self._line.release()
        turns = self._talk.turns
        if turns is not None and not self._talk.waiting:
            return ([turns.downstream(rest)] if rest else []) + turns.downstream_eof()
        return [Piece(rest, None)] if rest else []

    def _plain(self, data: bytes, pos: int, pieces: list[Piece]) -> int:
        """Hand out a plain answer that somebody waits for at `pos`, as far as it is there; where that ends.

        What `_start`, `_go_on` and `_end_answer` make of it, in one step.
        """
        talk = self._talk
        if not talk.waiting or talk.turns is not None or talk.switching is not None or self._own is not None:
            return pos
        owner = talk.waiting[0]
        method = owner.facts["method"]
        if method == "CONNECT" or not self._line.empty:
            return pos
        found = plain_answer(data, pos, bodiless=method == "HEAD")
        if found is None:
            return pos
        status, body, end = found
        owner.status = status.decode("ascii")
        owner.failed = status >= b"500"
        if end > len(data):
            self._inside, self._owner, self._interim, self._status = True, owner, False, int(status)
            self._head, self._body = NOTHING_SAID, LengthBody(end - body)
            self._body.feed(data, body)
            pieces.append(Piece(data[pos:], owner, True))
            return len(data)
        talk.waiting.pop(0)
        owner.answer_done = True
        pieces.append(Piece(data[pos:end], owner, True, True))
        return end

    def _start(self, line: bytes, data: bytes, pos: int, pieces: list[Piece]) -> int:
        found = read_status_line(line)
        if found is None:
            self._refuse("an answer that is not HTTP", pieces)
            return pos
        self._version, self._status = found
        talk = self._talk
        self._owner = talk.waiting[0] if talk.waiting else talk.latest if talk.latest.ordinal == 0 else None
        self._interim = self._status < 200 and self._status != SWITCHING_PROTOCOLS
        if self._owner is not None and not self._interim:
            self._owner.status = str(self._status)
            self._owner.failed = self._status >= SERVER_ERROR
            if talk.turns is not None and talk.turns.current is self._owner:
                talk.turns.answering = True
        self._inside = True
        self._head = HeadScanner()
        self._body = None
        if self._own is not None:
            self._rewriter = AnswerRewriter(self._own, self._owner.facts.get("host") if self._owner else None)
        return self._go_on(data, pos, self._line.release(), pieces)

    def _go_on(self, data: bytes, pos: int, start_line: bytes, pieces: list[Piece]) -> int:
        """Scan on in the head or body of the answer and hand out what belongs to it."""
        begin = pos
        reason, changed = "", start_line
        ended = False
        if not self._head.done:
            pos = self._head.feed(data, pos)
            if self._rewriter is not None:
                changed += self._rewriter.feed(data[begin:pos])
                begin = pos
            if self._head.done:
                ended, reason = self._decide()
        if self._body is not None:
            pos = self._body.feed(data, pos)
            ended, reason = self._body.done, self._body.broken
        bytes_ = changed + data[begin:pos] if changed else data[begin:pos]
        owner, interim = self._owner, self._interim
        first = bool(start_line) and not interim and owner is not None
        last = ended and not interim and owner is not None
        if bytes_ or last:
            pieces.append(Piece(bytes_, owner, first=first, last=last, interim=interim))
        if ended:
            self._inside = False
            if not interim:
                self._end_answer()
        if reason:
            self._inside = False
            self._lose(reason, owner, pieces)
        return pos

    def _decide(self) -> tuple[bool, str]:
        """The head is complete; returns whether the answer is, and why its end can't be known."""
        method = self._owner.facts.get("method") if self._owner is not None else None
        if self._interim or self._switches(method) or method == "HEAD" or self._status in _BODILESS:
            return True, ""
        try:
            self._body = body_of(self._head, self._version, answer=True)
        except UnknownFramingError as error:
            return False, str(error)
        return False, ""

    def _switches(self, method: object) -> bool:
        return self._status == SWITCHING_PROTOCOLS or (method == "CONNECT" and 200 <= self._status < 300)

    def _end_answer(self) -> None:
        self._inside = False
        talk, owner = self._talk, self._owner
        if talk.waiting and talk.waiting[0] is owner:
            talk.waiting.pop(0)
        if owner is not None:
            owner.answer_done = True
        if not self._switches(owner.facts.get("method") if owner is not None else None):
            if owner is not None:
                talk.settled(owner)
            return
        if owner is not None:
            owner.facts.pop("close_after", None)
        talk.turn_opaque("CONNECT" if self._status != SWITCHING_PROTOCOLS else self._new_protocol(), current=None)

    def _new_protocol(self) -> str:
        names = b", ".join(self._head.items(b"upgrade")).decode("ascii", "replace")
        return f"upgraded to {names[:40]}" if names.isprintable() and names else "upgraded"

    def _refuse(self, reason: str, pieces: list[Piece]) -> None:
        """What came in an answer's place is none."""
        self._lose(reason, None, pieces)
        assert self._talk.turns is not None
        pieces.append(self._talk.turns.downstream(self._line.release()))

    def _lose(self, reason: str, begun: Exchange | None, pieces: list[Piece]) -> None:
        """Their borders are lost from here on: the exchange that began last owns the rest, older ones are over."""
        talk = self._talk
        if talk.turns is None:
            latest = talk.latest
            over = latest.answer_done and latest.request_done
            latest.answer_now = latest.answer_now or not latest.request_done
            answering = latest is begun or latest.answer_done
            talk.turn_opaque(reason, current=None if over else latest, answering=answering)
        assert talk.turns is not None
        waiting = list(talk.waiting)
        talk.waiting.clear()
        for exchange in waiting:
            if exchange is not talk.turns.current:
                exchange.answer_done = True
                pieces.append(Piece(b"", exchange, first=exchange is not begun, last=True))
