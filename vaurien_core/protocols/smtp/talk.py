"""What both directions of one SMTP connection know in common."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.smtp.verbs import MESSAGE, RESPONSE, Verb
from vaurien_core.protocols.turns import Turns

_FORGETS = ("EHLO", "HELO", "RSET", "XCLIENT")


def verb_of(exchange: Exchange) -> str:
    """The command of a framed exchange, `MESSAGE`, `RESPONSE`, or ""."""
    return str(exchange.facts.get("verb", ""))


class Talk:
    """The exchanges of one connection.

    Attributes:
        waiting: exchanges whose real answer is still to come, oldest first; the greeting is the first.
        greeting: exchange 0.
        latest: the one that began last.
        pending: the request while what follows it can't be read: DATA, AUTH and STARTTLS until their answer.
        unread: bytes did follow it.
        content: a message follows.
        response: a line of the dialogue of AUTH follows.
        owed: what the message that follows is answered, whatever is drawn for it.
        recipients: the backend has accepted some for the mail under way.
        host: what the backend calls itself in its greeting, or "".
        refused: the client was told that there is no service here.
        starttls: `pass`: the backend's; `offer`: ours, whatever the backend offers; `hide`: there is none.
        sealed: the client was told to begin TLS and has not: what it says in plain text is discarded (RFC 3207
            section 4.2; plain text that was sent behind STARTTLS must not count as sent within TLS).
        turns: set once the connection is opaque: counts what is not framed.
        opaque: why it is, or "".
    """

    __slots__ = (
        "_mail", "content", "greeting", "host", "latest", "opaque", "owed", "pending", "recipients", "refused",
        "response", "sealed", "starttls", "turns", "unread", "waiting",
    )  # fmt: skip

    def __init__(self, starttls: str = "pass") -> None:
        self.starttls = starttls
        self.sealed = False
        self.greeting = self.latest = Exchange(0, "greeting")
        self.greeting.request_done = True
        self.waiting: list[Exchange] = [self.greeting]
        self.pending: Exchange | None = None
        self.unread = self.content = self.response = self.refused = self.recipients = False
        self.host = ""
        self.owed = b""
        self._mail = b""
        self.turns: Turns | None = None
        self.opaque = ""

    def command(self, verb: Verb) -> Exchange:
        """The next exchange is this command."""
        if verb.name == "MAIL":
            self._mail = verb.drawn
        drawn = verb.drawn + b" " + self._mail if verb.name in ("DATA", "BDAT") else verb.drawn
        ready = self.recipients or any(verb_of(e) == "RCPT" for e in self.waiting)
        exchange = self._framed(verb.name, verb.label, drawn)
        exchange.facts["last"] = verb.last
        exchange.facts["ready"] = ready
        if verb.waits:
            self.pending = exchange
        return exchange

    def message(self) -> Exchange:
        """The next exchange is the content behind DATA."""
        self.content = False
        exchange = self._framed(MESSAGE, MESSAGE, b"message " + self._mail)
        if self.owed:
            exchange.facts["owed"] = self.owed
            self.owed = b""
        return exchange

    def reply_to_challenge(self) -> Exchange:
        """The next exchange is a line of the dialogue of AUTH."""
        self.response = False
        exchange = self._framed(RESPONSE, RESPONSE, RESPONSE.encode())
        self.pending = exchange
        return exchange

    def drop(self, exchange: Exchange) -> None:
        """No answer to it will come; the greeting comes unasked."""
        if exchange.ordinal and exchange in self.waiting:
            self.waiting.remove(exchange)

    def accepted(self, exchange: Exchange, code: str) -> None:
        """Keep count of what the mail under way has got to (RFC 5321 sections 3.3 and 4.1.4, RFC 3030 section 2)."""
        verb = verb_of(exchange)
        if verb == "RCPT":
            self.recipients = self.recipients or code[0] == "2"
            return
        chunk_ends = verb == "BDAT" and (bool(exchange.facts.get("last")) or code[0] != "2")
        if verb == MESSAGE or chunk_ends or (verb in _FORGETS and code[0] == "2"):
            self.recipients = False

    @property
    def discards(self) -> bool:
        """Whether what the client says now is not to be heard."""
        ours = self.starttls == "offer" and self.pending is not None and verb_of(self.pending) == "STARTTLS"
        return self.sealed or ours

    def settled(self, exchange: Exchange) -> None:
        """The answer to a request that was waited for is known."""
        if self.pending is exchange:
            self.pending = None
            if self.unread:
                self.turn_opaque(f"bytes sent behind {verb_of(exchange)} before its answer", current=None)

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
        return self._next(f"exchange {self.latest.ordinal + 1}", None)

    def _framed(self, verb: str, label: str, drawn: bytes) -> Exchange:
        exchange = self._next(label, drawn)
        exchange.facts["verb"] = verb
        exchange.facts["host"] = self.host
        self.waiting.append(exchange)
        return exchange

    def _next(self, label: str, key: bytes | None) -> Exchange:
        self.latest = Exchange(self.latest.ordinal + 1, label, key)
        return self.latest
