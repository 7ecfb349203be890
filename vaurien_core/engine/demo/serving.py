"""Listening for the demo's backends: sockets here, what is said in a `Session` per connection.

Owned by the engine that started it; listens on 127.0.0.1, port 0. At most `LIMIT` connections, and what a session
holds is bounded by itself; a client that doesn't read is not read from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar, cast

LIMIT = 200
"""Connections at once; further ones are closed."""
HELD_MAX = 2**20
"""Bytes of an incomplete request that a session holds."""


class Session:
    """One client's conversation: bytes in, bytes out; no waiting. `over` says that the connection is to be closed."""

    def __init__(self) -> None:
        self.over = False

    def begin(self) -> bytes:
        """What the server says first; nothing where the client speaks first."""
        return b""

    def feed(self, data: bytes) -> bytes:
        """Bytes from the client; what is answered."""
        raise NotImplementedError

    def leave(self) -> None:
        """The client is gone."""


class Backend(Protocol):
    """A listening demo backend."""

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT` while it listens, else ""."""
        ...

    async def start(self) -> str:
        """Listen (idempotent); returns the address."""
        ...

    async def aclose(self) -> None:
        """Close the listener and every connection."""
        ...


class Held(Protocol):
    """One client's connection, as its listener holds it."""

    def close(self) -> None:
        """Close it."""
        ...


H = TypeVar("H", bound=Held)


class Listener(Generic[H]):
    """A `Backend`; what is said on a connection is the matter of its protocol.

    Args:
        connect: makes the asyncio protocol of a new client; it adds itself to the set it gets, and leaves it.
    """

    def __init__(self, connect: Callable[[set[H]], asyncio.Protocol]) -> None:
        self._connect = connect
        self._server: asyncio.Server | None = None
        self._connections: set[H] = set()

    @property
    def address(self) -> str:
        """See `Backend`."""
        if self._server is None or not self._server.sockets:
            return ""
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    async def start(self) -> str:
        """See `Backend`."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: self._connect(self._connections), "127.0.0.1", 0)
        return self.address

    async def aclose(self) -> None:
        """See `Backend`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in tuple(self._connections):
            connection.close()
        await asyncio.sleep(0)


class DemoServer(Listener["_Connection"]):
    """A `Backend` whose connections are sessions made by `make`."""

    def __init__(self, make: Callable[[], Session]) -> None:
        super().__init__(lambda connections: _Connection(make(), connections))


class _Connection(asyncio.Protocol):
    def __init__(self, session: Session, connections: set[_Connection]) -> None:
        self._session, self._connections = session, connections
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, but not by inheritance
        if len(self._connections) >= LIMIT:
            self._transport.abort()
            return
        self._connections.add(self)
        self._say(self._session.begin())

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._session.leave()

    def data_received(self, data: bytes) -> None:
        if not self._session.over:
            self._say(self._session.feed(data))

    def pause_writing(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _say(self, data: bytes) -> None:
        assert self._transport is not None
        if data:
            self._transport.write(data)
        if self._session.over:
            self._transport.close()
