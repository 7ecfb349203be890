"""The demo's client: keep-alive connections that ask a proxy at a steady rate, and put up with every fault.

Owned by the engine that started it. A request that isn't answered within `PATIENCE_S` is given up and its
connection closed, so a hang costs one connection for that long. What no connection is free for is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from vaurien_core.addresses import Address
from vaurien_core.engine.demo.backend import PAGES
from vaurien_core.engine.loops import Tasks

CONNECTIONS = 8
PATIENCE_S = 3.0
_RETRY_S = 0.25
_PATHS = (*PAGES, "/items", "/search?q=chaos", "/", "/nowhere", "/cart", "/items/7")


class DemoClient:
    """Requests against one proxy.

    Args:
        target: gives the address to connect to, asked at every connect; "" while there is none.
        rate: requests a second, 0.1..10,000.
    """

    def __init__(self, target: Callable[[], str], rate: float) -> None:
        self._target = target
        self._interval_s = 1 / min(max(rate, 0.1), 10_000.0)
        self._due: asyncio.Queue[str] = asyncio.Queue(maxsize=CONNECTIONS)
        self._tasks = Tasks("demo client")
        self.answered = 0
        self.failed = 0

    def start(self) -> None:
        """Begin asking."""
        self._tasks.spawn(self._tick(), "clock")
        for number in range(CONNECTIONS):
            self._tasks.spawn(self._connection(), f"connection {number + 1}")

    async def aclose(self) -> None:
        """Stop asking and close every connection."""
        await self._tasks.aclose()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due, count = loop.time(), 0
        while True:
            while due <= loop.time():
                if not self._due.full():
                    self._due.put_nowait(_PATHS[count % len(_PATHS)])
                count += 1
                due = max(due + self._interval_s, loop.time() - 0.1)
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _connection(self) -> None:
        while True:
            path = await self._due.get()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    reader, writer = await self._open()
            except (OSError, TimeoutError):
                self.failed += 1
                await asyncio.sleep(_RETRY_S)
                continue
            try:
                while await self._ask(reader, writer, path):
                    path = await self._due.get()
            finally:
                writer.close()
                with suppress(OSError, TimeoutError):
                    async with asyncio.timeout(0.5):
                        await writer.wait_closed()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        target = self._target()
        if not target:
            raise ConnectionRefusedError
        address = Address.parse(target)
        if address.is_unix:
            return await asyncio.open_unix_connection(address.path)
        return await asyncio.open_connection(address.host, address.port)

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bool:
        """One request and its answer; False if the connection is of no further use."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                writer.write(f"GET {path} HTTP/1.1\r\nHost: demo\r\nUser-Agent: vaurien-demo\r\n\r\n".encode())
                await writer.drain()
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                _, marked, value = head.partition("content-length:")
                length = value.partition("\r\n")[0].strip()
                if not marked or not length.isdigit():
                    return False
                await reader.readexactly(int(length))
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.failed += 1
            return False
        self.answered += 1
        return "connection: close" not in head
