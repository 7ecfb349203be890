"""Both directions of one memcached connection as exchanges: the `Framer` of `memcache`."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.glance import Glance
from vaurien_core.protocols.memcache.answers import Answers
from vaurien_core.protocols.memcache.commands import read_command
from vaurien_core.protocols.memcache.glance import GLANCE
from vaurien_core.protocols.memcache.requests import Requests
from vaurien_core.protocols.memcache.talk import Talk
from vaurien_core.protocols.plain import Plain


class MemcacheFramer(Plain):
    """One connection's machine; see `protocols.base.Framer`.

    A direction that turns opaque does so for both, but answers to requests that were framed are framed to their end.
    Facts of an exchange: `command`, `substitute` (what the backend got in its place), `behind_quiet` (requests that may
    be answered lie before it).
    """

    def __init__(self) -> None:
        self._talk = Talk()
        self._requests = Requests(self._talk)
        self._answers = Answers(self._talk)

    @property
    def opaque(self) -> str:
        """Why the rest of the connection is not framed, or ""."""
        return self._talk.opaque

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
        self._talk.drop(exchange)
        if self._talk.turns is not None:
            self._talk.turns.answered(exchange)

    def answered(self, exchange: Exchange) -> None:
        """Ours went out in its place."""
        exchange.answer_done = True
        if self._talk.turns is not None:
            self._talk.turns.answered(exchange)

    def substituted(self, exchange: Exchange, data: bytes) -> None:
        """The backend got another command: its answer is this exchange's."""
        command = read_command(data)
        if not isinstance(command, str):
            self._talk.expect(exchange, command)

    def glance(self) -> Glance | None:
        """Between two exchanges, while none may still be answered."""
        plain = self._talk.plain and self._requests.plain and self._answers.plain
        return GLANCE if plain else None

    def went_by(self, count: int) -> None:
        """The numbers go on."""
        self._talk.latest.ordinal += count
