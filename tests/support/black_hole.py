"""A relay on loopback that can swallow what passes (nothing is closed, nothing arrives), and be cut."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Self


class BlackHole:
    """Forwards `port` to `to`, on a thread of its own, until `swallow`; `cut` resets all and forwards anew."""

    def __init__(self, to: int) -> None:
        self._to, self.port = to, 0
        self._passing = True
        self._pumps: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="black hole")

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)
        return self

    def __exit__(self, *exc: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def swallow(self) -> None:
        """From now on nothing arrives, on connections that are open and on new ones."""
        self._passing = False

    def cut(self) -> None:
        """Reset every connection; new ones are forwarded."""
        self._passing = True
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(5)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pumps.add(task)
        there = None
        try:
            back, there = await asyncio.open_connection("127.0.0.1", self._to)
            await asyncio.gather(self._pump(reader, there), self._pump(back, writer))
        except (OSError, asyncio.CancelledError):
            return
        finally:
            self._pumps.discard(task)
            for each in (writer, there):
                if each is not None:
                    each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self._passing:
                writer.write(data)
        with suppress(OSError):
            writer.write_eof()

    async def _cut(self) -> None:
        for pump in list(self._pumps):
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _close(self) -> None:
        self._server.close()
        await self._cut()
