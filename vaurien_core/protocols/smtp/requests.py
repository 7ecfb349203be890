"""The client's direction: command lines, messages, and the lines of AUTH's dialogue."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.line_hold import LineHold
from vaurien_core.protocols.smtp.content import Chunk, Content, Dotted
from vaurien_core.protocols.smtp.talk import Talk
from vaurien_core.protocols.smtp.verbs import read_verb

_TLS_HANDSHAKE = 0x16  # RFC 8446 section 5.1


IN_PLACE = b"NOOP\r\n"
"""What the backend gets for a STARTTLS that is between the client and us; its reply becomes ours, in turn."""


class Requests:
    """Cuts upstream bytes into requests; one per connection."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._line = LineHold()
        self._exchange: Exchange | None = None
        self._content: Content = Chunk(0)

    def feed(self, data: bytes) -> list[Piece]:
        """Bytes from the client."""
        pieces: list[Piece] = []
        talk = self._talk
        pos = 0
        while pos < len(data):
            if talk.turns is not None:
                pieces.append(talk.turns.upstream(self._line.release() + data[pos:]))
                break
            if talk.discards:
                break
            if talk.pending is not None:
                talk.unread = True
                pieces.append(Piece(data[pos:], None))
                break
            if self._exchange is not None:
                pos = self._go_on(b"", data, pos, self._exchange, pieces, first=False)
            elif talk.content:
                self._exchange, self._content = talk.message(), Dotted()
                pos = self._go_on(b"", data, pos, self._exchange, pieces, first=True)
            elif self._line.empty and not talk.response and (reason := _refuse(data[pos])):
                talk.turn_opaque(reason, current=None)
            else:
                line, pos = self._line.feed(data, pos)
                if line is not None:
                    pos = self._start(line, data, pos, pieces)
                elif self._line.over:
                    talk.turn_opaque("a command line beyond all bounds", current=None)
                    pieces.append(talk_on(talk, self._line.release()))
        return pieces

    def secured(self) -> None:
        """TLS begins: nothing of the plain text before it counts."""
        self._line.release()

    def eof(self) -> list[Piece]:
        """The client sends no more."""
        rest = self._line.release()
        if not rest:
            return []
        turns = self._talk.turns
        return [turns.upstream(rest) if turns is not None else Piece(rest, None)]

    def _start(self, line: bytes, data: bytes, pos: int, pieces: list[Piece]) -> int:
        talk = self._talk
        if talk.response:
            exchange, self._content = talk.reply_to_challenge(), Chunk(0)
        else:
            verb = read_verb(line)
            if isinstance(verb, str):
                talk.turn_opaque(verb, current=None)
                pieces.append(talk_on(talk, line + data[pos:]))
                return len(data)
            exchange, self._content = talk.command(verb), Chunk(max(0, verb.chunk))
            if verb.name == "STARTTLS" and talk.starttls != "pass":
                exchange.facts["starttls"] = talk.starttls
                line = IN_PLACE
                if talk.starttls == "hide":  # refused: what follows is plain text
                    talk.pending = None
        self._exchange = exchange
        return self._go_on(line, data, pos, exchange, pieces, first=True)

    def _go_on(
        self, line: bytes, data: bytes, pos: int, exchange: Exchange, pieces: list[Piece], *, first: bool
    ) -> int:
        """What belongs to the request under way."""
        end = pos if self._content.done else self._content.feed(data, pos)
        part = data[pos:end]
        done = self._content.done
        pieces.append(Piece(line + part if line and part else line or part, exchange, first=first, last=done))
        if done:
            exchange.request_done = True
            self._exchange = None
        return end


def talk_on(talk: Talk, data: bytes) -> Piece:
    """Bytes behind the end of framing."""
    assert talk.turns is not None
    return talk.turns.upstream(data)


def _refuse(byte: int) -> str:
    """Why no command line begins with this byte; "" if one may."""
    if byte == _TLS_HANDSHAKE:
        return "TLS"
    return "" if 32 <= byte < 127 or byte in b"\r\n\t" else "not SMTP"
