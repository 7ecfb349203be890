"""How one connection begins: whether its client begins with TLS, and what is put in front of its ports therefore."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from vaurien_core.protocols.tls import HANDSHAKE, REASON, PassedTls
from vaurien_core.proxy.port import Port
from vaurien_core.proxy.seams import TimerHandle
from vaurien_core.proxy.tls.negotiating import NegotiatingPort
from vaurien_core.proxy.tls.port import TlsPort
from vaurien_core.proxy.tls.sentences import TlsError
from vaurien_core.proxy.tls.settings import TlsSettings

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection

SILENCE_S = 0.4
"""A client that has said nothing for so long waits for a greeting."""


class Approach:
    """Made with the connection, which owns it.

    Attributes:
        settings: those that the connection began with.
        passed: the client began with TLS, and is passed through.
        secure: the client's TLS ends here.
    """

    __slots__ = ("_conn", "_entered", "_known", "_timer", "_waiting", "passed", "secure", "settings")

    def __init__(self, conn: Connection, settings: TlsSettings) -> None:
        self._conn, self.settings = conn, settings
        self._entered = True
        self._known = self.passed = self.secure = False
        self._waiting: asyncio.Future[None] | None = None
        self._timer: TimerHandle | None = None

    # -- the client's side

    def front(self, client: Port) -> Port:
        """What the connection takes for its client's port."""
        settings = self.settings
        if settings.ends_at_first_byte:
            self.secure = True
            return settings.accept(client, self._client_failed, None, b"")
        negotiator = settings.negotiator("client")
        if negotiator is None:
            return client
        return NegotiatingPort(
            client, negotiator,
            lambda port, first, stands: settings.accept(port, self._client_failed, stands, first),
            lambda sentence: self._client_failed(TlsError(sentence)), self._conn.server.warn,
        )  # fmt: skip

    def begin(self) -> None:
        """The client's port is read from now on; what may be said to it at once, is."""
        conn = self._conn
        if not self.settings.waits_for_client:
            conn.enter()
        else:
            self._entered = False
            conn.down.sink = None
            self._timer = conn.server.timers.call_at(conn.server.clock.now() + SILENCE_S, self.silent)

    def spoke(self, data: bytes) -> bytes:
        """The client's first bytes; what of them is for the framer."""
        conn, hello = self._conn, data[0] == HANDSHAKE
        if not self._known and hello and not self.secure:
            if self.settings.ends_either_way:
                self._secure(data)
                data = b""
            elif conn.server.protocol.passes_tls:
                self.passed = True
                conn.pass_through(PassedTls, REASON)
        self._settle()
        return data

    def silent(self) -> None:
        """The client waits, or sends nothing at all."""
        self._settle()

    def upgrade(self) -> None:
        """The client was told to begin TLS."""
        if self._conn.client is not None and not self._conn.endings.over:
            self._secure(b"")

    def _secure(self, first: bytes) -> None:
        conn = self._conn
        assert conn.client is not None
        self.secure = True
        conn.use_client(self.settings.accept(conn.client, self._client_failed, None, first))
        conn.framer.secured()

    def _settle(self) -> None:
        if self._known:
            return
        self._known = True
        conn = self._conn
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
        if not (self._entered or conn.endings.over):
            self._entered = True
            self.cancel()
            conn.down.sink = conn.client
            conn.enter()
            conn.down.pump()

    def cancel(self) -> None:
        """Don't wait for the client any more; idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _client_failed(self, error: TlsError) -> None:
        self._conn.endings.tls_failed("client", str(error))

    # -- the backend's side

    @property
    def reaches_plainly(self) -> bool:
        """Whether the backend's port may be spoken to as it is."""
        settings = self.settings
        return settings.backend not in ("starttls", "on") and not settings.dials_by_client

    async def reach(self, port: Port) -> Port:
        """What the connection takes for its backend's port, once that may be spoken to.

        Raises:
            TlsError: there is no TLS with the backend.
        """
        settings = self.settings
        if settings.backend == "starttls":
            negotiator = settings.negotiator("backend")
            assert negotiator is not None
            return NegotiatingPort(
                port, negotiator, lambda real, _first, stands: settings.originate(real, self.backend_failed, stands),
                lambda sentence: self.backend_failed(TlsError(sentence)), self._conn.server.warn,
            )  # fmt: skip
        if settings.dials_by_client:
            if settings.client != "terminate":
                await self._client_known()
            if self.passed:
                return port
        elif settings.backend != "on":
            return port
        return await originated(settings, port, self.backend_failed)

    async def _client_known(self) -> None:
        """Wait until the client has said something, where it speaks first (http)."""
        if not self._known:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting

    def backend_failed(self, error: TlsError) -> None:
        """TLS with the backend broke."""
        self._conn.endings.tls_failed("backend", str(error))


async def originated(settings: TlsSettings, port: Port, broken: Callable[[TlsError], None]) -> TlsPort:
    """A backend's port with TLS that stands; the port is closed if that fails or is cancelled.

    Args:
        settings: of the proxy.
        port: connected, not started.
        broken: told if TLS breaks after that.

    Raises:
        TlsError: it fails.
    """
    standing: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def failed(error: TlsError) -> None:
        if not standing.done():
            standing.set_exception(error)
        else:
            broken(error)

    def stands() -> None:
        if not standing.done():
            standing.set_result(None)

    secure = settings.originate(port, failed, stands)
    secure.shake()
    try:
        await standing
    except BaseException:
        secure.abort(rst=False)
        raise
    return secure
