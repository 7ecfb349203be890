"""What both directions of one MySQL connection know in common."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.mysql.constants import PREPARE, Cap, Status
from vaurien_core.protocols.mysql.greeting import Greeting
from vaurien_core.protocols.mysql.replies import Dialogue, Prepared, Reply
from vaurien_core.protocols.mysql.statement import UNKNOWN, Statement
from vaurien_core.protocols.turns import Turns

STATEMENTS_MAX = 16382
"""As many as a server keeps by default (`max_prepared_stmt_count`)."""
LATEST = 0xFFFFFFFF
"""MariaDB: the statement that was prepared last."""


@dataclass(slots=True)
class Seen:
    """What the connections of one proxy learn of their server."""

    mariadb: bool | None = None


@dataclass(slots=True)
class Waiting:
    """A request whose answer is still to come."""

    exchange: Exchange
    reply: Reply
    begun: bool = False
    """A packet of the answer itself has come."""


class Talk:
    """The exchanges of one connection.

    Attributes:
        waiting: what waits for an answer, oldest first; the login before it is over.
        latest: the exchange that began last; exchange 0 before the first command.
        greeting: what the server said first.
        caps: capabilities that the login settled on.
        compressed: packets travel in compressed frames from here on.
        uploading: the server asked it for a file, the client sends it.
        in_transaction: by the server's last status flags.
        turns: set once the connection is opaque: counts what is not framed.
        opaque: why it is, or "".
    """

    __slots__ = (
        "_latest_statement", "_statements", "caps", "compressed", "greeting", "in_transaction", "latest", "opaque",
        "seen", "turns", "uploading", "waiting",
    )  # fmt: skip

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.latest = Exchange(0, "login")
        self.latest.facts["mariadb"] = seen.mariadb
        self.waiting: list[Waiting] = [Waiting(self.latest, Dialogue(interim=False))]
        self.greeting: Greeting | None = None
        self.caps = 0
        self.compressed = False
        self.uploading: Exchange | None = None
        self.in_transaction = False
        self.turns: Turns | None = None
        self.opaque = ""
        self._statements: OrderedDict[int, Statement] = OrderedDict()
        self._latest_statement = UNKNOWN

    @property
    def commanding(self) -> bool:
        """The client is logged in and may say a command next."""
        waiting = self.waiting
        return self.uploading is None and not (waiting and waiting[0].exchange.ordinal == 0)

    @property
    def plain(self) -> bool:
        """Nothing is open: the session is between two commands."""
        latest = self.latest
        over = latest.request_done and (latest.answer_done or not latest.answer_expected)
        return over and not (self.waiting or self.turns or self.uploading or self.compressed)

    def begin(self, label: str, key: bytes | None = None) -> Exchange:
        """The next exchange."""
        facts: dict[str, object] = {
            "mariadb": self.seen.mariadb,
            "sql_state": bool(self.caps & Cap.PROTOCOL_41),
            "in_transaction": self.in_transaction,
        }
        self.latest = Exchange(self.latest.ordinal + 1, label, key, facts)
        return self.latest

    def wait(self, exchange: Exchange, reply: Reply) -> None:
        """An answer will come."""
        self.waiting.append(Waiting(exchange, reply))

    def waits(self, exchange: Exchange) -> Waiting | None:
        """What waits for the answer to this one."""
        return next((w for w in self.waiting if w.exchange is exchange), None)

    def told(self, status: int | None) -> None:
        """Status flags of the server."""
        if status is not None:
            self.in_transaction = bool(status & Status.IN_TRANS)

    # -- prepared statements

    def preparing(self, statement: Statement) -> None:
        """COM_STMT_PREPARE was sent."""
        self._latest_statement = statement

    def prepared(self, exchange: Exchange, reply: Reply) -> None:
        """Its answer names the statement."""
        statement = exchange.facts.get("statement")
        if (
            exchange.facts.get("command") == PREPARE
            and isinstance(reply, Prepared)
            and isinstance(statement, Statement)
        ):
            if reply.statement_id is not None:
                self._statements[reply.statement_id] = statement
            while len(self._statements) > STATEMENTS_MAX:
                self._statements.popitem(last=False)

    def statement(self, statement_id: int) -> Statement:
        """What is known of a prepared statement."""
        return self._latest_statement if statement_id == LATEST else self._statements.get(statement_id, UNKNOWN)

    def forget(self, statement_id: int | None = None) -> None:
        """The server has forgotten one, or all."""
        if statement_id is None:
            self._statements.clear()
        else:
            self._statements.pop(statement_id, None)

    # -- the end of framing

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

    def lose(self, reason: str) -> None:
        """Borders are lost: the oldest exchange that waits owns the rest, later ones are over."""
        oldest = self.waiting[0] if self.waiting else None
        for other in list(self.waiting)[1:]:
            other.exchange.answer_done = True
        self.waiting.clear()
        current = oldest.exchange if oldest is not None else None
        self.turn_opaque(reason, current=current, answering=oldest is not None and oldest.begun)

    def _begin_unframed(self) -> Exchange:
        return self.begin(f"exchange {self.latest.ordinal + 1}")
