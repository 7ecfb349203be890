"""MariaDB that greets as MySQL: bytes pass, but for the greeting's version and first capability."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

VERSION = b"8.0.36"


def renamed(greeting: bytes) -> bytes:
    """The same greeting in MySQL's name: CLIENT_LONG_PASSWORD is set, MariaDB's own capabilities are zero."""
    payload = greeting[4:]
    end = payload.index(b"\0", 1)
    rest = bytearray(payload[end:])
    rest[14] |= 1
    rest[28:32] = bytes(4)
    payload = payload[:1] + VERSION + bytes(rest)
    return len(payload).to_bytes(3, "little") + greeting[3:4] + payload


@asynccontextmanager
async def as_mysql(port: int) -> AsyncIterator[int]:
    """The port where it listens."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            head = await up_reader.readexactly(4)
            body = await up_reader.readexactly(int.from_bytes(head[:3], "little"))
            writer.write(renamed(head + body))
            await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))
        finally:
            up_writer.close()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0.05)
