"""What both directions of one HTTP connection know in common."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.turns import Turns


class Talk:
    """The exchanges of one connection.

    Attributes:
        waiting: exchanges whose real answer is still to come, oldest first.
        latest: the one that began last; exchange 0 before the first request.
        switching: the request that asked for Upgrade or CONNECT, while its answer is open: what follows it upstream
            can't be read before that is known.
        unread: bytes did follow it.
        turns: set once the connection is opaque: counts what is not framed.
        opaque: why it is, or "".
    """

    __slots__ = ("_close_after", "latest", "opaque", "switching", "turns", "unread", "waiting")

    def __init__(self, *, close_after: bool) -> None:
        self._close_after = close_after
        self.waiting: list[Exchange] = []
        self.latest = Exchange(0)
        self.switching: Exchange | None = None
        self.unread = False
        self.turns: Turns | None = None
        self.opaque = ""

    @property
    def plain(self) -> bool:
        """Nothing is open, and an answer is no reason to close."""
        latest = self.latest
        over = latest.request_done and latest.answer_done
        return over and not (self.waiting or self.turns or self.switching or self._close_after)

    def go_on(self, count: int) -> None:
        """So many exchanges were seen elsewhere, to their end."""
        self.latest.ordinal += count

    def begin(self, label: str = "", key: bytes | None = None, facts: dict[str, object] | None = None) -> Exchange:
        """The next exchange."""
        exchange = self.latest = Exchange(self.latest.ordinal + 1, label, key, facts)
        if self._close_after:
            exchange.facts["close_after"] = True
        return exchange

    def turn_opaque(self, reason: str, *, current: Exchange | None, answering: bool = False) -> None:
        """Frame no further; the first reason stays.

        Args:
            reason: for the journal.
            current: the exchange that is open, if one is.
            answering: the backend has sent something in it.
        """
        if self.turns is None:
            self.opaque = reason
            self.turns = Turns(self._begin_unframed, current=current, answering=answering)

    def _begin_unframed(self) -> Exchange:
        exchange = self.begin(f"exchange {self.latest.ordinal + 1}")
        exchange.facts.pop("close_after", None)
        return exchange

    def settled(self, exchange: Exchange) -> None:
        """The answer to a request that asked for a switch says no, or will never come: HTTP goes on."""
        if self.switching is exchange:
            self.switching = None
            if self.unread:
                self.turn_opaque("bytes sent behind an Upgrade before its answer", current=None)
