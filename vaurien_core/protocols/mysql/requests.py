"""The client's direction: the login, then commands."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.mysql import constants as my
from vaurien_core.protocols.mysql.constants import COMMANDS, Answer, Cap
from vaurien_core.protocols.mysql.cutter import HEADER, Cutter
from vaurien_core.protocols.mysql.greeting import SSL_REQUEST_SIZE, login_user, read_login
from vaurien_core.protocols.mysql.replies import reply_to
from vaurien_core.protocols.mysql.statement import behind_attributes, prepared, read_statement, shorten
from vaurien_core.protocols.mysql.talk import Talk
from vaurien_core.protocols.mysql.whole import whole_command

COMMAND_HEAD = 32 * 1024
"""Bytes of a command that are held back until they are there: what its key is made of."""
SWALLOWED_MAX = 1 << 20
"""A larger request is not swallowed before an error of ours: it is answered at once and the connection closed."""
_UNKNOWN = ("", Answer.UNFRAMED)
_BY_ID = frozenset({my.EXECUTE, my.LONG_DATA, my.CLOSE, my.RESET, my.FETCH, my.BULK_EXECUTE})


class Requests(Cutter):
    """Cuts upstream bytes into commands; one per connection."""

    def __init__(self, talk: Talk) -> None:
        super().__init__()
        self._talk = talk
        self._size = 0
        self._tls = False
        self._xa = False

    @property
    def plain(self) -> bool:
        """Nothing is under way or held back, and no XA transaction is open."""
        return self.between and not (self.stopped or self._xa)

    def feed(self, data: bytes) -> tuple[list[Piece], bytes]:
        """See `Cutter`; a whole command that is read alone goes past it."""
        talk = self._talk
        size = len(data) - HEADER
        if (
            0 < size <= COMMAND_HEAD
            and not (self._held or self._inside or self.stopped)
            and whole_command(data, 0) == len(data)
            and talk.commanding
            and COMMANDS.get(data[HEADER], _UNKNOWN)[1] is not Answer.UNFRAMED
        ):
            self._size, self._tls = size, False
            exchange = self._begin_command(size, data[HEADER:])
            exchange.facts["sequence"] = 1
            exchange.request_done = True
            self.opening = False
            return [Piece(data, exchange, True, True)], b""
        return super().feed(data)

    def wanted(self, sequence: int, size: int) -> int:
        """See `Cutter`."""
        talk = self._talk
        if talk.waiting and talk.waiting[0].exchange.ordinal == 0 and talk.greeting is None:
            return 0
        return 0 if talk.uploading is not None else min(size, COMMAND_HEAD)

    def begins(self, sequence: int, size: int, head: bytes) -> None:
        """See `Cutter`."""
        talk = self._talk
        self._size = size
        self._tls = False
        login = talk.waiting[0].exchange if talk.waiting else None
        if login is not None and login.ordinal == 0:
            self._login(login, sequence, size, head)
        elif talk.uploading is not None:
            self.owner = talk.uploading
        elif sequence:
            speaker = next(
                (w.exchange for w in talk.waiting if w.exchange.facts.get("command") == my.CHANGE_USER), None
            )
            if speaker is None:
                self._lose("a packet out of step")
                return
            self.owner = speaker
        elif not head or COMMANDS.get(head[0], _UNKNOWN)[1] is Answer.UNFRAMED:
            self._lose("a replication stream" if head and head[0] in COMMANDS else "an unknown command")
            return
        else:
            self._begin_command(size, head)
        if self.owner is not None:
            self.owner.facts["sequence"] = (sequence + 1 + (size == my.CHUNK_MAX)) & 0xFF

    def ends(self) -> bool:
        """See `Cutter`."""
        owner, talk = self.owner, self._talk
        if owner is None:
            return False
        if self._tls:
            talk.waiting.clear()
            talk.turn_opaque("TLS", current=owner)
            self.stopped = True
            return False
        if talk.uploading is owner:
            if self._size:
                return False
            talk.uploading = None
        further, owner.request_done = owner.request_done, True
        return not further  # of a file or a dialogue: the request itself has ended long ago

    def _login(self, login: Exchange, sequence: int, size: int, head: bytes) -> None:
        talk = self._talk
        if talk.greeting is None:
            self._lose("the client spoke before the server")
            return
        self.owner = login
        if "sequence" in login.facts:  # further packets of the authentication
            return
        self.opening = True
        talk.caps = read_login(head, talk.greeting)
        login.facts["sql_state"] = bool(talk.caps & Cap.PROTOCOL_41)
        login.facts["user"] = login_user(head)
        login.facts["password"] = head[32:].partition(b"\0")[2][:1] not in (b"", b"\0")
        self._tls = size == SSL_REQUEST_SIZE and bool(talk.caps & Cap.SSL)

    def _begin_command(self, size: int, head: bytes) -> Exchange:
        talk = self._talk
        name, form = COMMANDS[head[0]]
        exchange = self._read(head[0], name, head)
        exchange.facts["command"] = head[0]
        exchange.facts["caps"] = talk.caps
        exchange.answer_expected = form is not Answer.NONE
        exchange.answer_now = exchange.answer_expected and size > SWALLOWED_MAX
        if exchange.answer_expected:
            talk.wait(exchange, reply_to(form, talk.caps))
        self.owner = exchange
        self.opening = True
        return exchange

    def _read(self, command: int, name: str, head: bytes) -> Exchange:
        """Label and key of a command."""
        talk = self._talk
        if command == my.QUERY:
            at = behind_attributes(head) if talk.caps & Cap.QUERY_ATTRIBUTES else 1
            statement = read_statement(head[at:])
            exchange = talk.begin(statement.label or name, head)
        elif command == my.PREPARE:
            statement = prepared(head[1:])
            talk.preparing(statement)
            exchange = talk.begin(f"{name} {statement.label}", head)
        elif command in _BY_ID and len(head) >= 5:
            number = int.from_bytes(head[1:5], "little")
            statement = talk.statement(number)
            executes = command in (my.EXECUTE, my.BULK_EXECUTE)
            label = statement.label if executes else f"{name} {statement.label}"
            exchange = talk.begin(label, head[:1] + statement.digest + head[5:])
            if command == my.CLOSE:
                talk.forget(number)
        else:
            shown = f"{name} {head[1:].decode('utf-8', 'replace')}" if command == my.INIT_DB else name
            return talk.begin(shorten(shown), head)
        exchange.facts["statement"] = statement
        exchange.facts["xa"] = self._xa and talk.in_transaction
        if statement.verb == "XA" and command == my.QUERY:
            self._xa = statement.label.upper().startswith(("XA START", "XA BEGIN", "XA END"))
        return exchange

    def _lose(self, reason: str) -> None:
        """Borders are lost from here on; earlier requests still get their answers."""
        talk = self._talk
        current = talk.latest if talk.latest.ordinal == 0 and talk.waiting else None
        if current is not None:
            talk.waiting.clear()
        talk.turn_opaque(reason, current=current, answering=True)
        self.stopped = True
