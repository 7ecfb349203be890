"""One accepted client with its backend connection: both ports, a link per direction, the exchanges that are open.

Made by `ProxyServer` for each accepted port; lives on its loop until both sides are closed. What happens on the ports
comes in here; `Requests` and `Answers` decide about the bytes, `Accounts` counts, `endings` closes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from vaurien_core.behaviors.base import Closes
from vaurien_core.model.exchange import Exchange
from vaurien_core.model.opaque import TLS
from vaurien_core.protocols.base import Framer
from vaurien_core.proxy.accounts import Accounts
from vaurien_core.proxy.answers import Answers
from vaurien_core.proxy.endings import Endings
from vaurien_core.proxy.lane import ENTER_AT, Lane, enter
from vaurien_core.proxy.link import Link
from vaurien_core.proxy.opening import Opening, connect
from vaurien_core.proxy.outbox import LIMIT
from vaurien_core.proxy.plan import ActiveRule
from vaurien_core.proxy.port import Port
from vaurien_core.proxy.requests import Requests
from vaurien_core.proxy.shortcut import Shortcut
from vaurien_core.proxy.sides import BackendSide, ClientSide
from vaurien_core.proxy.tls.approach import Approach
from vaurien_core.proxy.tls.search import Search
from vaurien_core.proxy.toxics.mounted import Mounted
from vaurien_core.proxy.turn import Flow, Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.server import ProxyServer

WATCH_S = 1.0
OPEN_LIMIT = 4096
"""Exchanges of one connection that may be open at once."""


class Connection:
    """See the module.

    Attributes:
        tls: how its two sides come to TLS, or to none.
        toxics: what is mounted on it; None: nothing ever was.
        search: the question whether a silent backend waits for TLS, while it is open.
        unheard: the client has said nothing yet.
        kept: what behaviors keep for this connection; closed with it.
        opaque: "" or why the stream is not framed any more.
        cause: the rule whose error the session last had to remember.
        connecting: a rule that acts on the connect phase, and waits for the login.
        opening: a fault of the connect phase that keeps the backend from being dialled.
        greeted: an answer of ours took the place of the backend's greeting.
        altered: bytes were put into the stream, or are missing where no exchange ends: what follows can't be trusted.
        closing: a close is queued behind the answers that are due before it.
        lane: where its bytes go past all this, while nothing acts on it.
        shortcut: how plain exchanges go past all this, from the second request of a framed connection on.
        hung: nothing is sent to either side behind the hung exchange.
    """

    __slots__ = (
        "_dial", "_last_ordinal", "_new_framer", "_ordinal_base", "accounts", "altered", "answers", "backend",
        "backend_eof", "cause", "client", "client_eof", "client_name", "closes_after_answer", "closing",
        "connecting", "down", "endings", "framer", "greeted", "held", "hung", "kept", "lane", "number",
        "opaque", "opening", "requests", "search", "server", "shortcut", "tls", "toxics", "turns", "unheard", "up",
    )  # fmt: skip

    def __init__(self, server: ProxyServer, client: Port, number: int) -> None:
        self.server, self.number = server, number
        self.tls = Approach(self, server.tls)
        self.search: Search | None = None
        client, self._new_framer = server.protocol.wrap(self.tls.front(client), server.warn)
        self.client: Port | None = client
        self.backend: Port | None = None
        self.client_name = client.peer
        self.up = Link(server.clock, server.timers, server.budget, self)
        self.down = Link(server.clock, server.timers, server.budget, self)
        self.up.source = self.down.sink = client
        self.up.asks = True
        self.down.eases = self.up
        self.framer = self._new_framer()
        self.lane: Lane | None = None
        self.shortcut: Shortcut | None = None
        self.kept: dict[object, Closes] | None = None
        self.turns: list[Turn] = []
        self.held: dict[Turn, None] = {}
        self.accounts = Accounts(self)
        self.requests = Requests(self)
        self.answers = Answers(self)
        self.toxics: Mounted | None = None
        self.endings = Endings(self)
        self.opaque = ""
        self.cause: ActiveRule | None = None
        self.connecting: ActiveRule | None = None
        self.opening: Opening | None = None
        self.unheard = True
        self.greeted = self.altered = self.closing = self.hung = self.client_eof = self.backend_eof = False
        self.closes_after_answer = server.protocol.name != "tcp" and server.keep_alive is False
        self._dial: asyncio.Task[None] | None = None
        self._ordinal_base = self._last_ordinal = 0

    def start(self, backend: Port | None = None) -> None:
        """Read from the client and dial the backend; neither waits for the other. `backend`: it was dialled already."""
        assert self.client is not None
        if self.server.keep_alive:
            self.client.keep_alive()
        self.client.start(ClientSide(self))
        if backend is None:
            self.tls.begin()
        else:
            self.dialed(backend)

    def enter(self) -> None:
        """The client may be told something now: the connect phase, and the dial unless a fault keeps it."""
        connect(self)
        if not (self.closing or self.endings.over or self.opening):
            self.dial()

    def ordinal(self, exchange: Exchange) -> int:
        """The number of an exchange that begins, within this connection and over all its backend connections."""
        if not exchange.ordinal:
            return 0
        self._last_ordinal = exchange.ordinal + self._ordinal_base
        return self._last_ordinal

    @property
    def refuses_errors(self) -> bool:
        """Whether an answer of ours would hit a stream that nobody frames."""
        return bool(self.opaque)

    @property
    def repeats(self) -> bool:
        """Whether its client asks more than once."""
        return self._last_ordinal > 1

    def eased(self) -> None:
        """A side took all that waited for it: what moves so much is worth a lane."""
        if self.lane is None and self.server.plan.idle:
            enter(self, ENTER_AT)

    def leave_lane(self) -> None:
        """Something else than passing on bytes is about to happen."""
        if self.lane is not None:
            self.lane.leave()
        if self.shortcut is not None:
            self.shortcut.leave()

    @property
    def busy(self) -> bool:
        """Whether an exchange is open that no fault holds."""
        return not self.held and (bool(self.turns) or (self.shortcut is not None and self.shortcut.waits))

    @property
    def last_ordinal(self) -> int:
        """The number of the exchange that began last, of those that came by here."""
        return self._last_ordinal

    def went_by(self, count: int) -> None:
        """So many exchanges took the shortcut."""
        self._last_ordinal += count

    def limit(self) -> int:
        """See `link.Bounds`."""
        return LIMIT if self.hung else self.server.buffer_limit

    def crowded(self) -> bool:
        """Too many requests wait for an answer, or answers of ours for the client: no more are read."""
        return len(self.turns) >= OPEN_LIMIT or self.down.overfull

    # -- the ports

    def dial(self) -> None:
        """Connect to the backend as it stands now."""
        backend = self.server.dialer.dial_at_once(self)
        if backend is not None:
            self.dialed(backend)
            return
        self._dial = self.server.spawn(self.server.dialer.dial(self), f"dial #{self.number}")

    def dialed(self, backend: Port) -> None:
        """The backend accepted."""
        self._dial = None
        if self.endings.over or self.client is None:
            backend.close()
            return
        self.backend = self.up.sink = self.down.source = backend
        if self.server.keep_alive:
            backend.keep_alive()
        if self.down.stage is not None:
            self.down.stage.sieve()
        backend.start(BackendSide(self))
        self.up.pump()
        if self.unheard and self.tls.settings.searches:
            self.search = Search(self)

    def replace_backend(self, backend: Port) -> None:
        """Another connection takes the place of one on which nothing was said."""
        self._close_backend()
        self.dialed(backend)

    def use_client(self, client: Port) -> None:
        """Go on with another port in front of the client's, or with the client's own."""
        self.client = self.up.source = client
        if self.down.sink is not None:
            self.down.sink = client
        client.start(ClientSide(self))
        self.up.throttle()

    def pass_through(self, framer: Callable[[], Framer], reason: str) -> None:
        """Frame no more than this, as nothing of what the client says can be read."""
        self._new_framer = framer
        self.framer = framer()
        self.closes_after_answer = False
        self.turn_opaque(reason)

    def cancel_dial(self) -> None:
        """Nobody wants the backend any more."""
        self.tls.cancel()
        if self.opening is not None:
            self.opening.cancel()
        if self._dial is not None:
            self._dial.cancel()
            self._dial = None

    def client_received(self, data: bytes) -> None:
        """Bytes from the client."""
        shortcut = self.shortcut
        if shortcut is None and self._last_ordinal and self.server.protocol.name != "tcp":
            shortcut = self.shortcut = Shortcut(self)
        if shortcut is not None and shortcut.asked(data):
            return
        if self.unheard:
            data = self.tls.spoke(data)
            if not data:  # TLS that ends here: what it says within is still to come
                return
            self.unheard = False
            if self.search is not None:
                self.search.end()
        if self.backend is None and self._dial is None and self.server.spec.stay_connected and self.opening is None:
            self._dial_again()
        if self.server.plan.reads_heads:
            self.framer.keep_heads()
        if self.closing and self.requests.doomed is None:
            return
        pieces = self.framer.upstream(data)
        if self.framer.opaque and not self.opaque:
            self.server.counters.errors_client += self.framer.opaque != TLS
            self.turn_opaque(self.framer.opaque)
        self.requests.received(pieces, self.server.clock.now())
        self.up.throttle()
        if self.server.plan.idle and len(data) >= ENTER_AT:
            enter(self, len(data))

    def client_ended(self) -> None:
        """FIN from the client: passed on behind everything before it."""
        self.leave_lane()
        self.client_eof = True
        self.tls.silent()
        self.requests.received(self.framer.upstream_eof(), self.server.clock.now())
        if self.hung:
            self.endings.close_both("client left")
        elif not self.requests.staging:
            self.requests_decided()

    def requests_decided(self) -> None:
        """No request waits for a decision: the end of the stream may be passed on."""
        if self.client_eof and not self.endings.over:
            self.up.mark(self.endings.end_backend, ends=True)
            self.answers.settle()

    def backend_received(self, data: bytes) -> None:
        """Bytes from the backend."""
        if self.shortcut is not None and self.shortcut.answered(data):
            return
        if self.search is not None:
            self.search.end()
        pieces = self.framer.downstream(data)
        if self.framer.opaque and not self.opaque:
            self.turn_opaque(self.framer.opaque)
        self.answers.received(pieces, self.server.clock.now())
        if self.endings.draining:
            self.endings.drained()
        else:
            self.down.throttle()
            self.up.throttle()
            if self.server.plan.idle:
                enter(self, len(data))

    def backend_ended(self) -> None:
        """FIN from the backend: passed on behind everything before it."""
        self.leave_lane()
        self.backend_eof = True
        self.answers.received(self.framer.downstream_eof(), self.server.clock.now())
        for turn in self.turns:
            turn.catch_up()
        if self.endings.draining:
            self.endings.drained()
        else:
            self.answers.settle()

    def after_settling(self) -> None:
        """Every exchange that could end has ended; then the backend's end of stream has its turn."""
        if len(self.turns) == OPEN_LIMIT - 1:
            self.up.throttle()
        if self.backend_eof and not (self.closing or self.hung or self.endings.over):
            head = self.turns[0] if self.turns else None
            if head is None or head.needs_backend or head.ending == "reset":
                self.endings.backend_eof_in_turn(head)

    def _dial_again(self) -> None:
        """`stay_connected`: the next exchange gets a backend connection and a framer of its own."""
        self._ordinal_base = self._last_ordinal
        self.framer = self._new_framer()
        if self.tls.secure:
            self.framer.secured()
        self.backend_eof = False
        self.dial()

    def forget_backend(self) -> None:
        """`stay_connected`: the backend has closed, the client's side stays."""
        self._close_backend()
        self.backend = self.up.sink = self.down.source = None

    def _close_backend(self) -> None:
        if self.backend is not None:
            if self.down.stage is not None:
                self.down.stage.unsieve()
            self.backend.close()

    # -- exchanges

    def turn_opaque(self, reason: str) -> None:
        """Count and journal that the stream is not framed any more."""
        if not self.opaque and self.server.protocol.name != "tcp":
            self.opaque = reason
            self.server.went_opaque(self, reason)

    def hang(self, turn: Turn) -> None:
        """Hold this exchange and everything behind it."""
        if not self.hung:
            self.hung = True
            self._watch()
        self.accounts.hold(turn)
        self.server.report(self, turn, again=True)

    def _watch(self) -> None:
        """While it hangs and its bound is reached nothing is read: look whether the client is still there."""
        if self.hung and self.client is not None and not self.endings.over:
            if self.up.outbox.size >= LIMIT and self.client.gone():
                self.endings.close_both("client left")
            else:
                self.server.timers.call_at(self.server.clock.now() + WATCH_S, self._watch)

    def coroutine_done(self, turn: Turn) -> None:
        """A behavior's coroutine has ended: what it did not decide passes."""
        if not turn.request_due and turn.outcome != "held":
            self.accounts.unhold(turn)
        if turn.finished or self.endings.over:
            return
        if turn.request_flow is Flow.STAGE:
            turn.request_flow = Flow.PASS
        self.requests.decided()
        if turn.answer_flow is Flow.STAGE:
            turn.answer_flow = Flow.PASS
            self.answers.unstage(turn)
        self.answers.settle()

    # -- endings, in turn

    def close_in_turn(self) -> None:
        """FIN to both sides, once everything before it has left."""
        self.closing = True
        self.down.mark(lambda: self.endings.close_both(""), ends=True)

    def reset_in_turn(self, turn: Turn) -> None:
        """RST to the client."""
        self.endings.reset_client(turn)
