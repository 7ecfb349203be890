"""Both directions of one MySQL connection as exchanges: the `Framer` of `mysql`."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.glance import Glance
from vaurien_core.protocols.mysql.answers import Answers
from vaurien_core.protocols.mysql.compressed import Frames
from vaurien_core.protocols.mysql.constants import Answer
from vaurien_core.protocols.mysql.glance import MysqlGlance
from vaurien_core.protocols.mysql.replies import reply_to
from vaurien_core.protocols.mysql.requests import COMMAND_HEAD, Requests
from vaurien_core.protocols.mysql.talk import Seen, Talk, Waiting
from vaurien_core.protocols.plain import Plain


class MysqlFramer(Plain):
    """One connection's machine; see `protocols.base.Framer`.

    Exchange 0 is the login: the greeting to the first OK or ERR. What the server says while no command waits (a
    farewell) carries no exchange. The client's file of LOAD DATA LOCAL, and its part of the dialogue of
    COM_CHANGE_USER, belong to their command; what the server says in between is interim.

    Facts of an exchange: `command` (its byte), `caps` (of the connection), `statement` (a `Statement`), `sequence` (the
    number that a packet of ours would have), `frame` (the number of its compressed frame; without one: not
    compressed), `sql_state` (errors carry one), `in_transaction` (as it began, by the server's word), `xa` (an XA
    transaction is open), `mariadb` (True, False, None: not known yet), `greeted`, `user` and `password` (exchange 0:
    the greeting has come, who logs in, with a password).
    """

    def __init__(self, seen: Seen | None = None) -> None:
        """Begin a connection.

        Args:
            seen: what the connections of one proxy share; changed when the server greets.
        """
        self._talk = Talk(seen if seen is not None else Seen())
        self._requests = Requests(self._talk)
        self._answers = Answers(self._talk)
        self._up_frames = Frames(self._talk, self._requests, lambda: self._talk.turns is None)
        self._down_frames = Frames(self._talk, self._answers, self._answers_follow)

    @property
    def opaque(self) -> str:
        """Why the rest of the connection is not framed, or ""."""
        return self._talk.opaque

    def upstream(self, data: bytes) -> list[Piece]:
        """Bytes from the client."""
        talk = self._talk
        if talk.compressed and not self._up_frames.begun and not self._requests.between:  # never done by a client
            talk.lose("bytes sent before compression began")
            data = self._requests.release() + data
        if talk.turns is not None:
            return self._up_unframed(self._up_held() + data)
        pieces, rest = (self._up_frames if talk.compressed else self._requests).feed(data)
        return pieces + self._up_unframed(rest) if rest else pieces

    def downstream(self, data: bytes) -> list[Piece]:
        """Bytes from the backend."""
        talk = self._talk
        if not self._answers_follow():
            return self._down_unframed(self._down_held() + data)
        if talk.compressed:
            pieces, rest = self._down_frames.feed(data)
        else:
            pieces, rest = self._answers.feed(data)
            if talk.compressed and self._answers_follow():
                self._answers.stopped = False
                more, rest = self._down_frames.feed(rest)
                pieces += more
        return pieces + self._down_unframed(rest) if rest else pieces

    def upstream_eof(self) -> list[Piece]:
        """The client sends no more."""
        held = self._up_held()
        if not held:
            return []
        return self._up_unframed(held) if self._talk.turns is not None else [Piece(held, None)]

    def downstream_eof(self) -> list[Piece]:
        """The backend sends no more."""
        held = self._down_held()
        turns = self._talk.turns
        if turns is not None and not self._answers_follow():
            return (self._down_unframed(held) if held else []) + turns.downstream_eof()
        return [Piece(held, None)] if held else []

    def dropped(self, exchange: Exchange) -> None:
        """The request is not forwarded: nothing waits for its answer any more."""
        talk = self._talk
        waiting = talk.waits(exchange)
        if waiting is not None:
            talk.waiting.remove(waiting)
        if talk.turns is not None:
            talk.turns.answered(exchange)

    def answered(self, exchange: Exchange) -> None:
        """Ours went out in its place."""
        exchange.answer_done = True
        if self._talk.turns is not None:
            self._talk.turns.answered(exchange)

    def substituted(self, exchange: Exchange, data: bytes) -> None:
        """The backend gets a statement of ours; its answer is this exchange's."""
        talk = self._talk
        fresh = Waiting(exchange, reply_to(Answer.RESULTS, talk.caps))
        waiting = talk.waits(exchange)
        place = sum(w.exchange.ordinal < exchange.ordinal for w in talk.waiting)
        if waiting is not None:
            talk.waiting.remove(waiting)
        talk.waiting.insert(place, fresh)

    def glance(self) -> Glance | None:
        """Between two commands of a connection that isn't compressed."""
        plain = self._talk.plain and self._requests.plain and self._answers.plain
        return MysqlGlance(self._talk, COMMAND_HEAD) if plain else None

    def went_by(self, count: int) -> None:
        """The numbers go on."""
        self._talk.latest.ordinal += count

    def _answers_follow(self) -> bool:
        """Whether the backend's bytes are framed: also once the connection is opaque, while framed requests wait."""
        return self._talk.turns is None or bool(self._talk.waiting)

    def _up_held(self) -> bytes:
        return self._up_frames.release() if self._talk.compressed else self._requests.release()

    def _down_held(self) -> bytes:
        return self._down_frames.release() if self._talk.compressed else self._answers.release()

    def _up_unframed(self, data: bytes) -> list[Piece]:
        assert self._talk.turns is not None
        return [self._talk.turns.upstream(data)]

    def _down_unframed(self, data: bytes) -> list[Piece]:
        assert self._talk.turns is not None
        return [self._talk.turns.downstream(data)]
