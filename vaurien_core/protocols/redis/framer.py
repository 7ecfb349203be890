"""Both directions of one Redis connection as exchanges: the `Framer` of `redis`."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Duty, Piece
from vaurien_core.protocols.glance import Glance
from vaurien_core.protocols.plain import Plain
from vaurien_core.protocols.redis.answers import Answers
from vaurien_core.protocols.redis.commands import Command
from vaurien_core.protocols.redis.errors import DISCARD, EXECABORT
from vaurien_core.protocols.redis.glance import GLANCE
from vaurien_core.protocols.redis.mode import Multi
from vaurien_core.protocols.redis.requests import Requests
from vaurien_core.protocols.redis.session import Session


class RedisFramer(Plain):
    """One connection's machine; see `protocols.base.Framer`.

    Pushes, messages and the lines of MONITOR are interim pieces of the request that waits, or carry no exchange.

    Facts of an exchange: `command` (a `Command`), `count` (arguments), `slot_key` (its first key) and `keys` (how
    many), `blocks` (it may wait for data), `multi` (the `Multi` it belongs to), `opens` (the one that MULTI begins),
    `reply_mode` (of CLIENT REPLY), `mode` (the connection's before it).
    """

    def __init__(self) -> None:
        self._session = Session()
        self._requests = Requests(self._session)
        self._answers = Answers(self._session)

    @property
    def opaque(self) -> str:
        """Why the rest of the connection is not framed, or ""."""
        return self._session.opaque

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

    def keep_heads(self) -> None:
        """Requests have none."""

    def dropped(self, exchange: Exchange) -> None:
        """The request is not forwarded; a transaction that it belonged to can't be run any more."""
        if "command" in exchange.facts:
            self._session.dropped(exchange)
        if self._session.turns is not None:
            self._session.turns.answered(exchange)

    def answered(self, exchange: Exchange) -> None:
        """Ours went out in its place."""
        exchange.answer_done = True
        if self._session.turns is not None:
            self._session.turns.answered(exchange)

    def substituted(self, exchange: Exchange, data: bytes) -> None:
        """The backend gets a command of ours: what it answers says nothing of the one that was asked for."""
        exchange.facts["substituted"] = True

    def failed(self, exchange: Exchange, error: str) -> None:
        """A command of a transaction was answered with an error, so its EXEC must be too."""
        multi = exchange.facts.get("multi")
        if isinstance(multi, Multi):
            multi.dirty = True

    def duty(self, exchange: Exchange) -> Duty | None:
        """EXEC behind such an error: the client is told, the backend forgets what it queued."""
        multi, command = exchange.facts.get("multi"), exchange.facts.get("command")
        if isinstance(multi, Multi) and multi.dirty and isinstance(command, Command) and command.name == "EXEC":
            return Duty(EXECABORT, DISCARD)
        return None

    def glance(self) -> Glance | None:
        """Between two exchanges, while the connection answers as a new one does."""
        plain = self._session.plain and self._requests.plain and self._answers.plain
        return GLANCE if plain else None

    def went_by(self, count: int) -> None:
        """The numbers go on."""
        self._session.latest.ordinal += count
