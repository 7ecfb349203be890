"""Backends of tests: asyncio servers of which nothing is left when their block ends, however busy the machine is."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_TURNS = 4
"""Turns of the loop from closing a transport to closing its socket, with some to spare."""


class Backend:
    """A listening server. Made and closed by `backend`.

    Attributes:
        heard: what it read, one item per connection.
    """

    def __init__(self, handler: Handler) -> None:
        self.heard: list[bytearray] = []
        self._handler = handler
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    async def listen(self, sock: socket.socket | None) -> None:
        """On this socket, or on a free port."""
        if sock is not None:
            self._server = await asyncio.start_server(self._serve, sock=sock)
        else:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def aclose(self) -> None:
        """Accept no more, break all connections, wait for the handlers."""
        assert self._server is not None
        self._server.close()
        await settled()
        tasks = dict(self._tasks)
        for task, writer in tasks.items():
            writer.transport.abort()
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await settled()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = writer
        heard = bytearray(reader._buffer)  # type: ignore[attr-defined]
        self.heard.append(heard)
        feed = reader.feed_data

        def listen(data: bytes) -> None:
            heard.extend(data)
            feed(data)

        reader.feed_data = listen  # type: ignore[method-assign]
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._handler(reader, writer)
        finally:
            writer.close()
            del self._tasks[task]


@asynccontextmanager
async def backend(handler: Handler, *, sock: socket.socket | None = None) -> AsyncIterator[Backend]:
    """Listen on 127.0.0.1; connections that a handler leaves, or that are open at the end, are closed."""
    it = Backend(handler)
    await it.listen(sock)
    try:
        yield it
    finally:
        await it.aclose()


async def settled() -> None:
    """Wait until what was accepted has its transport, and what was closed has let go of its socket.

    The stock loop accepts in a task of its own: ended before its first step, it leaves the socket open, which a later
    test would be blamed for. A fixed sleep isn't enough on a busy machine, where it may last a single turn.
    """
    while any(getattr(task.get_coro(), "__name__", "") == "_accept_connection2" for task in asyncio.all_tasks()):
        await asyncio.sleep(0)
    for _ in range(_TURNS):
        await asyncio.sleep(0)
