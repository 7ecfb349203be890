"""The toxics of one proxy: what its spec says, put on every connection, live.

Owned by the `ProxyServer`. Nothing here waits for a peer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaurien_core.model.profile import ProxySpec
from vaurien_core.proxy.toxics.active import ActiveToxic, compile_toxics
from vaurien_core.proxy.toxics.mounted import Mounted, wanted_of
from vaurien_core.registry import Registry

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


class Rack:
    """See the module.

    Raises:
        UsageError: see `compile_toxics`.
    """

    __slots__ = ("_normal", "_toxics")

    def __init__(self, spec: ProxySpec, registry: Registry) -> None:
        self._toxics = compile_toxics(spec, registry)
        self._normal = False

    @property
    def in_force(self) -> tuple[ActiveToxic, ...]:
        """Those that act: none while all-normal holds."""
        return () if self._normal else self._toxics

    @property
    def window(self) -> int:
        """The smallest receive window that a toxic wants clients to meet; 0: none wants any."""
        wanted = [t.behavior.window for t in self.in_force if t.spec.enabled and t.spec.stream != "downstream"]
        return min((size for size in wanted if size), default=0)

    def compiled(self, spec: ProxySpec, registry: Registry) -> tuple[ActiveToxic, ...]:
        """What another spec asks for; nothing changes yet.

        Raises:
            UsageError: see `compile_toxics`.
        """
        return compile_toxics(spec, registry, self._toxics)

    def use(self, toxics: tuple[ActiveToxic, ...], connections: list[Connection]) -> None:
        """Mount these on all connections in the place of what is mounted."""
        if toxics != self._toxics:
            self._toxics = toxics
            self._remount(connections)

    def set_normal(self, normal: bool, connections: list[Connection]) -> None:
        """Suspend all of them, or mount them again.

        What only waited leaves now. Connections whose bytes were lost or altered are reset.
        """
        self._normal = normal
        if normal:
            for conn in connections:
                if conn.toxics is not None and not conn.endings.over:
                    if conn.toxics.altered:
                        conn.endings.reset_both("reset")
                    else:
                        conn.toxics.suspend()
        self._remount(connections)

    def mount(self, conn: Connection) -> None:
        """What meets this connection, if anything."""
        if conn.endings.over:
            return
        toxics = self.in_force
        if conn.toxics is None:
            if not any(wanted_of(conn, toxics, upstream=up) for up in (True, False)):
                return
            conn.toxics = Mounted(conn)
        conn.toxics.use(toxics)

    def _remount(self, connections: list[Connection]) -> None:
        for conn in connections:
            self.mount(conn)
