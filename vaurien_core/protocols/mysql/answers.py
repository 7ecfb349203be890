"""The backend's direction: the greeting, then answers, each to the oldest request that waits."""

from __future__ import annotations

from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.mysql import constants as my
from vaurien_core.protocols.mysql.constants import Cap
from vaurien_core.protocols.mysql.cutter import Cutter
from vaurien_core.protocols.mysql.greeting import GREETING_MAX, read_greeting
from vaurien_core.protocols.mysql.replies import HEAD, Results, Single, Step
from vaurien_core.protocols.mysql.talk import Talk, Waiting
from vaurien_core.protocols.mysql.whole import whole_ok, whole_result

_LASTING = frozenset({my.PREPARE, my.CHANGE_USER, my.RESET_CONNECTION})
"""What their answers say holds for later commands."""


class Answers(Cutter):
    """Cuts downstream bytes into answers; one per connection."""

    def __init__(self, talk: Talk) -> None:
        super().__init__()
        self._talk = talk
        self._waiting: Waiting | None = None
        self._step = Step.ON

    @property
    def plain(self) -> bool:
        """Nothing is under way or held back."""
        return self.between and not self.stopped

    def feed(self, data: bytes) -> tuple[list[Piece], bytes]:
        """See `Cutter`; whole answers at the beginning of a read go past it."""
        if self._held or self._inside or self.stopped or self._talk.turns is not None:
            return super().feed(data)
        pieces: list[Piece] = []
        pos = self._whole(data, pieces)
        if pos == len(data):
            return pieces, b""
        more, rest = super().feed(data[pos:])
        return pieces + more, rest

    def _whole(self, data: bytes, pieces: list[Piece]) -> int:
        """Hand out whole plain answers to commands that wait; where they end."""
        talk, pos = self._talk, 0
        while talk.waiting and pos < len(data):
            waiting = talk.waiting[0]
            exchange, kind = waiting.exchange, type(waiting.reply)
            if waiting.begun or not exchange.ordinal or exchange.facts["command"] in _LASTING:
                break
            if kind is Results:
                found = whole_result(data, pos, talk.caps)
            else:
                found = whole_ok(data, pos) if kind is Single else None
            if found is None:
                break
            begin, (pos, status) = pos, found
            talk.told(status)
            exchange.status, exchange.failed, exchange.answer_done = "OK", False, True
            talk.waiting.pop(0)
            pieces.append(Piece(data[begin:pos], exchange, True, True))
        return pos

    def wanted(self, sequence: int, size: int) -> int:
        """See `Cutter`."""
        if self._talk.greeting is not None or not self._talk.waiting:
            return min(size, HEAD)
        return size if sequence == 0 and size <= GREETING_MAX else 0

    def begins(self, sequence: int, size: int, head: bytes) -> None:
        """See `Cutter`."""
        talk = self._talk
        waiting = self._waiting = talk.waiting[0] if talk.waiting else None
        self.interim = False
        if waiting is None:
            self.owner = None  # a farewell that nobody asked for
            self._step = Step.ON
            self.stopped = talk.turns is not None
            return
        exchange = waiting.exchange
        if exchange.ordinal == 0 and talk.greeting is None and not self._greeted(sequence, size, head):
            return
        step = Step.ON if not waiting.begun and exchange.ordinal == 0 and head[:1] != b"\xff" else None
        self._step = step or waiting.reply.packet(size, head[:HEAD])
        if self._step is Step.UNKNOWN:
            self._lose("an answer out of step")
            return
        self.owner = exchange
        self.interim = self._step in (Step.INTERIM, Step.UPLOAD)
        if self._step is Step.UPLOAD:
            talk.uploading = exchange
        if not self.interim and not waiting.begun:
            self.opening = waiting.begun = True

    def ends(self) -> bool:
        """See `Cutter`."""
        waiting = self._waiting
        if waiting is None or self._step is not Step.END:
            return False
        talk, exchange, reply = self._talk, waiting.exchange, waiting.reply
        talk.told(reply.status)
        exchange.status = f"ERR {reply.error}" if reply.error else "OK"
        exchange.failed = bool(reply.error)
        exchange.answer_done = True
        talk.waiting.pop(0)
        if exchange.ordinal == 0:
            exchange.request_done = True
            self._logged_in()
        elif not reply.error:
            talk.prepared(exchange, reply)
            if exchange.facts.get("command") in (my.CHANGE_USER, my.RESET_CONNECTION):
                talk.forget()
        if talk.turns is not None and not talk.waiting:
            self.stopped = True
        return True

    def _greeted(self, sequence: int, size: int, head: bytes) -> bool:
        """Read the greeting (or the refusal in its place); returns whether it is one."""
        talk = self._talk
        if sequence == 0 and head[:1] == b"\xff" and size >= 3:
            return True
        greeting = read_greeting(head) if sequence == 0 and size <= GREETING_MAX else None
        if greeting is None:
            self._lose("a greeting that is not MySQL's")
            return False
        talk.greeting = greeting
        talk.seen.mariadb = greeting.mariadb
        talk.latest.facts.update(greeted=True, mariadb=greeting.mariadb)
        return True

    def _logged_in(self) -> None:
        talk = self._talk
        if talk.caps & Cap.COMPRESS:
            talk.compressed = self.stopped = True
        elif talk.caps & Cap.ZSTD:
            talk.turn_opaque("compressed with zstd", current=None)
            self.stopped = True

    def _lose(self, reason: str) -> None:
        self._talk.lose(reason)
        self.stopped = True
