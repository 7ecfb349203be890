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

from vaurien_core.protocols.tcp import TcpFramer
from vaurien_core.proxy.connection import Connection
from vaurien_core.proxy.lane import ENTER_AT
from vaurien_core.proxy.reactor_port import ReactorPort
from vaurien_core.proxy.sockets import name_of, send_at_once
from vaurien_core.proxy.watch import END, NEWS, ODD, Watch

if TYPE_CHECKING:
    from vaurien_core.proxy.briefs import Briefs

NOTHING, REQUEST, ANSWER = range(3)
"""How far the one exchange is: what was passed on of it."""
_MORE = getattr(socket, "MSG_MORE", 0)
"""The end follows: both fit in one segment, where `shutdown` comes next."""


class Brief:
    """One short connection, and what watches its client. Owned by `Briefs` until it ends or is whole.

    Attributes:
        back: what watches its backend.
        said: how far its exchange is.
        began: when the request was read.
        down: bytes of the answer.
        ended: the client sends no more, which the backend was told.
    """

    __slots__ = ("_name", "_number", "_up", "_watch", "back", "began", "briefs", "down", "ended", "said", "sock")

    def __init__(
        self, briefs: Briefs, watch: Watch, client: SocketType, backend: SocketType, name: object, number: int
    ) -> None:
        self.briefs, self._watch, self.sock, self._name, self._number = briefs, watch, client, name, number
        self.back = Back(self, backend)
        self.said = NOTHING
        self.began = 0.0
        self._up = self.down = 0
        self.ended = False

    def ready(self, mask: int) -> None:
        """The client's socket has news."""
        if self.ended:
            return
        if mask & ODD:
            self.unfold()
            return
        try:
            data = self.sock.recv(ENTER_AT)
        except BlockingIOError:
            return
        except OSError as error:
            lose(self.unfold().client, error)
            return
        back = self.back
        if not data:
            self.ended = True
            if back.ended:
                self.finish()
            else:
                shut(back.sock)
            return
        briefs, size = self.briefs, len(data)
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
        self.said, self.began, self._up, self.down = REQUEST, now, size, 0
        if sent < size:
            self.go_on(data[sent:], upstream=True)
        elif mask & END:
            self.ready(mask)

    def answered(self) -> None:
        """The backend sends no more."""
        if self.ended:
            self.finish()
        elif self.said == REQUEST:
            self.unfold()
        else:
            shut(self.sock)

    def finish(self) -> None:
        """Both sides have ended."""
        briefs, watch, back = self.briefs, self._watch, self.back
        del briefs.open[self]
        del back.brief  # they would hold each other until the collector comes
        watch.close(self.sock, NEWS)
        watch.close(back.sock, NEWS)
        briefs.counters.connections_open -= 1

    def go_on(self, rest: bytes, *, upstream: bool) -> None:
        """Become whole, as a receiver did not take this."""
        conn = self.unfold()
        port, link = (conn.backend, conn.up) if upstream else (conn.client, conn.down)
        if port is not None:
            port.send(rest)
            link.throttle()

    def unfold(self) -> Connection:
        """Become whole, as if it had been so from the beginning."""
        briefs, watch, back = self.briefs, self._watch, self.back
        server = briefs.server
        del briefs.open[self], back.brief
        for side in (self, back):
            watch.change(side.sock.fileno(), side, NEWS, 0)
            with suppress(OSError):
                send_at_once(side.sock)
        client = ReactorPort(watch, self.sock, briefs.client, name_of(self._name))
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
        conn.requests.resume(exchange, self.began, up=self._up, down=self.down, answering=answering)


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
        brief = self.brief
        if mask & ODD:
            brief.unfold()
            return
        try:
            data = self.sock.recv(ENTER_AT)
        except BlockingIOError:
            send_at_once(brief.sock)  # the end, for which an answer may have waited, was news of another socket
            return
        except OSError as error:
            lose(brief.unfold().backend, error)
            return
        if not data:
            self.ended = True
            brief.answered()
            return
        briefs, size = brief.briefs, len(data)
        briefs.backend.read += size
        if size >= ENTER_AT:
            brief.unfold().backend_received(data)
            return
        try:
            sent = brief.sock.send(data, _MORE if mask & END else 0)
        except OSError:
            brief.unfold().backend_received(data)
            return
        briefs.client.written += sent
        brief.down += size
        if brief.said == REQUEST:
            brief.said = ANSWER
            briefs.counters.latency.record(max(0.0, briefs.now() - brief.began))
        if sent < size:
            brief.go_on(data[sent:], upstream=False)
        elif mask & END:
            self.ready(mask)


def shut(sock: SocketType) -> None:
    """Send FIN."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)


def lose(port: object, error: OSError) -> None:
    """Tell a port that was just made that its socket is broken."""
    if isinstance(port, ReactorPort):
        port.lose(error)
