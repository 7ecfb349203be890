"""Both directions of one SMTP connection as exchanges: the `Framer` of `smtp`."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Duty, Piece
from vaurien_core.protocols.plain import Plain
from vaurien_core.protocols.smtp.answers import Answers
from vaurien_core.protocols.smtp.errors import BAD_SEQUENCE, owed_to_message
from vaurien_core.protocols.smtp.replies import REFUSES
from vaurien_core.protocols.smtp.requests import Requests
from vaurien_core.protocols.smtp.talk import Talk, verb_of


class SmtpFramer(Plain):
    """One connection's machine; see `protocols.base.Framer`.

    Exchange 0 is the greeting. DATA is one exchange and the message behind it the next; so is every line of the
    dialogue of AUTH. A direction that turns opaque does so for both, but replies to commands that were framed are
    framed to their end. Facts of an exchange: `verb`, `last` (of a BDAT), `ready` (a recipient has been accepted,
    or may yet be), `host` (the backend's name for itself), `owed`, `substituted`, `starttls` (it is between the client
    and us), `secures` (the client begins TLS behind its answer).
    """

    def __init__(self, starttls: str = "pass") -> None:
        """Begin a connection; `starttls`: see `Talk`."""
        self._talk = Talk(starttls)
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

    def keep_heads(self) -> None:
        """Requests have none."""

    def dropped(self, exchange: Exchange) -> None:
        """The request is not forwarded: nothing waits for its answer any more."""
        self._talk.drop(exchange)
        self._talk.settled(exchange)
        if self._talk.turns is not None:
            self._talk.turns.answered(exchange)

    def answered(self, exchange: Exchange) -> None:
        """Ours went out in its place."""
        exchange.answer_done = True
        if self._talk.turns is not None:
            self._talk.turns.answered(exchange)

    def substituted(self, exchange: Exchange, data: bytes) -> None:
        """The backend got another command: its answer is this exchange's, and means nothing for what follows."""
        exchange.facts["substituted"] = True
        waiting = self._talk.waiting
        if exchange not in waiting:
            later = next((n for n, e in enumerate(waiting) if e.ordinal > exchange.ordinal), len(waiting))
            waiting.insert(later, exchange)
        self._talk.settled(exchange)

    def failed(self, exchange: Exchange, error: str) -> None:
        """Remember that there is no service here, or what the message behind a DATA of ours is answered."""
        talk = self._talk
        if error == REFUSES and not exchange.ordinal:
            talk.refused = True
        owed = owed_to_message(error)
        if owed and exchange.ordinal:
            talk.recipients = False
        if owed and verb_of(exchange) == "DATA":
            talk.owed = owed
            talk.content = True
            talk.settled(exchange)

    def duty(self, exchange: Exchange) -> Duty | None:
        """After a refusing greeting all but QUIT is out of sequence (RFC 5321 section 3.1)."""
        owed = exchange.facts.get("owed")
        if isinstance(owed, bytes):
            return Duty(owed)
        if self._talk.refused and exchange.ordinal and verb_of(exchange) not in ("", "QUIT"):
            return Duty(BAD_SEQUENCE)
        return None

    def secured(self) -> None:
        """The client speaks TLS: what it said before is forgotten, and TLS is not offered again."""
        self._talk.sealed = False
        self._talk.starttls = "hide"
        self._requests.secured()
