"""The upstream half of a connection: requests as they come, and what is done to each on its way to the backend."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.proxy.beginning import begin
from vaurien_core.proxy.outbox import HOLD, LIMIT, PIECE_CHARGE
from vaurien_core.proxy.repeating import Repeats
from vaurien_core.proxy.toxics.drawn import put_through
from vaurien_core.proxy.turn import Flow, Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


class Requests:
    """Takes what the framer says of the client's bytes; owned by the connection.

    Attributes:
        doomed: an exchange was begun that ends the connection in its turn; nothing after its request is passed on.
    """

    __slots__ = ("_conn", "_current", "_first_read", "_repeats", "_staged", "_stirred", "doomed")

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._current: Turn | None = None
        self._staged: deque[tuple[Turn | None, Piece]] | None = None
        self._first_read: float | None = None
        self._stirred = False
        self.doomed: Turn | None = None
        self._repeats: Repeats | None = None

    def received(self, pieces: list[Piece], now: float) -> None:
        """Bytes from the client, framed; `now` is when they were read."""
        if not pieces:
            if self._first_read is None:
                self._first_read = now
            return
        for piece in pieces:
            exchange = piece.exchange
            if exchange is None:
                if self._staged:
                    self._stage(None, piece)
                else:
                    self._conn.up.put(piece.data)
                continue
            turn = self._current
            if turn is None or turn.exchange is not exchange:
                if self.doomed is not None or self._conn.closing:
                    break
                began = now if self._first_read is None else self._first_read
                turn = self._begin(exchange, began)
                self._first_read = None
            turn.up += len(piece.data)
            if self._staged or turn.request_flow is Flow.STAGE:
                self._stage(turn, piece)
                if piece.last or turn.up >= LIMIT:
                    turn.wake()
            else:
                self._pass(turn, piece)
        self._first_read = None
        self._say_again()
        if self._stirred:
            self._stirred = False
            self._conn.answers.settle()

    @property
    def repeats(self) -> Repeats:
        """What is said twice."""
        if self._repeats is None:
            self._repeats = Repeats(self._conn)
        return self._repeats

    @property
    def repeating(self) -> bool:
        """Whether anything was ever to be said twice."""
        return self._repeats is not None

    def once(self, turn: Turn) -> None:
        """Say this request once only."""
        if self._repeats is not None:
            self._repeats.forget(turn)

    @property
    def staging(self) -> bool:
        """Whether requests wait for a coroutine's decision."""
        return bool(self._staged) or (self._current is not None and self._current.request_flow is Flow.STAGE)

    def resume(
        self,
        exchange: Exchange,
        began: float,
        *,
        up: int,
        down: int = 0,
        answering: bool = False,
        scenario: str | None = None,
    ) -> Turn:
        """Go on with an exchange that was begun elsewhere, and passed on untouched so far.

        Args:
            exchange: as the framer knows it.
            began: when its request was read, in seconds of the clock.
            up: bytes of its request.
            down: bytes of its answer.
            answering: the first byte of that has been passed on.
            scenario: the phase in which it began; None: the one that is.
        """
        conn = self._conn
        turn = self._current = Turn(exchange, conn.ordinal(exchange), began)
        turn.scenario = conn.server.phase if scenario is None else scenario
        turn.up, turn.down, turn.first_answer, turn.request_end = up, down, answering, True
        conn.turns.append(turn)
        return turn

    def staged_of(self, turn: Turn) -> bytes:
        """What has been read of a staged request."""
        return b"".join(piece.data for owner, piece in self._staged or () if owner is turn)

    def decided(self) -> None:
        """The first staged request has got its flow: pass on what can be passed on."""
        while self._staged:
            turn, piece = self._staged[0]
            if turn is not None and turn.request_flow is Flow.STAGE:
                break
            self._staged.popleft()
            self._conn.up.outbox.charge(-len(piece.data) - PIECE_CHARGE)
            if turn is None:
                self._conn.up.put(piece.data)
            else:
                self._pass(turn, piece)
        self._say_again()
        if self._stirred:
            self._stirred = False
            self._conn.answers.settle()
        self._conn.up.throttle()
        if not self.staging:
            self._conn.requests_decided()

    def _say_again(self) -> None:
        """What the backend is to get twice follows as soon as the client is between two requests."""
        if self._repeats is None or self._staged:
            return
        if self._current is None or self._current.request_end:
            self._repeats.between_requests()

    def _stage(self, turn: Turn | None, piece: Piece) -> None:
        if self._staged is None:
            self._staged = deque()
        self._staged.append((turn, piece))
        self._conn.up.outbox.charge(len(piece.data) + PIECE_CHARGE)

    def clear(self) -> None:
        """The connection ends: the account is given back with the outbox."""
        self._staged = None

    def _begin(self, exchange: Exchange, began: float) -> Turn:
        conn = self._conn
        for open_turn in conn.turns:
            open_turn.catch_up()
        conn.answers.settle()
        turn = Turn(exchange, conn.ordinal(exchange), began)
        turn.scenario = conn.server.phase
        self._current = turn
        conn.turns.append(turn)
        if exchange.ordinal or conn.connecting is not None:
            begin(conn, turn)
            if turn.ending or turn.reply_closes:
                self.doomed = turn
            if turn.ending == "close":
                self._stirred = True
        return turn

    def _forsake(self, turn: Turn) -> None:
        """The connection ends before the request does: the backend gets nothing in its place."""
        if turn.substitute:
            turn.drop()
            self._conn.framer.dropped(turn.exchange)

    def _pass(self, turn: Turn, piece: Piece) -> None:
        up = self._conn.up
        flow = turn.request_flow
        if flow is Flow.PASS:
            if turn.up_mount is not None:
                put_through(self._conn, turn.up_mount, piece.data, None)
            elif turn.request_due and not turn.marks and turn.measured_s is None and piece.data:
                turn.marks += 1
                up.put(piece.data, turn.request_due, lambda now, due: self._conn.accounts.request_left(turn, now, due))
            else:
                up.put(piece.data, turn.request_due)
            if self._repeats is not None:
                self._repeats.passed(turn, piece)
        elif flow is Flow.HOLD:
            up.put(piece.data, HOLD)
        elif piece.data:
            turn.altered = True
        if turn.render is not None and turn.local is None and flow is Flow.DROP:
            if piece.last and not turn.substitute:
                self._conn.answers.reply(turn, close=turn.reply_closes)
            elif turn.exchange.answer_now and not turn.request_end:
                self._forsake(turn)
                self._conn.answers.reply(turn, close=True)
                self.doomed = turn
        if turn.substitute and piece.last and not turn.request_end:
            self._conn.framer.substituted(turn.exchange, turn.substitute)
            up.put(turn.substitute)
        if piece.last and not turn.request_end:
            turn.request_end = True
            turn.wake()
            if not turn.exchange.answer_expected:
                self._stirred = True
            if turn.ending == "reset" and not turn.exchange.answer_expected:
                up.mark(lambda: self._conn.reset_in_turn(turn))
