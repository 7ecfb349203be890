"""The downstream half of a connection: answers leave in request order, ours take their turn among the backend's."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from vaurien_core.model.answer import Ending, Remade, Script, Untouched
from vaurien_core.protocols.base import Piece
from vaurien_core.proxy.outbox import HOLD, PIECE_CHARGE
from vaurien_core.proxy.playing import end, play
from vaurien_core.proxy.toxics.drawn import put_through
from vaurien_core.proxy.turn import Flow, Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


class Answers:
    """Takes what the framer says of the backend's bytes; owned by the connection."""

    __slots__ = ("_conn", "_settling")

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._settling = False

    def received(self, pieces: list[Piece], now: float) -> None:
        """Bytes from the backend, framed."""
        turns = self._conn.turns
        for piece in pieces:
            head = turns[0] if turns else None
            turn = head if head is not None and head.exchange is piece.exchange else self._find(piece)
            if turn is None:
                if self._conn.greeted and piece.exchange is not None and not piece.exchange.ordinal:
                    continue
                self._conn.down.put(piece.data)
                continue
            turn.down += len(piece.data)
            if turn is head and turn.answer_flow is not Flow.STAGE:
                self._pass(turn, piece, now)
                if turn.answer_end:
                    self.settle()
            else:
                self._stage(turn, piece)

    def reply(self, turn: Turn, *, close: bool) -> None:
        """The answer of ours is ready; it leaves in its turn."""
        turn.reply_closes = close or self._is_last(turn)
        self._render(turn)
        turn.altered = True
        if self._conn.opaque or self._conn.server.protocol.name == "tcp":
            self._conn.altered = True  # bytes are missing in a stream without borders: it can't go on truthfully
        self.settle()

    def settle(self) -> None:
        """Let every exchange whose turn it is end, as far as it can; then the end of the stream."""
        if self._settling:
            return
        self._settling = True
        try:
            turns = self._conn.turns
            while turns and not self._conn.closing:
                head = turns[0]
                if not self._settle_head(head):
                    break
                if turns and turns[0] is head:
                    del turns[0]
                if turns:
                    self.unstage(turns[0])
        finally:
            self._settling = False
        self._conn.after_settling()

    def unstage(self, turn: Turn) -> None:
        """Pass on what waited for this exchange's turn."""
        turns = self._conn.turns
        if not turns or turns[0] is not turn or turn.answer_flow is Flow.STAGE or turn.staged is None:
            return
        staged, turn.staged = turn.staged, None
        self._conn.down.outbox.charge(-turn.staged_size - PIECE_CHARGE * len(staged))
        turn.staged_size = 0
        now = self._conn.server.clock.now()
        for piece in staged:
            self._pass(turn, piece, now)
        self._conn.down.throttle()
        turn.catch_up()

    def restage(self, turn: Turn, data: bytes) -> None:
        """Put this in the place of what waits of an answer."""
        staged = turn.staged or deque()
        self._conn.down.outbox.charge(len(data) + PIECE_CHARGE - turn.staged_size - PIECE_CHARGE * len(staged))
        turn.staged = deque([Piece(data, turn.exchange)])
        turn.staged_size = len(data)

    def pass_on(self, turn: Turn) -> None:
        """Remake its answer no further; what was kept for it passes as it came."""
        remaking, turn.remaking = turn.remaking, None
        if remaking is not None:
            now = self._conn.server.clock.now()
            for piece in remaking.kept:
                self._pass(turn, piece, now)

    def _find(self, piece: Piece) -> Turn | None:
        if piece.exchange is None:
            return None
        return next((t for t in self._conn.turns if t.exchange is piece.exchange), None)

    def _stage(self, turn: Turn, piece: Piece) -> None:
        if turn.staged is None:
            turn.staged = deque()
        turn.staged.append(piece)
        turn.staged_size += len(piece.data)
        self._conn.down.outbox.charge(len(piece.data) + PIECE_CHARGE)
        turn.wake()

    def _pass(self, turn: Turn, piece: Piece, now: float) -> None:
        conn = self._conn
        if turn.remaking is not None:
            self._remake(turn, piece)
            return
        if piece.interim:
            if turn.request_flow is not Flow.DROP:
                conn.down.put(piece.data, HOLD if turn.answer_flow is Flow.HOLD else 0.0)
            return
        if piece.last:
            turn.answer_end = True
        if not piece.data:
            return
        first, turn.first_answer = not turn.first_answer, True
        if turn.answer_flow is Flow.PASS:
            self._send(turn, piece.data, now, first=first)
            if first and turn.insertion:
                turn.altered = conn.altered = True
                conn.down.put(turn.insertion)
                conn.turn_opaque("bytes were inserted")
        elif turn.answer_flow is Flow.HOLD:
            conn.down.put(piece.data, HOLD)
        else:
            turn.altered = True
            if first and turn.ending == "reset":
                conn.down.mark(lambda: conn.reset_in_turn(turn))

    def _remake(self, turn: Turn, piece: Piece) -> None:
        remaking = turn.remaking
        assert remaking is not None
        made = remaking.feed(piece)
        if isinstance(made, Untouched):
            self._untouched(turn, made.reason)
            return
        if piece.last:
            turn.answer_end = True
        if remaking.decided or remaking.altered:
            remaking.act.remade()
        turn.altered = turn.altered or remaking.altered
        turn.down += remaking.grown
        play(self._conn, turn, made)
        if made.ending is not Ending.GO_ON:
            turn.remaking = None
            turn.answer_flow = Flow.DROP
            end(self._conn, turn, made.ending)

    def _untouched(self, turn: Turn, reason: str) -> None:
        remaking = turn.remaking
        assert remaking is not None
        remaking.act.untouched(reason)
        turn.remaking = remaking
        self.pass_on(turn)

    def _send(self, turn: Turn, data: bytes, now: float, *, first: bool) -> None:
        conn, mount = self._conn, turn.down_mount
        if not first:
            if mount is not None:
                put_through(conn, mount, data, None)
            else:
                conn.down.put(data)
            return
        due = 0.0
        if turn.answer_due_s is not None:
            due = now + turn.answer_due_s
            conn.accounts.hold(turn)
        if mount is not None:
            put_through(conn, mount, data, lambda left, _due: conn.accounts.drawn_left(turn, left))
            return
        turn.marks += 1
        conn.down.put(data, due, lambda left, planned: conn.accounts.answer_left(turn, now, left, planned))

    def _settle_head(self, turn: Turn) -> bool:
        """Whether the exchange is over, so that the next one has its turn."""
        conn = self._conn
        exchange = turn.exchange
        if turn.ending == "stall":
            return False
        if turn.remaking is not None and turn.remaking.kept and (turn.answer_end or conn.backend_eof):
            self._untouched(turn, "the answer ended too early")
        if turn.render is not None and turn.local is None and turn.backend_answers and turn.answer_end:
            self._render(turn)
        if turn.local is not None and (turn.answer_end or not turn.backend_answers):
            return self._answer(turn)
        if turn.ending == "close":
            turn.outcome = "closed"
            conn.accounts.finish_turn(turn)
            conn.close_in_turn()
            return True
        if turn.task is not None or turn.answer_flow is Flow.STAGE or turn.render is not None:
            return False
        if turn.answer_end or (not exchange.answer_expected and turn.request_end):
            if turn.answer_flow is Flow.HOLD or turn.ending == "reset":
                return False
            conn.accounts.finish_turn(turn)
            if turn.answer_end and self._is_last(turn):
                conn.close_in_turn()
            return True
        return False

    def _render(self, turn: Turn) -> None:
        assert turn.render is not None
        answer = turn.render(turn.reply_closes or self._is_last(turn))
        turn.local = b"" if answer is None or isinstance(answer, Remade) else answer

    def _answer(self, turn: Turn) -> bool:
        """Give the client an answer of ours; whether the next exchange has its turn."""
        conn, local = self._conn, turn.local
        if not turn.backend_answers:
            conn.framer.answered(turn.exchange)
        turn.answer_flow = Flow.PASS
        turn.outcome = turn.outcome or conn.accounts.injected_outcome(turn)
        if isinstance(local, Script):
            turn.down = len(local.data)
            turn.altered = True
            play(conn, turn, local)
            if local.ending is not Ending.GO_ON:
                end(conn, turn, local.ending)
                return local.ending is not Ending.STALL
        elif isinstance(local, bytes) and local:
            turn.down = len(local)
            self._send(turn, local, conn.server.clock.now(), first=True)
        conn.accounts.finish_turn(turn)
        if turn.reply_closes or self._is_last(turn):
            conn.close_in_turn()
        return True

    def _is_last(self, turn: Turn) -> bool:
        """Whether this answer ends the connection without a fault's doing."""
        return self._conn.closes_after_answer or turn.exchange.facts.get("close_after") is True
