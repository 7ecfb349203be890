"""`GET /v3/events`: the engine's events as one JSON object per line, and what happens to a reader that is too slow.

Kinds: `state`, `entry`, `change`, `sample`, `gap`, `lost` (see `model.wire`) and `heartbeat`, which comes when nothing
else did for a second, so that a silent link is told from a dead one.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import aclosing, suppress

from aiohttp import web

from vaurien_core.control.answers import error_answer, whole_of
from vaurien_core.engine.base import Engine
from vaurien_core.errors import VaurienError
from vaurien_core.model.events import Event, Gap, Lost
from vaurien_core.model.wire import event_to_json

LAG_LIMIT = 2**20
"""Bytes that wait for one reader; beyond that they are dropped and a gap tells how many events."""
STALL_S = 1.0
"""A reader that takes nothing for so long is not waited for any more."""
HEARTBEAT_S = 1.0
_HEARTBEAT = b'{"kind":"heartbeat"}\n'


class Backlog:
    """The lines that wait for one reader, bounded. Belongs to one stream.

    After a gap comes the engine's state, as a change of it may be among what was dropped.
    """

    def __init__(self, limit: int = LAG_LIMIT) -> None:
        self._limit = limit
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._dropped = 0
        self._ended = False
        self._ready = asyncio.Event()
        self._taken = asyncio.Event()
        self._stalled = False

    async def room(self) -> None:
        """Wait for the reader while half the limit is used, but no longer than a second: then it lags.

        So a journal of any length reaches a reader that keeps reading, and one that doesn't holds up nothing.
        """
        if self._size <= self._limit // 2 or self._stalled:
            return
        self._taken.clear()
        try:
            async with asyncio.timeout(STALL_S):
                await self._taken.wait()
        except TimeoutError:
            self._stalled = True

    def put(self, event: Event) -> None:
        """Add an event; drops everything that waits if it would be too much."""
        line = encode(event)
        if self._size + len(line) > self._limit:
            self._dropped += len(self._lines) + 1
            self._lines.clear()
            self._size = 0
        else:
            self._lines.append(line)
            self._size += len(line)
        self._ready.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._ready.set()

    async def take(self) -> tuple[int, bytes] | None:
        """(events dropped before these lines, all lines that wait); None at the end."""
        await self._ready.wait()
        self._ready.clear()
        if self._ended:
            self._ready.set()
            if not (self._lines or self._dropped):
                return None
        dropped, lines = self._dropped, b"".join(self._lines)
        self._lines.clear()
        self._size = self._dropped = 0
        self._stalled = False
        self._taken.set()
        return dropped, lines


class EventStreams:
    """All open event streams of a control server, which owns it and ends them with `aclose`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: set[asyncio.Task[None]] = set()
        self._closed = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Stream until the reader or the server goes."""
        try:
            since = whole_of(request.query.get("since"), "since", 0, 2**62)
            if self._closed:
                raise VaurienError("The engine is closing.")
        except VaurienError as error:
            return error_answer(error, request.path)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
        await response.prepare(request)
        backlog = Backlog()
        pump = asyncio.create_task(self._pump(backlog, since), name="control events")
        self._open.add(pump)
        try:
            await self._write(response, backlog)
        except ConnectionError:
            pass
        finally:
            self._open.discard(pump)
            pump.cancel()
            with suppress(asyncio.CancelledError):
                await pump
        return response

    async def _pump(self, backlog: Backlog, since: int) -> None:
        try:
            async with aclosing(self._engine.events(since)) as events:  # type: ignore[type-var]
                async for event in events:
                    await backlog.room()
                    backlog.put(event)
        except VaurienError as error:
            backlog.put(Lost(str(error)))
        finally:
            backlog.end()

    async def _write(self, response: web.StreamResponse, backlog: Backlog) -> None:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    taken = await backlog.take()
            except TimeoutError:
                await response.write(_HEARTBEAT)
                continue
            if taken is None:
                return
            dropped, lines = taken
            if dropped:
                lines = encode(Gap(dropped)) + encode(await self._engine.state()) + lines
            await response.write(lines)

    async def aclose(self) -> None:
        """End every stream; idempotent."""
        self._closed = True
        for pump in tuple(self._open):
            pump.cancel()
        await asyncio.sleep(0)


def encode(event: Event) -> bytes:
    """One line of the stream."""
    return json.dumps(event_to_json(event), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
