"""The demo's HTTP backend: a few answers of different sizes, some after a few milliseconds.

Owned by the engine that started it; listens on 127.0.0.1, port 0. Callbacks, one small object per connection; at most
`LIMIT` connections and 64 KiB of unread requests each.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from email.utils import formatdate
from typing import cast

from vaurien_core.engine.demo.serving import LIMIT, Listener
from vaurien_core.frozen import dataclass

_HEAD_LIMIT = 65_536


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the demo."""

    status: str
    kind: str
    body: bytes
    wait_s: float


def _items(count: int) -> bytes:
    return json.dumps([{"id": n, "name": f"item {n}", "price": n * 3.5} for n in range(1, count + 1)]).encode()


PAGES: Mapping[str, Page] = {
    "/": Page("200 OK", "text/plain", b"Hello from the demo backend.\n", 0.0005),
    "/items": Page("200 OK", "application/json", _items(40), 0.002),
    "/items/7": Page("200 OK", "application/json", _items(1), 0.001),
    "/search": Page("200 OK", "application/json", _items(12), 0.008),
    "/cart": Page("200 OK", "application/json", b'{"items": 3, "total": 41.5}', 0.004),
    "/picture": Page("200 OK", "image/x-demo", bytes(range(256)) * 96, 0.003),
}
MISSING = Page("404 Not Found", "text/plain", b"No such page.\n", 0.0005)


class WebServer(Listener["_Connection"]):
    """A listening HTTP backend."""

    def __init__(self) -> None:
        super().__init__(_Connection)


class _Connection(asyncio.Protocol):
    """One client: requests are answered in order, each after its page's wait."""

    def __init__(self, connections: set[_Connection]) -> None:
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._skip = 0
        self._queue: deque[tuple[str, str]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, but not by inheritance
        if len(self._connections) >= LIMIT:
            self._transport.abort()
            return
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It left."""
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def close(self) -> None:
        """Close it."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes of requests; bodies (by Content-Length) are skipped."""
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        self._buffer += data
        while not self._skip and (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, self._buffer = self._buffer[:end].decode("latin-1"), self._buffer[end + 4 :]
            method, _, rest = head.partition(" ")
            self._queue.append((method, rest.partition(" ")[0].partition("?")[0]))
            self._skip_body(head)
        if len(self._buffer) > _HEAD_LIMIT or len(self._queue) > 1000:
            self.close()
        self._next()

    def _skip_body(self, head: str) -> None:
        for line in head.split("\r\n")[1:]:
            name, _, value = line.partition(":")
            if name.lower() == "content-length" and value.strip().isdigit():
                length = int(value)
                self._skip = max(0, length - len(self._buffer))
                self._buffer = self._buffer[length:]

    def _next(self) -> None:
        if self._timer is None and self._queue:
            method, path = self._queue.popleft()
            page = PAGES.get(path, MISSING)
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(page.wait_s, self._answer, method, page)

    def _answer(self, method: str, page: Page) -> None:
        self._timer = None
        if self._transport is None or self._transport.is_closing():
            return
        head = (
            f"HTTP/1.1 {page.status}\r\nDate: {formatdate(usegmt=True)}\r\nServer: vaurien-demo\r\n"
            f"Content-Type: {page.kind}\r\nContent-Length: {len(page.body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + (b"" if method == "HEAD" else page.body))
        self._next()
