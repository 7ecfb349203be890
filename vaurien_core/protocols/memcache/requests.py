"""The client's direction: command lines and their data blocks."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.line_hold import LineHold
from vaurien_core.protocols.memcache.commands import RETRIEVAL, Command, keyed, read_command, retrieval
from vaurien_core.protocols.memcache.talk import Talk
from vaurien_core.protocols.memcache.whole import whole_command

_TLS_HANDSHAKE = 0x16  # RFC 8446 section 5.1
_BINARY = (0x80, 0x81)  # memcached doc/protocol-binary.txt: magic


class Requests:
    """Cuts upstream bytes into requests; one per connection."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._line = LineHold()
        self._exchange: Exchange | None = None
        self._left = 0
        self._endless = False

    @property
    def plain(self) -> bool:
        """Nothing is under way or held back."""
        return self._exchange is None and self._line.empty

    def feed(self, data: bytes) -> list[Piece]:
        """Bytes from the client."""
        pieces: list[Piece] = []
        pos = 0
        while pos < len(data):
            if self._talk.turns is not None:
                pieces.append(self._talk.turns.upstream(self._line.release() + data[pos:]))
                break
            if self._exchange is not None:
                pos = self._go_on(b"", data, pos, self._exchange, pieces)
                continue
            if (end := self._whole(data, pos, pieces)) > pos:
                pos = end
                continue
            if self._line.empty and (reason := _refuse(data[pos])):
                self._talk.turn_opaque(reason, current=None)
                continue
            line, pos = self._line.feed(data, pos)
            if line is not None:
                pos = self._start(line, read_command(line), data, pos, pieces)
            elif self._line.over:
                line = self._line.release()
                long = line.split(None, 1)[0:1]
                self._endless = bool(long) and long[0] in RETRIEVAL
                command = retrieval(line) if self._endless else "a command line beyond all bounds"
                pos = self._start(line, command, data, pos, pieces)
        return pieces

    def _whole(self, data: bytes, pos: int, pieces: list[Piece]) -> int:
        """Hand out the whole plain command at `pos`, if one is there; where it ends."""
        found = whole_command(data, pos) if self._line.empty else None
        if found is None:
            return pos
        word, key, block, end = found
        exchange = self._talk.begin(keyed(word, key, block))
        exchange.request_done = True
        pieces.append(Piece(data[pos:end], exchange, True, True))
        return end

    def eof(self) -> list[Piece]:
        """The client sends no more."""
        rest = self._line.release()
        if not rest:
            return []
        turns = self._talk.turns
        return [turns.upstream(rest) if turns is not None else Piece(rest, None)]

    def _start(self, line: bytes, command: Command | str, data: bytes, pos: int, pieces: list[Piece]) -> int:
        if isinstance(command, str):
            self._talk.turn_opaque(command, current=None)
            assert self._talk.turns is not None
            pieces.append(self._talk.turns.upstream(line + data[pos:]))
            return len(data)
        exchange = self._talk.begin(command)
        self._left = command.block + 2 if command.block >= 0 else 0
        self._exchange = exchange
        return self._go_on(line, data, pos, exchange, pieces)

    def _go_on(self, line: bytes, data: bytes, pos: int, exchange: Exchange, pieces: list[Piece]) -> int:
        """What belongs to the request under way."""
        if self._endless:
            newline = data.find(b"\n", pos)
            end = newline + 1 if newline >= 0 else len(data)
            self._endless = newline < 0
        else:
            end = pos + min(self._left, len(data) - pos)
            self._left -= end - pos
        done = not self._left and not self._endless
        part = data[pos:end]
        pieces.append(Piece(line + part if line and part else line or part, exchange, first=bool(line), last=done))
        if done:
            exchange.request_done = True
            self._exchange = None
            command = exchange.facts.get("command")
            if isinstance(command, Command) and command.word == b"watch":
                self._talk.turn_opaque("watch: the server reports from here on", current=exchange)
        return end


def _refuse(byte: int) -> str:
    """Why no command line begins with this byte; "" if one may."""
    if byte in _BINARY:
        return "the binary protocol, of which nothing is read; have the client use the text protocol"
    if byte == _TLS_HANDSHAKE:
        return "TLS"
    return "" if 32 <= byte < 127 or byte in b"\r\n\t" else "not memcached's text protocol"
