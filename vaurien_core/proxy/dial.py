"""Reaching the backend: names are resolved without blocking, every address is tried in order, within one time limit."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vaurien_core.addresses import Address
from vaurien_core.proxy.port import Port
from vaurien_core.proxy.sockets import refusal
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

    def dial_at_once(self, conn: Connection) -> Port | None:
        """A backend that is on this machine and may be spoken to as it is; None: it takes time, or fails."""
        server = self._server
        backend = server.backend
        known = self._names.get(backend)
        if known is None or known[0] <= server.clock.now() or not conn.tls.reaches_plainly:
            return None
        if server.bound is not None and known[1][0].leads_to(server.bound):
            return None
        return server.network.connect_at_once(known[1][0], server.counters.backend)

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
