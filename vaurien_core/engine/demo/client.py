"""The demo's client: keep-alive connections that ask a proxy at a steady rate, and put up with every fault.

Owned by the engine that started it. A request that isn't answered within `PATIENCE_S` is given up and its
connection closed, so a hang costs one connection for that long. What no connection is free for is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from vaurien_core.addresses import Address
from vaurien_core.engine.demo.asking import ASKERS, Asker, TcpAsker
from vaurien_core.engine.loops import Tasks

CONNECTIONS = 8
PATIENCE_S = 3.0
_RETRY_S = 0.25
_TROUBLE = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError)


class DemoClient:
    """Requests against one proxy.

    Args:
        target: gives the address to connect to, asked at every connect; "" while there is none.
        rate: requests a second, 0.1..10,000.
        protocol: what is spoken; lines of text for one that the demo doesn't know.
    """

    def __init__(self, target: Callable[[], str], rate: float, protocol: str = "http") -> None:
        self._target = target
        self._make: Callable[[], Asker] = ASKERS.get(protocol, TcpAsker)
        self._interval_s = 1 / min(max(rate, 0.1), 10_000.0)
        self._due: asyncio.Queue[int] = asyncio.Queue(maxsize=CONNECTIONS)
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
                    self._due.put_nowait(count)
                count += 1
                due = max(due + self._interval_s, loop.time() - 0.1)
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _connection(self) -> None:
        while True:
            number, asker = await self._due.get(), self._make()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    reader, writer = await self._open()
            except (OSError, TimeoutError):
                self.failed += 1
                await asyncio.sleep(_RETRY_S)
                continue
            try:
                begun = await self._begun(asker, reader, writer)
                while begun and await self._ask(asker, reader, writer, number):
                    number = await self._due.get()
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

    async def _begun(self, asker: Asker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await asker.begin(reader, writer)
        except _TROUBLE:
            self.failed += 1
            return False
        return True

    async def _ask(self, asker: Asker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        """One request and its answer; False if the connection is of no further use."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                goes_on = await asker.ask(reader, writer, number)
        except _TROUBLE:
            self.failed += 1
            return False
        self.answered += 1
        return goes_on
