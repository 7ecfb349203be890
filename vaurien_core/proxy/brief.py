"""Short connections: a `tcp` connection on which nothing acts, from accept to close, as long as it says little.

Most connections ask once, are answered, and end. So a connection begins as two watched sockets and a few numbers; the
bytes go from one to the other, counted as ever. It becomes whole (`Connection`) before anything else happens to it: a
second read from the client, a large read, a receiver that doesn't take all, an error, an end that is one, another plan,
a stop. So all that is not passing on a request and its answer happens in one place.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from socket import SocketType
from typing import TYPE_CHECKING

from vaurien_core.protocols.tcp import Tcp, TcpFramer
from vaurien_core.proxy.connection import Connection
from vaurien_core.proxy.lane import ENTER_AT
from vaurien_core.proxy.reactor_port import ReactorPort
from vaurien_core.proxy.sockets import connected_at_once, send_at_once
from vaurien_core.proxy.turn import Turn
from vaurien_core.proxy.watch import END, ERROR, NEWS, Watch

if TYPE_CHECKING:
    from vaurien_core.proxy.server import ProxyServer


NOTHING, REQUEST, ANSWER = range(3)
"""How far the one exchange is: what was passed on of it."""


class Briefs:
    """The short connections of one proxy; owned by its server.

    Attributes:
        open: those that are, in the order in which they came.
    """

    def __init__(self, server: ProxyServer) -> None:
        self.server = server
        self.counters, self.now = server.counters, server.clock.now
        self.client, self.backend = self.counters.client, self.counters.backend
        self.open: dict[Brief, None] = {}
        self._settings: object = None
        self._suits = False

    def begin(self, watch: Watch, client: SocketType, peer: str) -> bool:
        """Take a client that was just accepted, if it may be a short connection and the backend accepts at once."""
        server = self.server
        if server.spec is not self._settings:
            self._settings, self._suits = server.spec, self._judged()
        if not self._suits or not server.plan.idle or server.journal.everything or server.rack.in_force:
            return False
        near = server.dialer.near()
        backend = connected_at_once(near) if near is not None else None
        if backend is None:
            return False
        brief = Brief(self, watch, client, backend, peer, self.counters.opened())
        self.open[brief] = None
        watch.change(client.fileno(), brief, 0, NEWS)
        watch.change(backend.fileno(), brief.back, 0, NEWS)
        return True

    def unfold(self) -> None:
        """All of them become whole."""
        for brief in list(self.open):
            brief.unfold()

    def _judged(self) -> bool:
        """Whether the settings want nothing but bytes that pass."""
        server, tls = self.server, self.server.tls
        return (
            type(server.protocol) is Tcp and not server.keep_alive and not server.spec.stay_connected
            and tls.client == "passthrough" and tls.backend in ("", "off") and not tls.dials_by_client
        )  # fmt: skip


class Brief:
    """One short connection, and what watches its client. Owned by `Briefs` until it ends or is whole.

    Attributes:
        back: what watches its backend.
        said: how far its exchange is.
        began: when the request was read.
        up: bytes of the request.
        down: bytes of the answer.
        ended: the client sends no more, which the backend was told.
    """

    __slots__ = ("_briefs", "_number", "_peer", "_watch", "back", "began", "down", "ended", "said", "sock", "up")

    def __init__(
        self, briefs: Briefs, watch: Watch, client: SocketType, backend: SocketType, peer: str, number: int
    ) -> None:
        self._briefs, self._watch, self.sock, self._peer, self._number = briefs, watch, client, peer, number
        self.back = Back(self, backend)
        self.said = NOTHING
        self.began = 0.0
        self.up = self.down = 0
        self.ended = False

    def ready(self, mask: int) -> None:
        """The client's socket has news."""
        if self.ended:
            return
        if mask & ERROR:
            self.unfold()
            return
        try:
            data = self.sock.recv(ENTER_AT)
        except BlockingIOError:
            return
        except OSError as error:
            self.lost(error, of_client=True)
            return
        if data:
            self._ask(data, mask)
            return
        self.ended = True
        if self.back.ended:
            self.finish()
        else:
            with suppress(OSError):
                self.back.sock.shutdown(socket.SHUT_WR)

    def _ask(self, data: bytes, mask: int) -> None:
        briefs, back, size = self._briefs, self.back, len(data)
        briefs.client.read += size
        if self.said or size >= ENTER_AT or back.ended:
            self.unfold().client_received(data)
            return
        now = briefs.now()
        try:
            sent = back.sock.send(data)
        except OSError:  # as well where it takes nothing now: the port meets the same
            self.unfold().client_received(data)
            return
        briefs.backend.written += sent
        briefs.counters.exchanges += 1
        self.said, self.began, self.up, self.down = REQUEST, now, size, 0
        if sent < size:
            conn = self.unfold()
            if conn.backend is not None:
                conn.backend.send(data[sent:])
                conn.up.throttle()
        elif mask & END:
            self.ready(mask)

    def answer(self, data: bytes, mask: int) -> None:
        """The backend sent this."""
        briefs, size = self._briefs, len(data)
        briefs.backend.read += size
        if size >= ENTER_AT:
            self.unfold().backend_received(data)
            return
        try:
            sent = self.sock.send(data)
        except OSError:
            self.unfold().backend_received(data)
            return
        briefs.client.written += sent
        self.down += size
        if self.said == REQUEST:
            self.said = ANSWER
            briefs.counters.latency.record(max(0.0, briefs.now() - self.began))
        if sent < size:
            conn = self.unfold()
            if conn.client is not None:
                conn.client.send(data[sent:])
                conn.down.throttle()
        elif mask & END:
            self.back.ready(mask)

    def answered(self) -> None:
        """The backend sends no more."""
        if self.ended:
            self.finish()
        elif self.said == REQUEST:
            self.unfold()
        else:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_WR)

    def finish(self) -> None:
        """Both sides have ended."""
        briefs, watch, back = self._briefs, self._watch, self.back
        del briefs.open[self]
        del back.brief  # they would hold each other until the collector comes
        watch.close(self.sock, NEWS)
        watch.close(back.sock, NEWS)
        briefs.counters.connections_open -= 1

    def lost(self, error: OSError, *, of_client: bool) -> None:
        """One side broke."""
        conn = self.unfold()
        port = conn.client if of_client else conn.backend
        if isinstance(port, ReactorPort):
            port.lose(error)

    def unfold(self) -> Connection:
        """Become whole, as if it had been so from the beginning."""
        briefs, watch, back = self._briefs, self._watch, self.back
        server = briefs.server
        del briefs.open[self], back.brief
        watch.change(self.sock.fileno(), self, NEWS, 0)
        watch.change(back.sock.fileno(), back, NEWS, 0)
        with suppress(OSError):
            send_at_once(back.sock)
        client = ReactorPort(watch, self.sock, briefs.client, self._peer)
        backend = ReactorPort(watch, back.sock, briefs.backend, str(server.backend))
        if self.ended:
            client.heard_end()
        if back.ended:
            backend.heard_end()
        conn = Connection(server, client, self._number)
        server.adopt(conn)
        conn.start(backend)
        if self.said:
            self._resume(conn)
        if self.ended:
            conn.client_ended()
        elif back.ended:
            conn.backend_ended()
        return conn

    def _resume(self, conn: Connection) -> None:
        """Go on within the exchange."""
        framer, answering = conn.framer, self.said == ANSWER
        assert type(framer) is TcpFramer
        conn.unheard = False
        exchange = framer.go_on(1, answering=answering, fresh=True)
        turn = Turn(exchange, conn.ordinal(exchange), self.began)
        turn.scenario = conn.server.phase
        turn.up, turn.down, turn.first_answer, turn.request_end = self.up, self.down, answering, True
        conn.turns.append(turn)
        conn.requests.follow(turn)


class Back:
    """What watches the backend of a short connection, which owns it.

    Attributes:
        ended: the backend sends no more.
    """

    __slots__ = ("brief", "ended", "sock")

    def __init__(self, brief: Brief, sock: SocketType) -> None:
        self.brief, self.sock, self.ended = brief, sock, False

    def ready(self, mask: int) -> None:
        """The backend's socket has news."""
        if self.ended:
            return
        if mask & ERROR:
            self.brief.unfold()
            return
        try:
            data = self.sock.recv(ENTER_AT)
        except BlockingIOError:
            return
        except OSError as error:
            self.brief.lost(error, of_client=False)
            return
        if data:
            self.brief.answer(data, mask)
        else:
            self.ended = True
            self.brief.answered()
