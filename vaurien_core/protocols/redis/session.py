"""What both directions of one Redis connection know in common."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.redis.label import request_key, request_label
from vaurien_core.protocols.redis.mode import CONFIRMED, Mode
from vaurien_core.protocols.redis.whole import Plain
from vaurien_core.protocols.redis.words import REPLY, Words
from vaurien_core.protocols.turns import Turns

_MODES = frozenset({b"ON", b"OFF", b"SKIP"})
_FRESH = Mode()


class Session:
    """The exchanges of one connection.

    Attributes:
        waiting: exchanges whose answer from the backend is still to come, oldest first.
        latest: the one that began last; exchange 0 before the first request.
        mode: what the requests so far make of the connection.
        version: of RESP.
        monitoring: the backend sends what it does.
        hushed: a request was sent that is answered only if it is refused: CLIENT REPLY OFF, a second MONITOR.
        channels, patterns, shards: how many the connection is subscribed to.
        turns: set once the connection is opaque: counts what is not framed.
        opaque: why it is, or "".
    """

    __slots__ = (
        "_recent", "channels", "hushed", "latest", "mode", "monitoring", "opaque", "patterns", "shards", "turns",
        "version", "waiting",
    )  # fmt: skip

    def __init__(self) -> None:
        self.waiting: list[Exchange] = []
        self.latest = Exchange(0)
        self.mode = Mode()
        self._recent: list[Exchange] = []
        self.turns: Turns | None = None
        self.opaque = ""
        self.hushed = False
        self.reset()

    def reset(self) -> None:
        """As a new connection is."""
        self.version = 2
        self.monitoring = False
        self.channels = self.patterns = self.shards = 0

    @property
    def subscribed(self) -> bool:
        """Whether messages may come."""
        return bool(self.channels or self.patterns or self.shards)

    @property
    def plain(self) -> bool:
        """Nothing is open, and each command gets one answer at once."""
        if self.waiting or self.turns or not self.answers_only:
            return False
        return self.mode == _FRESH and _settled(self.latest)

    @property
    def answers_only(self) -> bool:
        """Whether the backend says nothing that nobody asked for."""
        return not (self.hushed or self.monitoring or self.channels or self.patterns or self.shards)

    def begin(self, words: Words) -> Exchange:
        """The next exchange."""
        command, known = words.command, words.known
        names = command.names(known, words.count)
        mode = known[2].upper() if command.name == REPLY and len(known) > 2 else b""
        shown = [mode] if mode in _MODES else names
        exchange = Exchange(
            self.latest.ordinal + 1,
            request_label(command, shown, words.count),
            request_key(command, known, words.count) + mode,
        )
        facts = exchange.facts
        facts["command"] = command
        facts["reply_mode"] = mode.decode("latin-1")
        facts["count"] = words.count
        if names and not command.channels:
            facts["slot_key"] = names[0]
            facts["keys"] = command.how_many(known, words.count)
        if "b" in command.flags and (not command.word or b"BLOCK" in {k.upper() for k in known}):
            facts["blocks"] = True
        self._remember(exchange)
        facts["mode"] = self.mode
        self.mode = self.mode.after(exchange)
        if exchange.answer_expected:
            self.waiting.append(exchange)
        elif "multi" not in facts:
            self._unanswered(command.name)
        return exchange

    def begin_plain(self, plain: Plain, arguments: list[bytes]) -> Exchange:
        """The next exchange, of a whole plain command, while `Mode.answers`: what `begin` makes of it."""
        facts: dict[str, object] = {"command": plain.command, "reply_mode": "", "count": plain.count, "mode": self.mode}
        if plain.needed > 1:
            facts["slot_key"] = arguments[1]
            facts["keys"] = plain.keys
        exchange = Exchange(self.latest.ordinal + 1, plain.label_of(arguments), plain.key_of(arguments), facts)
        exchange.request_done = True
        self._remember(exchange)
        self.waiting.append(exchange)
        return exchange

    def _remember(self, exchange: Exchange) -> None:
        self.latest = exchange
        recent = self._recent
        while recent and _settled(recent[0]):
            recent.pop(0)
        recent.append(exchange)

    def _unanswered(self, name: str) -> None:
        """What a request changes whose answer, which would say so, will not come."""
        if name == REPLY:
            self.hushed = True
        elif name == "MONITOR":
            self.hushed = self.monitoring = True
        elif name == "HELLO":
            self.version = 2  # until an answer tells

    def dropped(self, exchange: Exchange) -> None:
        """The backend doesn't get it: what it would have changed stays as it was, also for what came behind it."""
        facts = exchange.facts
        facts["dropped"] = True
        if exchange in self.waiting:
            self.waiting.remove(exchange)
        mode = facts["mode"]
        assert isinstance(mode, Mode)
        if mode.multi is not None:
            mode.multi.dirty = True
        if mode.after(exchange) == mode or exchange not in self._recent:
            return
        for behind in islice(self._recent, self._recent.index(exchange) + 1, None):
            behind.facts["mode"] = mode
            if not behind.facts.get("dropped"):
                mode = mode.after(behind)
        self.mode = mode
        self.waiting = [
            known
            for known in self._recent
            if known.answer_expected and not known.answer_done and not known.facts.get("dropped")
        ]

    def settle(self, exchange: Exchange, kind: bytes) -> None:
        """Its answer is complete; `kind` is the first byte of it."""
        if self.waiting and self.waiting[0] is exchange:
            self.waiting.pop(0)
        exchange.answer_done = True
        command = exchange.facts.get("command")
        name = getattr(command, "name", "")
        if "substituted" in exchange.facts or kind in b"-!":
            multi = self.mode.multi
            if name == "MULTI" and multi is not None and multi is exchange.facts.get("opens"):
                self.mode = replace(self.mode, multi=None)
            if name == "MONITOR":
                self.mode = replace(self.mode, monitors=False)
            return
        if exchange.status == "QUEUED":
            return
        if name == "HELLO":
            self.version = 3 if kind == b"%" else 2
        elif name == "MONITOR":
            self.monitoring = True
        elif name == "RESET":
            self.reset()

    def confirmed(self, kind: str, total: int) -> None:
        """A subscription has been made or ended; `total` is how many there are, as the server counts them."""
        if kind in ("subscribe", "unsubscribe"):
            self.channels = max(0, total - self.patterns)
        elif kind in ("psubscribe", "punsubscribe"):
            self.patterns = max(0, total - self.channels)
        else:
            self.shards = total

    def confirmations(self, exchange: Exchange) -> int:
        """How many answers a request of the subscribing family gets: one for each channel; 0: it is none of them."""
        name = getattr(exchange.facts.get("command"), "name", "")
        if name not in CONFIRMED:
            return 0
        count = exchange.facts["count"]
        assert isinstance(count, int)
        if count > 1:
            return count - 1
        of = {"UNSUBSCRIBE": self.channels, "PUNSUBSCRIBE": self.patterns, "SUNSUBSCRIBE": self.shards}
        return max(1, of.get(name, 1))

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
        ordinal = self.latest.ordinal + 1
        self.latest = Exchange(ordinal, f"exchange {ordinal}")
        return self.latest


def _settled(exchange: Exchange) -> bool:
    return exchange.request_done and (exchange.answer_done or not exchange.answer_expected)
