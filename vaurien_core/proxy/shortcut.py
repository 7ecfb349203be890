"""The shortcut of a framed connection: plain exchanges that no fault touches go by with a glance at each end.

A request that the protocol's glance knows for whole and plain, and for which the draw says nothing is done, goes to
the backend as it was read; its answer, whole and plain, to the client. It is counted, has its place in the draw, and
its latency is recorded as ever. Whatever else comes (part of a message, an error, a push, an end, another
plan) is met by the connection and its framer: they are told first how many exchanges went by, and are given the one
that is open as if they had seen it. So the shortcut holds nothing back, and never decides about a fault.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from vaurien_core.protocols.glance import GLANCED_MAX, Glance
from vaurien_core.proxy.clear import nothing_acts
from vaurien_core.proxy.draw import MIX, as_percent, key_digest, number, ordinal_place, request_place

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection

DIGESTED_MAX = 256
"""Bytes of a key whose digest is remembered."""
REST_MAX = 64
"""Requests that a connection makes without it at most, after it was of no use again and again."""
_digest = lru_cache(maxsize=4096)(key_digest)
"""Clients repeat themselves."""


class Shortcut:
    """See the module. Owned by its connection, from the second request on."""

    __slots__ = (
        "_began", "_by_request", "_conn", "_data", "_drawn", "_glance", "_key", "_occurrence", "_passed", "_rest",
        "_rests", "_scenario",
    )  # fmt: skip

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._glance: Glance | None = None
        self._passed = self._rest = self._rests = 0
        self._by_request = False
        self._began = 0.0
        self._data = self._key = b""
        self._occurrence = 0
        self._drawn: int | None = None
        self._scenario = ""

    @property
    def taken(self) -> bool:
        """Whether exchanges go this way now."""
        return self._glance is not None

    @property
    def waits(self) -> bool:
        """Whether a request has been passed on whose answer is to come."""
        return bool(self._data)

    def asked(self, data: bytes) -> bool:
        """Bytes from the client: whether they went on their way; if not, nothing was done with them."""
        glance = self._glance or self._take()
        if glance is None:
            return False
        key = glance.request(data) if not self._data and len(data) <= GLANCED_MAX else None
        if key is None:
            self._useless()
            return False
        conn = self._conn
        server = conn.server
        digest = b""
        if self._by_request:
            digest = _digest(key) if len(key) <= DIGESTED_MAX else key_digest(key)
        if not server.plan.idle and self._hit(digest):
            self._useless()
            return False
        if digest:
            self._occurrence = server.places.count(digest)
        server.counters.exchanges += 1
        self._began = server.clock.now()
        self._data, self._key, self._scenario = data, digest, server.phase
        assert conn.backend is not None
        if conn.backend.send(data):
            self._crowded()
        return True

    def answered(self, data: bytes) -> bool:
        """Bytes from the backend: whether they went on their way; if not, nothing was done with them."""
        glance = self._glance
        if glance is None:
            return False
        if not self._data or len(data) > GLANCED_MAX or not glance.answer(data):
            self._useless()
            return False
        conn = self._conn
        server = conn.server
        left = server.clock.now()
        assert conn.client is not None
        backlog = conn.client.send(data)
        server.counters.latency.record(max(0.0, left - self._began))
        self._data = b""
        self._passed += 1
        self._rests = 0
        if backlog:
            self._crowded()
        return True

    def leave(self) -> None:
        """Tell the connection and its framer all that went by; idempotent."""
        if self._glance is None:
            return
        conn, passed, data = self._conn, self._passed, self._data
        self._glance, self._passed, self._data = None, 0, b""
        if passed:
            conn.framer.went_by(passed)
            conn.went_by(passed)
        if data:
            (piece,) = conn.framer.upstream(data)
            exchange = piece.exchange
            assert exchange is not None and piece.last
            turn = conn.requests.resume(exchange, self._began, up=len(data), scenario=self._scenario)
            turn.place = request_place(self._key, self._occurrence) if self._key else b""
            if self._drawn is not None:
                turn.draw = as_percent(self._drawn)

    def _hit(self, digest: bytes) -> bool:
        """Whether the draw of this request says that something is done to it; nothing is counted."""
        conn = self._conn
        server = conn.server
        if digest:
            place = request_place(digest, server.places.seen(digest) + 1)
        else:
            place = ordinal_place(conn.number, conn.last_ordinal + self._passed + 1)
        self._drawn = drawn = number(server.seed, server.spec.name, place, MIX)
        return server.plan.choose(drawn) is not None

    def _take(self) -> Glance | None:
        """Begin, if nothing stands against it."""
        if self._rest:
            self._rest -= 1
            return None
        conn = self._conn
        server = conn.server
        chooses = not server.plan.idle and (server.plan.override is not None or server.plan.selective)
        if conn.turns or chooses or not nothing_acts(conn):
            return None
        self._glance = conn.framer.glance()
        if self._glance is None:
            self._useless()
            return None
        self._by_request = server.draws_by_request
        self._drawn = None
        return self._glance

    def _useless(self) -> None:
        """What came is not for it: go on without it for a while, longer each time that it didn't help."""
        if not self._passed:
            self._rests = min(REST_MAX, self._rests * 2 + 1)
            self._rest = self._rests
        self.leave()

    def _crowded(self) -> None:
        """A side doesn't take what is sent: the other is to be read no further."""
        self.leave()
        self._conn.up.throttle()
        self._conn.down.throttle()
