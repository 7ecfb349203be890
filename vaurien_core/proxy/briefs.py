"""The short connections of one proxy (`brief`): which of those that come may be one, and all that are."""

from __future__ import annotations

from socket import SocketType
from typing import TYPE_CHECKING

from vaurien_core.addresses import Address
from vaurien_core.protocols.tcp import Tcp
from vaurien_core.proxy.brief import Brief
from vaurien_core.proxy.sockets import Nearby, connected_at_once, nearby
from vaurien_core.proxy.watch import NEWS, Watch

if TYPE_CHECKING:
    from vaurien_core.proxy.server import ProxyServer


class Briefs:
    """See the module. Owned by the proxy's server.

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
        self._address: Address | None = None
        self._near: Nearby | None = None

    def begin(self, watch: Watch, client: SocketType, name: object) -> bool:
        """Take a client that was just accepted, if it may be a short connection and the backend accepts at once."""
        server = self.server
        if server.spec is not self._settings:
            self._settings, self._suits = server.spec, self._judged()
        if not self._suits or not server.plan.idle or server.journal.everything or server.rack.in_force:
            return False
        address = server.dialer.near()
        if address is not self._address:
            self._address, self._near = address, None if address is None else nearby(address)
        backend = connected_at_once(self._near) if self._near is not None else None
        if backend is None:
            return False
        brief = Brief(self, watch, client, backend, name, self.counters.opened())
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
