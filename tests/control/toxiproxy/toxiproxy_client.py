"""What the tests of this folder share: a client without manners, and a backend that greets."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from tests.support.backends import backend


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> tuple[int, str]:
        """Status and text of an error, which must agree in header and body."""
        body = self.json
        assert body["status"] == self.status
        assert self.headers["X-Content-Type-Options"] == "nosniff"
        return self.status, body["error"]


class Api:
    """A client without manners of its own: bodies may be any text."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self.url = session, url

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        data = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(method, URL(self.url + path, encoded=True), data=data, headers=sent) as answer:
            return Answer(answer.status, await answer.text(), answer.headers)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@asynccontextmanager
async def serving(greeting: bytes) -> AsyncIterator[str]:
    """The address of a backend that greets and then waits for the client's end."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read()

    async with backend(greet) as running:
        yield running.address
