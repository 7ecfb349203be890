"""What runs in the thread of an old-style protocol's connection."""

from __future__ import annotations

import inspect
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

PEEK = 65536
IDLE_S = 0.01
"""How long is waited after a call that read nothing of what there is."""


class Serving:
    """What runs in the thread: `_handle` whenever a side is readable, until both have ended or it says False."""

    def __init__(
        self, plugin: Any, client: socket.socket, server: socket.socket, begins: Callable[[threading.Event], None]
    ) -> None:
        self._plugin, self._client, self._server, self._begins = plugin, client, server, begins
        self._four = _takes_four(plugin._handle)
        self._stopped = False

    def stop(self) -> None:
        """Called on the loop: make no more calls."""
        self._stopped = True

    def serve(self) -> None:
        """Blocks; closes the plugin's ends when done."""
        try:
            with selectors.DefaultSelector() as selector:
                for end in (self._client, self._server):
                    selector.register(end, selectors.EVENT_READ)
                while selector.get_map() and not self._stopped:
                    for key, _ in selector.select():
                        if not self._turn(selector, key.fileobj):
                            return
        except (OSError, ValueError):
            if not self._stopped and self._client.fileno() >= 0 and self._server.fileno() >= 0:
                raise
        finally:
            self._client.close()
            self._server.close()

    def _turn(self, selector: selectors.BaseSelector, source: Any) -> bool:
        """One call; False: close both sides."""
        to_backend = source is self._client
        dest = self._server if to_backend else self._client
        waiting = source.recv(PEEK, socket.MSG_PEEK)
        if to_backend and waiting:
            ready = threading.Event()
            self._begins(ready)
            while not ready.wait(1.0):
                if self._stopped:
                    return False
        args = (source, dest, to_backend, _go_on) if self._four else (source, dest, to_backend)
        result = self._plugin._handle(*args)
        if result is False and waiting:
            return False
        if not waiting:
            selector.unregister(source)
            with suppress(OSError):
                dest.shutdown(socket.SHUT_WR)
        else:
            with suppress(BlockingIOError):
                if source.recv(PEEK, socket.MSG_PEEK | socket.MSG_DONTWAIT) == waiting:
                    time.sleep(IDLE_S)
        return True


def _go_on(*_: object) -> bool:
    return True


def _takes_four(handle: Callable[..., Any]) -> bool:
    parameters = inspect.signature(handle).parameters.values()
    return len(parameters) >= 4 or any(p.kind is p.VAR_POSITIONAL for p in parameters)
