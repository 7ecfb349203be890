"""A probe's connection: plain, or with TLS laid over it. Every wait has its own limit; what breaks reads as the end.

TLS is made of `ssl.MemoryBIO` over the same streams, so that it can begin in the middle (STARTTLS) on any loop.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import suppress


class Wire:
    """Bytes to and from a server. Whoever opened it closes it.

    Attributes:
        ended: the server sends no more.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._back = b""
        self.ended = False

    async def read(self, seconds: float) -> bytes:
        """The first bytes that come within `seconds`, or nothing."""
        if self._back:
            back, self._back = self._back, b""
            return back
        try:
            async with asyncio.timeout(seconds):
                data = await self._reader.read(16_384)
        except TimeoutError:
            return b""
        except OSError:
            data = b""
        self.ended = not data
        return data

    async def read_until(self, end: re.Pattern[bytes], seconds: float, *, most: int = 16_384) -> bytes:
        """Bytes until `end` is found among them, or what came of them within `seconds`."""
        data = b""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not end.search(data) and len(data) < most:
                    part = await self.read(seconds)
                    if not part:
                        break
                    data += part
        return data

    def give_back(self, data: bytes) -> None:
        """Let the next read see these bytes again."""
        self._back = data + self._back

    def write(self, data: bytes) -> None:
        """Send; a break shows when something is read."""
        with suppress(OSError):
            self._writer.write(data)

    async def close(self) -> None:
        """Close, waiting 0.2 s at most."""
        self._writer.close()
        with suppress(OSError):
            await asyncio.wait({asyncio.ensure_future(_closed(self._writer))}, timeout=0.2)


class TlsWire(Wire):
    """TLS over another wire, which it takes over."""

    def __init__(self, plain: Wire, context: ssl.SSLContext, name: str) -> None:
        super().__init__(plain._reader, plain._writer)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name or None)

    @property
    def version(self) -> str:
        """`TLSv1.3`."""
        return self._tls.version() or ""

    async def shake_hands(self, seconds: float) -> None:
        """Do the handshake.

        Raises:
            ssl.SSLError: it failed; SSLCertVerificationError: the certificate isn't trusted.
            TimeoutError, OSError: the server was silent, or gone.
        """
        async with asyncio.timeout(seconds):
            while True:
                try:
                    self._tls.do_handshake()
                except ssl.SSLWantReadError:
                    self._flush()
                    data = await self._reader.read(16_384)
                    if not data:
                        raise ConnectionResetError from None
                    self._in.write(data)
                except ssl.SSLError:
                    self._flush()  # the alert
                    raise
                else:
                    self._flush()
                    return

    async def read(self, seconds: float) -> bytes:
        """See `Wire`."""
        if self._back:
            return await super().read(seconds)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        data = self._tls.read(16_384)
                    except ssl.SSLWantReadError:
                        more = await self._reader.read(16_384)
                        if not more:
                            data = b""
                            break
                        self._in.write(more)
                    else:
                        break
        except TimeoutError:
            return b""
        except OSError:  # ssl.SSLError is one
            data = b""
        self.ended = not data
        return data

    def write(self, data: bytes) -> None:
        """See `Wire`."""
        with suppress(OSError):
            self._tls.write(data)
            self._flush()

    def _flush(self) -> None:
        data = self._out.read()
        if data:
            super().write(data)


async def _closed(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        await writer.wait_closed()
