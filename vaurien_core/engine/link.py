"""The HTTP link to a control API: answers as values or errors, and the event stream as an iterator.

Used by `RemoteEngine` alone, which owns the session.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from vaurien_core.errors import ConflictError, EngineLostError, UsageError, VaurienError
from vaurien_core.model.events import Event
from vaurien_core.model.wire import event_from_json

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")
_CONNECT_WITHIN_S = 5.0
_TURN_S = 0.008


class EventLines:
    """The events of one stream, in order; ends when the server ends it.

    However many lines came at once, the loop has its turn after 8 ms of reading them.

    Args:
        session: which asks; not closed here.
        url: of the stream.
        silence_s: seconds without a line (there are heartbeats) after which the link is dead.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, silence_s: float) -> None:
        self._session, self._url, self._silence_s = session, url, silence_s
        self._response: aiohttp.ClientResponse | None = None
        self._lines: deque[bytes] = deque()
        self._rest = b""
        self._began = 0.0
        """Monotonic seconds: since when lines are read without a pause."""

    def __aiter__(self) -> EventLines:
        return self

    async def __anext__(self) -> Event:
        """The next event.

        Raises:
            EngineLostError: the link broke. UsageError: the engine refuses, or sends what is no event.
        """
        import aiohttp

        while True:
            while self._lines:
                if time.monotonic() - self._began > _TURN_S:
                    await asyncio.sleep(0)
                    self._began = time.monotonic()
                line = self._lines.popleft()
                if line and (event := event_from_json(json.loads(line))):
                    return event
            try:
                chunk = await self._read()
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                raise EngineLostError(reason_of(error)) from None
            if not chunk:
                raise StopAsyncIteration
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            self._lines.extend(lines)
            self._began = time.monotonic()

    def close(self) -> None:
        """Close the connection: a reader that waits gets `EngineLostError`; idempotent."""
        if self._response is not None:
            self._response.close()

    async def _read(self) -> bytes:
        import aiohttp

        if self._response is None:
            timeout = aiohttp.ClientTimeout(total=None, connect=_CONNECT_WITHIN_S, sock_read=self._silence_s)
            response = await self._session.get(self._url, timeout=timeout)
            if response.status != 200:
                async with response:
                    answer_of(response.status, await response.read())
                    raise UsageError(f"the event stream answers with status {response.status}.")
            self._response = response
        return await self._response.content.readany()


def reason_of(error: BaseException) -> str:
    """Why a call failed, as a phrase."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    cause = getattr(error, "os_error", error)
    number = getattr(cause, "errno", None)
    return os.strerror(number) if isinstance(number, int) and number > 0 else str(error) or type(error).__name__


def field_of(answer: Any, key: str, kind: type[T]) -> T:
    """One value of an answer.

    Raises:
        EngineLostError: it has another shape, so it is not our API.
    """
    value = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(value, kind):
        raise EngineLostError(f'What answers there is not a Vaurien engine (no "{key}").')
    return value


def answer_of(status: int, raw: bytes) -> Any:
    """The JSON of an answer, or the error that it stands for.

    Raises:
        ConflictError: 409. EngineLostError: 503 and what is not our API. UsageError: other 4xx. VaurienError: 5xx.
    """
    try:
        data = json.loads(raw)
    except ValueError:
        raise EngineLostError(f"What answers there is not a Vaurien engine (status {status}).") from None
    if status < 300:
        return data
    sentence = str(data.get("error", f"status {status}")) if isinstance(data, dict) else f"status {status}"
    if status == 409:
        raise ConflictError(sentence, data.get("revision", 0), data.get("paths", ()), data.get("author", ""))
    if status == 503:
        raise EngineLostError(sentence)
    if status < 500:
        raise UsageError(sentence)
    raise VaurienError(sentence)
