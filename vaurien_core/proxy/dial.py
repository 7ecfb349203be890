"""Reaching the backend: names are resolved without blocking, every address is tried in order, within one time limit."""

from __future__ import annotations

import asyncio
import errno
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vaurien_core.addresses import Address
from vaurien_core.proxy.port import Port
from vaurien_core.proxy.sockets import is_numeric, refusal
from vaurien_core.proxy.tls.sentences import TlsError

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection
    from vaurien_core.proxy.server import ProxyServer

REMEMBER_S = 5.0
"""How long a resolved name is used again."""


class Dialer:
    """Dials for the connections of one proxy; owned by its server."""

    def __init__(self, server: ProxyServer) -> None:
        self._server = server
        self._names: dict[Address, tuple[float, Sequence[Address]]] = {}
        self._near: tuple[Address, Address | None, float, Address | None] | None = None

    def near(self) -> Address | None:
        """The backend's first address, if that is known and no connection to the proxy itself."""
        server, near = self._server, self._near
        backend, bound, now = server.backend, server.bound, server.clock.now()
        if near is not None and near[0] is backend and near[1] is bound and near[2] > now:
            return near[3]
        known = self._names.get(backend)
        if known is None or known[0] <= now:
            if not is_numeric(backend.host):
                return None
            known = math.inf, (backend,)
        first = known[1][0]
        found = None if bound is not None and first.leads_to(bound) else first
        self._near = backend, bound, known[0], found
        return found

    def dial_at_once(self, conn: Connection) -> Port | None:
        """A backend that is on this machine and may be spoken to as it is; None: it takes time, or fails."""
        address = self.near() if conn.tls.reaches_plainly else None
        if address is None:
            return None
        return self._server.network.connect_at_once(address, self._server.counters.backend)

    async def dial(self, conn: Connection) -> None:
        """Connect one connection to the backend as the spec names it now, or tell it why not."""
        backend = self._server.backend
        try:
            port = await conn.tls.reach(await self.connect())
        except TlsError as error:
            conn.endings.tls_failed("backend", str(error))
        except OSError as error:
            conn.endings.dial_failed(*refusal(error, str(backend)))
        else:
            conn.dialed(port)

    async def connect(self) -> Port:
        """A port of its own to the backend as the spec names it now.

        Raises:
            OSError: there is none in time.
        """
        async with asyncio.timeout(self._server.spec.connect_timeout):
            return await self._connect(self._server.backend)

    async def _connect(self, backend: Address) -> Port:
        failed: OSError | None = None
        for address in await self._resolve(backend):
            if self._server.bound is not None and address.leads_to(self._server.bound):
                raise OSError(errno.ELOOP, "it is the proxy itself")
            try:
                return await self._server.network.connect(address, self._server.counters.backend)
            except OSError as error:
                failed = error
        raise failed or OSError(f"no address for {backend}")

    async def _resolve(self, backend: Address) -> Sequence[Address]:
        now = self._server.clock.now()
        known = self._names.get(backend)
        if known is not None and known[0] > now:
            return known[1]
        found = await self._server.network.resolve(backend)
        self._names = {backend: (now + REMEMBER_S, found)}
        return found
