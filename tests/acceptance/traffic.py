"""A small HTTP backend and a pooled client on asyncio streams, for workloads of thousands of requests."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from tests.support import backends


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        body = b"you asked for " + head.split(b" ", 2)[1]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()


@asynccontextmanager
async def backend() -> AsyncIterator[int]:
    """An HTTP/1.1 backend with keep-alive on a free port."""
    async with backends.backend(_answer) as it:
        yield it.port


class Client:
    """One pooled connection at a time; a broken one is replaced, a request is never repeated."""

    def __init__(self, port: int, patience_s: float) -> None:
        self._port, self._patience_s = port, patience_s
        self._link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> str:
        """The status line's code, or the name of what went wrong."""
        if self._link is None:
            self._link = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._link
        try:
            async with asyncio.timeout(self._patience_s):
                writer.write(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            await self.aclose()
            return type(error).__name__
        if b"connection: close" in head.lower():
            await self.aclose()
        return head.split(b" ", 2)[1].decode()

    async def aclose(self) -> None:
        """Hang up."""
        if self._link is not None:
            writer = self._link[1]
            self._link = None
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def run(port: int, paths: Sequence[str], clients: int, order: int, patience_s: float = 0.5) -> dict[str, str]:
    """Request every path once, in an order shuffled by `order`, over so many clients that start together."""
    todo = list(paths)
    random.Random(order).shuffle(todo)
    results: dict[str, str] = {}
    start = asyncio.Event()

    async def work() -> None:
        client = Client(port, patience_s)
        await start.wait()
        while todo:
            path = todo.pop()
            results[path] = await client.get(path)
        await client.aclose()

    workers = [asyncio.create_task(work()) for _ in range(clients)]
    start.set()
    await asyncio.gather(*workers)
    return results
