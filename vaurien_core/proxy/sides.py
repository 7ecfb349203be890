"""What a connection's two ports tell, translated into what it means for the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


class ClientSide:
    """Tells the connection what happens on the client's port."""

    __slots__ = ("_conn",)

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def received(self, data: bytes) -> None:
        """Bytes from the client."""
        self._conn.client_received(data)

    def ended(self) -> None:
        """The client sends no more."""
        self._conn.client_ended()

    def drained(self) -> None:
        """The client took everything."""
        self._conn.down.pump()
        self._conn.up.throttle()
        self._conn.eased()

    def lost(self, error: OSError | None) -> None:
        """The client is gone."""
        self._conn.endings.client_lost()


class BackendSide:
    """Tells the connection what happens on the backend's port."""

    __slots__ = ("_conn",)

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def received(self, data: bytes) -> None:
        """Bytes from the backend."""
        self._conn.backend_received(data)

    def ended(self) -> None:
        """The backend sends no more."""
        self._conn.backend_ended()

    def drained(self) -> None:
        """The backend took everything."""
        self._conn.up.pump()
        self._conn.eased()

    def lost(self, error: OSError | None) -> None:
        """The backend is gone."""
        self._conn.endings.backend_lost()
