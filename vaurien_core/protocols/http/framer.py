"""Both directions of one HTTP/1.x connection as exchanges: the `Framer` of `http`."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.glance import Glance
from vaurien_core.protocols.http.answers import Answers
from vaurien_core.protocols.http.glance import GLANCE
from vaurien_core.protocols.http.own_address import OwnAddress
from vaurien_core.protocols.http.requests import Requests
from vaurien_core.protocols.http.talk import Talk
from vaurien_core.protocols.plain import Plain


class HttpFramer(Plain):
    """One connection's machine; see `protocols.base.Framer`.

    A direction that turns opaque does so for both, but answers to requests that were framed are framed to their end.
    An answer that nobody asked for (408 on an idle connection) carries no exchange.

    Facts of an exchange: `method`, `version` (of the request), `keep_alive` (the client wants to go on), `host` (what
    the client sent as Host, where somebody looks),
    `close_after` (close the client's side when the answer has been sent: `keep_alive = false`, or a dropped request
    whose client relies on the server to close).
    """

    def __init__(self, *, host: bytes = b"", close_after: bool = False, own: OwnAddress | None = None) -> None:
        """Begin a connection.

        Args:
            host: what to write into `Host` headers; nothing: they are left alone.
            close_after: every answer is to be the last.
            own: whom answers are to name in the backend's place; None: they are left alone.
        """
        self._talk = Talk(close_after=close_after)
        self._requests = Requests(self._talk, host, notes_host=own is not None)
        self._answers = Answers(self._talk, own)

    @property
    def opaque(self) -> str:
        """Why the rest of the connection is not framed, or ""."""
        return self._talk.opaque

    def keep_heads(self) -> None:
        """From the next request on, `Exchange.head` holds its header section."""
        self._requests.keep_heads = True

    def upstream(self, data: bytes) -> list[Piece]:
        """Bytes from the client."""
        return self._requests.feed(data)

    def downstream(self, data: bytes) -> list[Piece]:
        """Bytes from the backend."""
        return self._answers.feed(data)

    def upstream_eof(self) -> list[Piece]:
        """The client sends no more."""
        return self._requests.eof()

    def downstream_eof(self) -> list[Piece]:
        """The backend sends no more."""
        return self._answers.eof()

    def dropped(self, exchange: Exchange) -> None:
        """The request is not forwarded: nothing waits for its answer any more."""
        facts = exchange.facts
        facts["dropped"] = True
        if facts.get("keep_alive") is False:
            facts["close_after"] = True
        if exchange in self._talk.waiting:
            self._talk.waiting.remove(exchange)
        self._talk.settled(exchange)
        if self._talk.turns is not None:
            self._talk.turns.answered(exchange)

    def answered(self, exchange: Exchange) -> None:
        """Ours went out in its place."""
        exchange.answer_done = True
        if self._talk.turns is not None:
            self._talk.turns.answered(exchange)

    def glance(self) -> Glance | None:
        """Between two exchanges of a connection on which nothing is rewritten, switched or kept."""
        plain = self._talk.plain and self._requests.plain and self._answers.plain
        return GLANCE if plain else None

    def went_by(self, count: int) -> None:
        """The numbers go on."""
        self._talk.go_on(count)
