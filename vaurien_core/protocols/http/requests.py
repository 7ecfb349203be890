"""The client's direction: requests (RFC 9112 section 3)."""

from __future__ import annotations

from functools import lru_cache

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.http.body import Body, LengthBody
from vaurien_core.protocols.http.framing import UnknownFramingError, body_of, stays_open
from vaurien_core.protocols.http.head import NOTHING_SAID, HeadScanner
from vaurien_core.protocols.http.host import HostRewriter
from vaurien_core.protocols.http.label import request_label
from vaurien_core.protocols.http.lines import HELD_MAX, RequestLine, StartLine, read_request_line, refuse_request
from vaurien_core.protocols.http.talk import Talk
from vaurien_core.protocols.http.whole import plain_request

CACHED_MAX = 256
"""Bytes of a request line that is remembered."""
SWALLOW_MAX = 2**20
"""Bytes of body beyond which an error is sent at once instead of behind the request."""


def _read(line: bytes) -> tuple[RequestLine | str, str]:
    """A request line and its label."""
    request = read_request_line(line)
    return request, "" if isinstance(request, str) else request_label(request.method, request.target)


_read_again = lru_cache(maxsize=256)(_read)
"""Clients repeat themselves."""


class Requests:
    """Cuts upstream bytes into requests; one per connection."""

    def __init__(self, talk: Talk, host: bytes, *, notes_host: bool = False) -> None:
        self._talk = talk
        self._host = host
        self._looks = notes_host or bool(host)
        self._line = StartLine(refuse_request)
        self._exchange: Exchange | None = None
        self._head = HeadScanner()
        self._body: Body | None = None
        self._rewriter: HostRewriter | None = None
        self.keep_heads = False
        self._kept: bytearray | None = None
        """The head so far, as sent, while it is wanted."""
        self._held: list[bytes] = []
        """What waits for the rest of that head."""

    @property
    def plain(self) -> bool:
        """Nothing is held back, changed or kept for anybody."""
        return self._exchange is None and self._line.empty and not (self._looks or self.keep_heads)

    def feed(self, data: bytes) -> list[Piece]:
        """Bytes from the client."""
        pieces: list[Piece] = []
        pos = 0
        while pos < len(data):
            if self._talk.turns is not None:
                rest = self._release() + data[pos:]
                pieces.append(self._talk.turns.upstream(rest))
                break
            if self._exchange is not None:
                pos = self._go_on(data, pos, b"", self._exchange, pieces)
            elif self._talk.switching is not None:
                self._talk.unread = True
                pieces.append(Piece(data[pos:], None))
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
        """The client sends no more."""
        self._keep(self._exchange)
        rest = self._release()
        if self._talk.turns is not None:
            return [self._talk.turns.upstream(rest)] if rest else []
        return [Piece(rest, self._exchange)] if rest else []

    def _release(self) -> bytes:
        held = b"".join(self._held)
        self._held.clear()
        return self._line.release() + held + (self._rewriter.release() if self._rewriter else b"")

    def _keep(self, exchange: Exchange | None) -> None:
        """The head is as complete as it will be."""
        if exchange is not None and self._kept is not None:
            exchange.head = bytes(self._kept)
        self._kept = None

    def _refuse(self, reason: str, pieces: list[Piece]) -> None:
        self._talk.turn_opaque(reason, current=None)
        assert self._talk.turns is not None
        pieces.append(self._talk.turns.upstream(self._line.release()))

    def _plain(self, data: bytes, pos: int, pieces: list[Piece]) -> int:
        """Hand out a plain request at `pos` as far as it is there, unless its head is kept or changed; where that ends.

        What `_start`, `_go_on`, `_decide` and `_finish` make of it, in one step.
        """
        found = plain_request(data, pos) if self._line.empty and not (self._looks or self.keep_heads) else None
        if found is None or found[2] - pos > SWALLOW_MAX:
            return pos
        line, body, end = found
        request, label = _read_again(line) if len(line) <= CACHED_MAX else _read(line)
        assert not isinstance(request, str)
        facts: dict[str, object] = {"method": request.method, "version": request.version, "keep_alive": True}
        exchange = self._talk.begin(label, line, facts)
        self._talk.waiting.append(exchange)
        if end > len(data):
            self._exchange, self._head, self._body = exchange, NOTHING_SAID, LengthBody(end - body)
            self._body.feed(data, body)
            pieces.append(Piece(data[pos:], exchange, True))
            return len(data)
        exchange.request_done = True
        pieces.append(Piece(data[pos:end], exchange, True, True))
        return end

    def _start(self, line: bytes, data: bytes, pos: int, pieces: list[Piece]) -> int:
        request, label = _read_again(line) if len(line) <= CACHED_MAX else _read(line)
        if isinstance(request, str):
            self._refuse(request, pieces)
            return pos
        exchange = self._talk.begin(label, line)
        exchange.facts["method"] = request.method
        exchange.facts["version"] = request.version
        self._talk.waiting.append(exchange)
        self._exchange = exchange
        self._head = HeadScanner()
        self._body = None
        self._rewriter = HostRewriter(self._host) if self._looks else None
        self._kept = bytearray() if self.keep_heads else None
        return self._go_on(data, pos, self._line.release(), exchange, pieces)

    def _go_on(self, data: bytes, pos: int, start_line: bytes, exchange: Exchange, pieces: list[Piece]) -> int:
        """Scan on in the head or body of `exchange` and hand out what belongs to it."""
        begin = pos
        parts = [start_line] if start_line else []
        reason = ""
        if not self._head.done:
            pos = self._head.feed(data, pos)
            if self._kept is not None:
                self._kept += data[begin : min(pos, begin + HELD_MAX)]
            if self._rewriter is not None:
                parts.append(self._rewriter.feed(data[begin:pos]))
                begin = pos
            if self._head.done:
                reason = self._decide(exchange)
        body = self._body
        if body is not None:
            pos = body.feed(data, pos)
            reason = body.broken
            if body.size > SWALLOW_MAX:
                exchange.answer_now = True
            if body.done:
                self._finish(exchange)
        if begin < pos:
            parts.append(data[begin:pos])
        if self._kept is not None and not self._head.done and len(self._kept) < HELD_MAX:
            self._held += parts
            return pos
        if self._kept is not None:
            self._keep(exchange)
            parts, start_line = [*self._held, *parts], self._held[0] if self._held else start_line
            self._held.clear()
        whole = parts[0] if len(parts) == 1 else b"".join(parts)
        if whole or exchange.request_done:
            pieces.append(Piece(whole, exchange, first=bool(start_line), last=exchange.request_done))
        if reason:
            exchange.answer_now = True
            self._exchange = None
            self._talk.turn_opaque(reason, current=exchange, answering=bool(exchange.status))
        return pos

    def _decide(self, exchange: Exchange) -> str:
        """The head is complete; returns why its end can't be known, or ""."""
        head, version = self._head, str(exchange.facts["version"])
        if self._rewriter is not None:
            exchange.facts["host"] = self._rewriter.seen
        exchange.facts["keep_alive"] = stays_open(head, version)
        try:
            self._body = body_of(head, version, answer=False)
        except UnknownFramingError as error:
            return str(error)
        facts = exchange.facts
        if facts.get("dropped") and not facts["keep_alive"]:
            facts["close_after"] = True
        if isinstance(self._body, LengthBody) and self._body.left > SWALLOW_MAX:
            exchange.answer_now = True
        if not self._body.done and version != "1.0" and b"100-continue" in head.items(b"expect"):
            exchange.answer_now = True
        return ""

    def _finish(self, exchange: Exchange) -> None:
        exchange.request_done = True
        self._exchange = None
        head = self._head
        wants_switch = exchange.facts["method"] == "CONNECT" or (
            b"upgrade" in head.items(b"connection") and bool(head.items(b"upgrade"))
        )
        if wants_switch and exchange in self._talk.waiting:
            self._talk.switching = exchange
