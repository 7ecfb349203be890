"""The backend's direction: replies of one or more lines (RFC 5321 section 4.2)."""

from __future__ import annotations

import re

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.line_hold import LineHold
from vaurien_core.protocols.smtp.talk import Talk, verb_of
from vaurien_core.protocols.smtp.verbs import MESSAGE, RESPONSE

_REPLY = re.compile(rb"([2-5][0-9][0-9])(-|[ \t]|\r?\n)")
_ENHANCED = re.compile(rb"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?=[ \r\n])")  # RFC 3463 section 2
_DOMAIN = re.compile(rb"[A-Za-z0-9.-]{1,255}|\[[A-Za-z0-9.:]{1,64}\]")  # RFC 5321 sections 4.1.2 and 4.1.3
_STARTTLS = re.compile(rb"(250[- ])STARTTLS([ \t]*\r?\n)", re.IGNORECASE)
_NO_KEYWORD = rb"\1XXXXXXXX\2"
_READY = b"220 2.0.0 Ready to start TLS\r\n"
_NOT_HERE = b"502 5.5.1 STARTTLS is not available\r\n"
_NOT_SMTP = "an answer that is not SMTP"


class Answers:
    """Cuts downstream bytes into replies and gives each to the oldest request that waits; one per connection."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._offered = False
        self._line = LineHold()
        self._inside = False
        self._owner: Exchange | None = None
        self._parts: list[bytes] = []
        self._first = False

    def feed(self, data: bytes) -> list[Piece]:
        """Bytes from the backend."""
        pieces: list[Piece] = []
        pos = 0
        while pos < len(data):
            turns = self._talk.turns
            if turns is not None and not self._inside and not self._talk.waiting:
                pieces.append(turns.downstream(self._line.release() + data[pos:]))
                break
            if self._line.empty and data[pos] not in b"2345":
                self._lose(pieces)
                continue
            line, pos = self._line.feed(data, pos)
            found = _REPLY.match(line) if line is not None else None
            if line is not None and found is not None:
                self._read(line, found[1].decode("ascii"), found[2] == b"-", pieces)
            elif line is not None or self._line.over:
                self._lose(pieces, line or b"")
        self._flush(pieces, last=False)
        return pieces

    def eof(self) -> list[Piece]:
        """The backend sends no more."""
        rest = self._line.release()
        turns = self._talk.turns
        if turns is not None and not self._inside and not self._talk.waiting:
            return ([turns.downstream(rest)] if rest else []) + turns.downstream_eof()
        return [Piece(rest, self._owner if self._inside else None)] if rest else []

    def _read(self, line: bytes, code: str, more: bool, pieces: list[Piece]) -> None:
        if not self._inside:
            self._owner = self._talk.waiting[0] if self._talk.waiting else None
            self._inside = self._first = True
            if self._owner is not None:
                enhanced = _ENHANCED.match(line, 4)
                self._owner.status = f"{code} {enhanced[0].decode('ascii')}" if enhanced else code
                self._owner.failed = code[0] in "45"
                if not self._owner.ordinal and code == "220" and (host := _DOMAIN.match(line, 4)):
                    self._talk.host = host[0].decode("ascii")
        if self._owner is not None and self._talk.starttls != "pass":
            line = self._rewritten(line, code, self._owner, more=more)
        if line:
            self._parts.append(line)
        if not more:
            self._end(code, pieces)

    def _rewritten(self, line: bytes, code: str, owner: Exchange, *, more: bool) -> bytes:
        """The line as the client is to see it, where STARTTLS is between it and us."""
        asked = owner.facts.get("starttls")
        if asked is not None and code[0] == "2":
            owner.status = "220 2.0.0" if asked == "offer" else "502 5.5.1"
            return b"" if more else _READY if asked == "offer" else _NOT_HERE
        if verb_of(owner) != "EHLO":
            return line
        if self._talk.starttls == "hide":
            return _STARTTLS.sub(_NO_KEYWORD, line)
        alone = self._first and not self._parts
        self._offered = (self._offered and not alone) or bool(_STARTTLS.match(line))
        if more or self._offered or code != "250":
            return line
        return b"250-" + line[4:] + b"250 STARTTLS\r\n" if alone else b"250-STARTTLS\r\n" + line

    def _end(self, code: str, pieces: list[Piece]) -> None:
        self._inside = False
        talk, owner = self._talk, self._owner
        if owner is not None:
            talk.waiting.pop(0)
            owner.answer_done = True
        self._flush(pieces, last=True)
        if owner is None or owner.facts.get("substituted"):
            return
        talk.accepted(owner, code)
        verb = verb_of(owner)
        if verb == "DATA":
            talk.content = code == "354"
        elif verb in ("AUTH", RESPONSE):
            talk.response = code == "334"
        talk.settled(owner)
        if owner.facts.get("starttls") is not None:
            if owner.facts["starttls"] == "offer" and code[0] == "2":
                owner.facts["secures"] = talk.sealed = True
        elif verb in ("STARTTLS", "TURN", "ATRN") and code[0] == "2":
            talk.turn_opaque(verb, current=None)
        elif verb == MESSAGE and not owner.request_done:
            owner.answer_now = True
            talk.turn_opaque(f"an answer before the end of the {MESSAGE}", current=owner, answering=True)

    def _flush(self, pieces: list[Piece], *, last: bool) -> None:
        if self._parts:
            owned = self._owner is not None
            pieces.append(Piece(b"".join(self._parts), self._owner, first=self._first and owned, last=last and owned))
            self._parts.clear()
            self._first = False

    def _lose(self, pieces: list[Piece], line: bytes = b"") -> None:
        """Their borders are lost from here on: the exchange that began last owns the rest, older ones are over."""
        talk = self._talk
        self._flush(pieces, last=False)
        self._inside = False
        if talk.turns is None:
            latest = talk.latest
            over = latest.answer_done and latest.request_done
            talk.turn_opaque(_NOT_SMTP, current=None if over else latest, answering=latest is self._owner)
        assert talk.turns is not None
        for exchange in talk.waiting:
            if exchange is not talk.turns.current:
                exchange.answer_done = True
                pieces.append(Piece(b"", exchange, first=exchange is not self._owner, last=True))
        talk.waiting.clear()
        rest = line + self._line.release()
        if rest:
            pieces.append(talk.turns.downstream(rest))
