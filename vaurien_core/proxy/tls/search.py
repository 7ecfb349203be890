"""A backend that stays silent where it should greet: does it wait for TLS?

It is asked over a second connection; nothing is written into the first one. If that one greets, or the client speaks,
the question is dropped. If the handshake succeeds, this client gets the second connection, and the next ones know.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from vaurien_core.proxy.seams import TimerHandle
from vaurien_core.proxy.tls.approach import originated
from vaurien_core.proxy.tls.sentences import TlsError

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection

SILENCE_S = 1.0
"""How long the backend may be silent before it is asked."""


class Search:
    """Owned by its connection, which ends it at the first byte from either side."""

    __slots__ = ("_conn", "_task", "_timer")

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._task: asyncio.Task[None] | None = None
        server = conn.server
        self._timer: TimerHandle = server.timers.call_at(server.clock.now() + SILENCE_S, self._ask)

    def end(self) -> None:
        """Somebody spoke, or the connection is over; idempotent."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        self._conn.search = None

    def _ask(self) -> None:
        self._task = self._conn.server.spawn(self._try(), f"TLS search #{self._conn.number}")

    async def _try(self) -> None:
        conn = self._conn
        server, settings = conn.server, conn.tls.settings
        backend = server.spec.backend
        try:
            port = await originated(settings, await server.dialer.connect(), conn.tls.backend_failed)
        except TlsError as error:
            if error.unverified and not conn.endings.over:
                server.tell_once("unverified", str(error))
                self._task = None
                conn.endings.tls_failed("backend", str(error))
            return
        except OSError:
            return
        if conn.search is not self or conn.endings.over:
            port.close()
            return
        self._task = None
        conn.search = None
        settings.learned = True
        server.tell_once("learned", f"{backend} speaks TLS from the first byte; using backend_tls = on.")
        conn.replace_backend(port)
