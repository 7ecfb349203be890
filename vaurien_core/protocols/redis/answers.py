"""The backend's direction: answers, pushes and messages."""

from __future__ import annotations

import re

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.redis.commands import Command
from vaurien_core.protocols.redis.mode import CONFIRMED, STATEFUL
from vaurien_core.protocols.redis.replies import Reply
from vaurien_core.protocols.redis.session import Session
from vaurien_core.protocols.redis.status import failed_by, status_of
from vaurien_core.protocols.redis.whole import answer_end, answer_status

_MESSAGES = frozenset({b"message", b"pmessage", b"smessage"})
_MONITORED = re.compile(rb"\d+\.\d{6} \[")
_REFUSED = re.compile(rb"^NOAUTH |'(client\|reply|monitor)'")
_ONLY_IN_3 = b">%~_#,(=!"
_ENDLESS = frozenset({"SYNC", "PSYNC"})


class Answers:
    """Cuts downstream bytes into answers and gives each to the oldest request that waits; one per connection."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._reply: Reply | None = None
        self._held = bytearray()
        self._owned = False
        self._owner: Exchange | None = None
        self._interim = False
        self._begun = False
        self._left = 0

    @property
    def plain(self) -> bool:
        """Nothing is under way or held back."""
        return self._reply is None and not self._held

    def feed(self, data: bytes) -> list[Piece]:
        """Bytes from the backend."""
        pieces: list[Piece] = []
        session = self._session
        pos = 0
        while pos < len(data):
            if session.turns is not None and self._reply is None and not session.waiting:
                pieces.append(session.turns.downstream(self._release() + data[pos:]))
                break
            if self._reply is None:
                end = self._whole(data, pos, pieces)
                if end > pos:
                    pos = end
                    continue
                self._reply = Reply()
                self._owned = False
            begin = pos
            reply = self._reply
            pos = reply.feed(data, pos)
            if reply.broken:
                self._lose(reply.broken, self._release() + data[begin:], pieces)
                break
            if not self._owned and not self._own(reply):
                self._held += data[begin:pos]
                continue
            part = data if not self._held and begin == 0 and pos == len(data) else self._release() + data[begin:pos]
            reason = self._breaks(reply)
            if reason:
                self._lose(reason, part + data[pos:], pieces)
                break
            self._give(reply, part, pieces)
        return pieces

    def _whole(self, data: bytes, pos: int, pieces: list[Piece]) -> int:
        """Hand out the whole plain answers at `pos` to plain requests that wait; where they end.

        What `Reply`, `_own`, `_breaks`, `_give` and `Session.settle` make of them, in one pass.
        """
        session = self._session
        if session.turns is not None or self._held or self._begun or not session.answers_only:
            return pos
        waiting, total = session.waiting, len(data)
        while pos < total and waiting:
            owner = waiting[0]
            command = owner.facts["command"]
            end = answer_end(data, pos) if isinstance(command, Command) and command.name not in STATEFUL else -1
            if end < 0:
                break
            status, owner.failed = answer_status(data, pos, end)
            owner.status = owner.status or status
            waiting.pop(0)
            owner.answer_done = True
            pieces.append(Piece(data[pos:end], owner, True, True))
            pos = end
        return pos

    def eof(self) -> list[Piece]:
        """The backend sends no more."""
        turns = self._session.turns
        rest = self._release()
        if turns is not None and not self._session.waiting:
            return ([turns.downstream(rest)] if rest else []) + turns.downstream_eof()
        waiting = self._session.waiting
        return [Piece(rest, waiting[0] if waiting else None)] if rest else []

    def _release(self) -> bytes:
        held = bytes(self._held)
        self._held.clear()
        return held

    def _own(self, reply: Reply) -> bool:
        """Whether it is known whose answer this is: if so, take it down."""
        session = self._session
        head = session.waiting[0] if session.waiting else None
        confirming = head is not None and session.confirmations(head) > 0
        kind = reply.kind
        interim = False
        if kind and kind in _ONLY_IN_3:
            session.version = 3
        listening = session.subscribed and (session.version < 3 or head is None)
        if kind == b">" or (kind == b"*" and (listening or confirming)):
            if reply.first is None and not reply.done:
                return False
            interim = self._is_push(reply, head)
        elif not kind or (kind == b"-" and session.hushed and not reply.line_known):
            return False
        elif kind == b"+" and session.monitoring:
            if not reply.line_known:
                return False
            interim = bool(_MONITORED.match(reply.head))
        self._owned, self._interim = True, interim
        self._owner = head
        if head is None and session.latest.ordinal == 0 and not interim:
            self._owner = session.latest
        return True

    def _is_push(self, reply: Reply, head: Exchange | None) -> bool:
        """Whether nobody asked for it, so that it is not what the oldest request waits for."""
        kind = reply.first or b""
        name = kind.decode("latin-1").upper()
        if name in CONFIRMED:
            return head is None or getattr(head.facts["command"], "name", "") != name
        return reply.kind == b">" or kind in _MESSAGES

    def _breaks(self, reply: Reply) -> str:
        """Why nothing behind the beginning of this answer can be followed, or ""."""
        owner = self._owner
        if self._interim:
            return ""
        if owner is None:
            return "an answer that nobody asked for"
        name = getattr(owner.facts.get("command"), "name", "")
        if reply.kind == b"-" and self._session.hushed and name != "MONITOR" and _REFUSED.search(reply.head):
            return "an answer to a request that should get none"
        if reply.kind in b"-!" or "substituted" in owner.facts:
            return ""
        if name in _ENDLESS and not owner.facts.get("multi"):
            return "replication"
        if name != "EXEC" or reply.kind != b"*":
            return ""
        if getattr(owner.facts.get("multi"), "breaking", False):
            return "a transaction that changes how the connection answers"
        return "a transaction under MONITOR" if getattr(owner.facts.get("mode"), "monitors", False) else ""

    def _give(self, reply: Reply, part: bytes, pieces: list[Piece]) -> None:
        """Hand out what belongs to the answer under way."""
        owner = self._owner
        if self._interim:
            pieces.append(Piece(part, owner, interim=owner is not None))
            if reply.done:
                self._confirm(reply)
                self._reply = None
            return
        assert owner is not None
        first, self._begun = not self._begun, True
        if first:
            self._left = self._session.confirmations(owner) if reply.kind in b"*>" else 1
            owner.failed = failed_by(reply.kind, reply.head)
        if not owner.status and (reply.line_known or reply.done):
            owner.status = status_of(reply.kind, reply.head)
            owner.failed = failed_by(reply.kind, reply.head)
        if not reply.done:
            pieces.append(Piece(part, owner, first=first))
            return
        self._left = max(1, self._left) - 1
        self._confirm(reply)
        self._reply = None
        pieces.append(Piece(part, owner, first=first, last=not self._left))
        if not self._left:
            self._begun = False
            self._session.settle(owner, reply.kind)
            turns = self._session.turns
            if turns is not None and turns.current is owner:
                turns.answering = True

    def _confirm(self, reply: Reply) -> None:
        kind = (reply.first or b"").decode("latin-1")
        if reply.kind and reply.kind in b"*>" and kind.upper() in CONFIRMED:
            head = self._owner
            if reply.kind == b">" or self._session.subscribed or (head is not None and self._confirms(head)):
                self._session.confirmed(kind, reply.number)

    def _confirms(self, head: Exchange) -> bool:
        return self._session.confirmations(head) > 0

    def _lose(self, reason: str, rest: bytes, pieces: list[Piece]) -> None:
        """Borders are lost from here on: the exchange that began last owns the rest, older ones are over."""
        session = self._session
        begun = self._owner if self._begun or self._owned else None
        if session.turns is None:
            latest = session.latest
            over = latest.request_done and (latest.answer_done or not latest.answer_expected)
            current = None if over or latest.ordinal == 0 else latest
            session.turn_opaque(reason, current=current, answering=self._begun and begun is latest)
        assert session.turns is not None
        waiting = list(session.waiting)
        session.waiting.clear()
        self._reply = None
        for exchange in waiting:
            if exchange is not session.turns.current:
                exchange.answer_done = True
                pieces.append(Piece(b"", exchange, first=not (self._begun and exchange is begun), last=True))
        self._begun = False
        pieces.append(session.turns.downstream(rest))
