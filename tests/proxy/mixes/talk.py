"""One conversation through the proxy, known beforehand byte by byte; its two ends note what they heard.

The backend finds the talk by its number, with which the client begins.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tests.proxy.lab import reset

HEAD = b"POST /%08d"
"""Every talk begins so, as HTTP or not."""
NARROW = 48 * 1024
"""Bytes that a socket holds on the side of who is slow."""
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(eq=False)
class Talk:
    """See the module.

    Attributes:
        up: what the client sends.
        down: what the backend sends.
        end: `fin`: each half-closes behind what it sends. `client` or `backend`: that one resets at the end.
        settled: who resets waits until all has arrived everywhere.
        slow: who reads slowly.
        asks: sizes of (request, answer); none: both sides send at once.
        pipelined: the client doesn't wait for answers.
        serving: the backend's side is not over.
    """

    number: int
    up: bytes
    down: bytes
    dice: random.Random
    end: str = "fin"
    settled: bool = True
    slow: frozenset[str] = frozenset()
    asks: tuple[tuple[int, int], ...] = ()
    pipelined: bool = False
    heard_up: bytearray = field(default_factory=bytearray)
    heard_down: bytearray = field(default_factory=bytearray)
    all_heard: asyncio.Event = field(default_factory=asyncio.Event)
    serving: bool = False

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The client's side."""
        self._narrow("client", writer)
        waits = bool(self.asks) and not self.pipelined
        await self._talk(self._ask(reader, writer) if waits else self._both_ways("client", reader, writer, self.up))
        if self.end == "fin":
            writer.close()
        else:
            writer.transport.abort()  # the stock loop fails where one comes after the other

    async def backend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The backend's side."""
        self.serving = True
        self._narrow("backend", writer)
        talk = self._answer(reader, writer) if self.asks else self._both_ways("backend", reader, writer, self.down)
        try:
            await self._talk(talk)
        finally:
            writer.close()
            self.serving = False

    def hear(self, who: str, data: bytes) -> None:
        """Bytes came to this side."""
        (self.heard_down if who == "client" else self.heard_up).extend(data)
        if len(self.heard_up) >= len(self.up) and len(self.heard_down) >= len(self.down):
            self.all_heard.set()

    async def _talk(self, talk: Awaitable[None]) -> None:
        try:
            await talk
        except* (ConnectionError, RuntimeError):  # uvloop's reader resumes a transport that is closed
            if self.end == "fin":
                raise

    def _narrow(self, who: str, writer: asyncio.StreamWriter) -> None:
        """The kernel keeps little for who is slow."""
        if who in self.slow:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)

    async def _both_ways(
        self, who: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes
    ) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(who, reader))
            await self._send(writer, data)
            await self._end(who, writer)

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        """In parts of many sizes, some with a pause behind; the kernel has all of it at the end."""
        writer.transport.set_write_buffer_limits(0)
        at = 0
        while at < len(data):
            part = self.dice.choice((1, 700, 20_000, 200_000, 200_000, 900_000))
            writer.write(data[at : at + part])
            at += part
            await writer.drain()
            if self.dice.random() < 0.3:
                await asyncio.sleep(self.dice.random() * 0.004)

    async def _listen(self, who: str, reader: asyncio.StreamReader) -> None:
        """Until the end; who is slow lets it pile up first, and again and again."""
        slow = who in self.slow
        if slow:
            await asyncio.sleep(self.dice.random() * 0.1)
        while data := await reader.read(200_000):
            self.hear(who, data)
            if slow and self.dice.random() < 0.3:
                await asyncio.sleep(self.dice.random() * 0.02)

    async def _hear_up_to(self, who: str, reader: asyncio.StreamReader, size: int) -> None:
        heard = self.heard_down if who == "client" else self.heard_up
        while len(heard) < size:
            data = await reader.read(min(300_000, size - len(heard)))
            if not data:
                raise ConnectionResetError(f"{who} of talk {self.number}: an end after {len(heard)} of {size}")
            self.hear(who, data)

    async def _end(self, who: str, writer: asyncio.StreamWriter) -> None:
        if self.end not in ("fin", who):
            return
        if self.end == who and self.settled:
            await self.all_heard.wait()
        if self.dice.random() < 0.5:
            await asyncio.sleep(self.dice.random() * 0.03)
        if self.end == "fin":
            writer.write_eof()
        else:
            reset(writer)

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = heard = 0
        for ask, answer in self.asks:
            await self._send(writer, self.up[asked : asked + ask])
            asked, heard = asked + ask, heard + answer
            await self._hear_up_to("client", reader, heard)
        await self._end("client", writer)
        await self._listen("client", reader)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = said = 0
        for ask, answer in self.asks:
            heard += ask
            await self._hear_up_to("backend", reader, heard)
            await self._send(writer, self.down[said : said + answer])
            said += answer
        if self.end == "backend":
            await self._end("backend", writer)
        await self._listen("backend", reader)


def backend_of(talks: Mapping[int, Talk]) -> Handler:
    """The handler of a server that is the backend of all these talks."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(len(HEAD % 0))
        talk = talks[int(first[-8:])]
        talk.hear("backend", first)
        await talk.backend(reader, writer)

    return handler
