"""What both directions of one memcached connection know in common: who waits for which answer.

Meta commands with `q` are answered only where there is something to say, so an answer may belong to any of those that
lie before the first request that is always answered. Opaque and key tokens decide, then the kind of the answer,
then age (memcached doc/protocol.txt, "q: use noreply semantics for return codes").
"""

from __future__ import annotations

from collections.abc import Mapping

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.memcache.commands import Command
from vaurien_core.protocols.turns import Turns

QUIET_MAX = 4096
"""Requests that may be answered and are remembered; beyond it the oldest are taken as not answered."""
ERRORS = frozenset({b"ERROR", b"CLIENT_ERROR", b"SERVER_ERROR", b"ERROR:", b"Error"})
_SPEAKS = {
    b"mg": frozenset({b"VA", b"HD"}),
    b"ms": frozenset({b"NS", b"EX", b"NF"}),
    b"md": frozenset({b"NF", b"EX"}),
    b"ma": frozenset({b"NF", b"NS", b"EX"}),
}
"""What breaks the silence of a quiet command."""
_SAYS = {
    b"mg": frozenset({b"VA", b"HD", b"EN"}),
    b"ms": frozenset({b"HD", b"NS", b"EX", b"NF"}),
    b"md": frozenset({b"HD", b"NF", b"EX"}),
    b"ma": frozenset({b"HD", b"VA", b"NF", b"NS", b"EX"}),
}
"""What one that is always answered says."""


def command_of(exchange: Exchange) -> Command | None:
    """The request of a framed exchange."""
    found = exchange.facts.get("command")
    return found if isinstance(found, Command) else None


def asked_of(exchange: Exchange) -> Command | None:
    """What the backend got: the request, or what took its place."""
    found = exchange.facts.get("substitute", exchange.facts.get("command"))
    return found if isinstance(found, Command) else None


class Talk:
    """The exchanges of one connection.

    Attributes:
        waiting: exchanges whose real answer is still to come or may come, oldest first.
        latest: the one that began last; exchange 0 before the first request.
        turns: set once the connection is opaque: counts what is not framed.
        opaque: why it is, or "".
    """

    __slots__ = ("_quiet", "latest", "opaque", "turns", "waiting")

    def __init__(self) -> None:
        self.waiting: list[Exchange] = []
        self._quiet = 0
        self.latest = Exchange(0)
        self.turns: Turns | None = None
        self.opaque = ""

    @property
    def plain(self) -> bool:
        """Nothing is open."""
        return not self.waiting and self.turns is None and self.latest.request_done and self.latest.answer_done

    @property
    def in_turn(self) -> bool:
        """Whether the next answer can only be that of the oldest request that waits."""
        return bool(self.waiting) and not self._quiet

    def begin(self, command: Command) -> Exchange:
        """The next exchange."""
        exchange = self.latest = Exchange(self.latest.ordinal + 1, command.label, command.drawn, {"command": command})
        exchange.answer_expected = command.answered
        if self._quiet and command.answered:
            exchange.facts["behind_quiet"] = True
        if command.quiet:
            if self._quiet == QUIET_MAX:
                self.drop(next(e for e in self.waiting if not e.answer_expected))
            self._quiet += 1
        if command.answered or command.quiet:
            self.waiting.append(exchange)
        return exchange

    def drop(self, exchange: Exchange) -> None:
        """No answer to it will come."""
        if exchange in self.waiting:
            self.waiting.remove(exchange)
            self._quiet -= not exchange.answer_expected

    def expect(self, exchange: Exchange, command: Command) -> None:
        """The backend got this command in the exchange's place."""
        exchange.facts["substitute"] = command
        if exchange not in self.waiting:
            later = next((n for n, e in enumerate(self.waiting) if e.ordinal > exchange.ordinal), len(self.waiting))
            self.waiting.insert(later, exchange)

    def claim(self, words: list[bytes]) -> tuple[Exchange | None, list[Exchange]]:
        """Whose answer begins with this line, and the answered requests before it that it shows to be over."""
        if not self.waiting:
            return (self.latest if self.latest.ordinal == 0 and not self.latest.answer_done else None), []
        index = self._index(words)
        if index is None:
            return None, []
        passed = []
        for _ in range(index):
            over = self.waiting[0]
            self.drop(over)
            over.answer_done = True
            if over.answer_expected:
                passed.append(over)
        return self.waiting[0], passed

    def _index(self, words: list[bytes]) -> int | None:
        word = words[0] if words else b""
        if word == b"MN":
            return next((n for n, e in enumerate(self.waiting) if _word(e) == b"mn"), 0)
        if not self._quiet:
            return 0
        spoken: int | None = None
        for n, exchange in enumerate(self.waiting):
            if exchange.answer_expected:
                if word in ERRORS:
                    return n if _word(exchange) != b"mn" or not n else 0
                return self._choose(spoken, n, words)
            command = asked_of(exchange)
            if spoken is None and command is not None and may_answer(command, words, _SPEAKS):
                spoken = n
        return 0 if word in ERRORS else spoken

    def _choose(self, spoken: int | None, answered: int, words: list[bytes]) -> int | None:
        """Between the oldest quiet request that may have spoken and the one behind it that is always answered.

        Without tokens nobody can know: writes are mostly silent, reads mostly not.
        """
        always = asked_of(self.waiting[answered])
        if spoken is None:
            return None if always is not None and always.word == b"mn" else answered
        quiet = asked_of(self.waiting[spoken])
        assert quiet is not None
        sure = quiet.flag(b"O") is not None or quiet.flag(b"k") is not None or quiet.word == b"mg"
        return spoken if sure or always is None or not may_answer(always, words, _SAYS) else answered

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
            self.waiting = [e for e in self.waiting if e.answer_expected]
            self._quiet = 0

    def _begin_unframed(self) -> Exchange:
        return self._next(f"exchange {self.latest.ordinal + 1}", None)

    def _next(self, label: str, key: bytes | None) -> Exchange:
        self.latest = Exchange(self.latest.ordinal + 1, label, key)
        return self.latest


def may_answer(command: Command, words: list[bytes], kinds: Mapping[bytes, frozenset[bytes]]) -> bool:
    """Whether these words can be the answer to this meta command."""
    word = words[0] if words else b""
    if word not in kinds.get(command.word, ()):
        return False
    given = words[2:] if word == b"VA" else words[1:]
    for letter, asked in ((b"O", command.flag(b"O")), (b"k", command.key if command.flag(b"k") is not None else None)):
        echoed = next((w[1:] for w in given if w[:1] == letter), None)
        if echoed != asked:
            return False
    return True


def _word(exchange: Exchange) -> bytes:
    command = asked_of(exchange)
    return command.word if command is not None else b""
