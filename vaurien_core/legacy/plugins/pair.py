"""A socket pair between the loop and a thread: this end belongs to the loop, the other to blocking code."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

READ_SIZE = 65536


class LoopEnd:
    """The loop's end, never blocking; `theirs` is the blocking end. Closed by its owner.

    Attributes:
        theirs: what the plugin gets.
        backlog: bytes given to `send` that the pair has not taken yet.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        received: Callable[[bytes], None],
        ended: Callable[[], None] = lambda: None,
        drained: Callable[[], None] = lambda: None,
    ) -> None:
        self._loop = loop
        self._received, self._ended, self._drained = received, ended, drained
        self._mine, self.theirs = socket.socketpair()
        self._mine.setblocking(False)
        self._out = bytearray()
        self._reading = self._writing = self._shut = self._closed = False
        self.resume()

    @property
    def backlog(self) -> int:
        """See the class."""
        return len(self._out)

    def resume(self) -> None:
        """Read what the plugin writes."""
        if not self._reading and not self._closed:
            self._reading = True
            self._loop.add_reader(self._mine, self._readable)

    def pause(self) -> None:
        """Stop reading."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._mine)

    def send(self, data: bytes) -> int:
        """Let the plugin read this; returns the backlog."""
        if not self._closed:
            self._out += data
            self._write()
        return len(self._out)

    def take_back(self) -> bytes:
        """What was sent but the pair has not taken."""
        rest = bytes(self._out)
        self._out.clear()
        self._watch_writing()
        return rest

    def take_unread(self) -> bytes:
        """What the plugin has not read of what was sent; to be called while no plugin code runs on the pair."""
        unread = bytearray()
        with suppress(OSError, ValueError):
            timeout = self.theirs.gettimeout()
            self.theirs.setblocking(False)
            with suppress(BlockingIOError):
                while data := self.theirs.recv(READ_SIZE):
                    unread += data
            self.theirs.settimeout(timeout)
        return bytes(unread) + self.take_back()

    def read_now(self) -> None:
        """Hand out what the plugin has written up to now."""
        while self._reading and self._readable():
            pass

    def shutdown_write(self) -> None:
        """The plugin's next read behind the backlog gives `b""`."""
        self._shut = True
        self._write()

    def close(self) -> None:
        """Close both ends; a read of the plugin ends with `b""`. Idempotent."""
        if self._closed:
            return
        self.pause()
        self.take_back()
        self._closed = True
        self._mine.close()

    def _readable(self) -> bool:
        try:
            data = self._mine.recv(READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            data = b""
        if data:
            self._received(data)
            return True
        self.pause()
        self._ended()
        return False

    def _write(self) -> None:
        try:
            while self._out:
                del self._out[: self._mine.send(self._out[:READ_SIZE])]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._out.clear()
        if self._shut and not self._out:
            with suppress(OSError):
                self._mine.shutdown(socket.SHUT_WR)
        self._watch_writing()

    def _writable(self) -> None:
        self._write()
        if not self._out:
            self._drained()

    def _watch_writing(self) -> None:
        wanted = bool(self._out) and not self._closed
        if wanted and not self._writing:
            self._loop.add_writer(self._mine, self._writable)
        elif not wanted and self._writing:
            self._loop.remove_writer(self._mine)
        self._writing = wanted
