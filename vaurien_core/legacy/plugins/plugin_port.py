"""A client's port with an old-style protocol in front: the connection sees what `_handle` makes of the bytes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from vaurien_core.legacy.plugins.calls import CallFramer
from vaurien_core.legacy.plugins.pair import LoopEnd
from vaurien_core.legacy.plugins.serving import Serving
from vaurien_core.legacy.plugins.threads import Slots, Worker

LIMIT = 2**20
"""Bytes that may wait for the plugin or the client before reading stops."""


class PluginPort:
    """The client's port as the connection sees it, with the plugin's thread in front of the real one.

    Made on the loop when a client was accepted; closed by the connection, and then closes real port, pairs and thread.
    """

    def __init__(
        self,
        real: Any,  # a `proxy.port.Port`, which this layer may not name
        plugin: Any,  # the plugin's own type
        slots: Slots,
        notice: Callable[[str], None],
    ) -> None:
        """The caller has taken a slot."""
        self.peer = real.peer
        self._real, self._framer, self._notice = real, CallFramer(), notice
        self._loop = asyncio.get_running_loop()
        self._events: Any = None  # a `proxy.port.PortEvents`
        self._closed = False
        self._client = LoopEnd(
            self._loop, received=self._say_to_client, ended=real.shutdown_write, drained=self._plugin_reads
        )
        self._server = LoopEnd(
            self._loop,
            received=lambda data: self._events.received(data),
            ended=lambda: self._events.ended(),
            drained=lambda: self._events.drained(),
        )
        self._server.pause()
        self._worker = Worker(f"vaurien {plugin.name}", slots)
        self._thread = Serving(plugin, self._client.theirs, self._server.theirs, self._call_begins)

    def framer(self) -> CallFramer:
        """A framer for a new backend connection; calls are counted in the newest."""
        self._framer = CallFramer()
        return self._framer

    # -- the port, as the connection uses it

    @property
    def backlog(self) -> int:
        """Bytes that the plugin has not taken yet."""
        return self._server.backlog

    def start(self, events: Any) -> None:
        """Begin to read and to tell `events`."""
        fresh = self._events is None
        self._events = events
        self._real.start(self)
        self._server.resume()
        if fresh:
            self._worker.post(self._run)

    def pause(self) -> None:
        """Stop taking what the plugin sends to the backend."""
        self._server.pause()

    def resume(self) -> None:
        """Take it again."""
        self._server.resume()

    def send(self, data: bytes) -> int:
        """Let the plugin handle bytes of the backend."""
        return self._server.send(data)

    def shutdown_write(self) -> None:
        """The backend sends no more."""
        self._server.shutdown_write()

    def close(self) -> None:
        """Close all."""
        self._real.close()
        self._end()

    def abort(self, *, rst: bool) -> None:
        """Close all at once."""
        self._real.abort(rst=rst)
        self._end()

    def keep_alive(self) -> None:
        """Switch TCP keepalive on."""
        self._real.keep_alive()

    def gone(self) -> bool:
        """Whether the client has closed."""
        return bool(self._real.gone())

    def drop(self, share: float) -> None:
        """Lose what the client sends."""
        self._real.drop(share)

    def dropped(self) -> int:
        """How much of it was lost."""
        return int(self._real.dropped())

    # -- what the real port tells

    def received(self, data: bytes) -> None:
        """Bytes of the client, for the plugin."""
        if self._client.send(data) > LIMIT:
            self._real.pause()

    def ended(self) -> None:
        """The client sends no more."""
        self._client.shutdown_write()

    def drained(self) -> None:
        """The client took everything."""
        self._client.resume()

    def lost(self, error: OSError | None) -> None:
        """The client is gone."""
        self._end()
        self._events.lost(error)

    # -- between loop and thread

    def _plugin_reads(self) -> None:
        self._real.resume()

    def _say_to_client(self, data: bytes) -> None:
        if self._real.send(data) > LIMIT:
            self._client.pause()

    def _call_begins(self, ready: threading.Event) -> None:
        """In the thread: what was sent by calls before is accounted for before the next one begins."""

        def mark() -> None:
            self._server.read_now()
            self._framer.next_call()
            ready.set()

        self._loop.call_soon_threadsafe(mark)

    def _run(self) -> None:
        try:
            self._thread.serve()
        except Exception as error:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._failed, error)

    def _failed(self, error: Exception) -> None:
        if not self._closed:
            self._notice(f"The protocol plugin failed, its connection is closed: {error!r}")

    def _end(self) -> None:
        if not self._closed:
            self._closed = True
            self._thread.stop()
            self._client.close()
            self._server.close()
            self._worker.close()
