"""TLS as a port in front of a port: `ssl.SSLObject` between two memory BIOs, so it can begin in the middle of a stream.

The connection above sends and gets plain bytes; the real port below carries records and counts them. Made by the
listener's side for clients whose TLS ends here, and by the dialer for backends that speak TLS.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from vaurien_core.frozen import dataclass
from vaurien_core.proxy.port import Port, PortEvents

READ = 256 * 1024


@dataclass(frozen=True, slots=True)
class Manner:
    """How one side speaks TLS."""

    context: ssl.SSLContext
    server_side: bool
    name: str = ""
    """What the backend is asked for (SNI) and verified by."""
    limit_s: float = 30.0
    """Seconds for the handshake."""


class TlsPort:
    """See the module and `port.Port`. `start` or `shake` begins the handshake; what is sent before its end waits."""

    __slots__ = (
        "_clear", "_ending", "_events", "_failed", "_in", "_limit_s", "_loop", "_out", "_over", "_paused", "_queue",
        "_queued", "_real", "_saw_end", "_shaking", "_ssl", "_standing", "_stands", "_timer", "_told_end", "_touched",
        "peer",
    )  # fmt: skip

    def __init__(
        self,
        real: Port,
        manner: Manner,
        failed: Callable[[Exception | None], None],
        stands: Callable[[], None] | None = None,
        first: bytes = b"",
    ) -> None:
        """Put TLS in front of `real`.

        Args:
            real: the port below; this one takes it over.
            manner: how.
            failed: called once, from the loop, if the handshake or the stream fails: with the error (None: the peer
                closed in the handshake). The alert is sent by then; the caller closes.
            stands: called once when the handshake is done.
            first: bytes that were already read and belong to TLS.
        """
        self.peer = real.peer
        self._real, self._failed, self._stands = real, failed, stands
        self._loop = asyncio.get_running_loop()
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._ssl = manner.context.wrap_bio(
            self._in, self._out, server_side=manner.server_side, server_hostname=manner.name or None
        )
        self._limit_s = manner.limit_s
        self._events: PortEvents | None = None
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._clear: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._touched = bool(first) or not manner.server_side
        self._standing = self._over = self._saw_end = self._told_end = self._ending = self._shaking = False
        self._paused = True
        if first:
            self._in.write(first)

    # -- the port, as the connection uses it

    @property
    def backlog(self) -> int:
        """Bytes that wait for the handshake, and records that the kernel didn't take."""
        return self._queued + self._real.backlog

    def start(self, events: PortEvents) -> None:
        """Begin to read and to tell `events`."""
        self._events = events
        self.shake()
        self.resume()

    def shake(self) -> None:
        """Begin the handshake without anybody to tell what is read."""
        if self._shaking or self._over:
            return
        self._shaking = True
        self._timer = self._loop.call_later(self._limit_s, self._late)
        self._real.start(self)
        self._loop.call_soon(self._advance)

    def pause(self) -> None:
        """Stop reading; a handshake goes on."""
        self._paused = True
        if self._standing:
            self._real.pause()

    def resume(self) -> None:
        """Read again; what has been decrypted is told first, from the loop."""
        if not self._paused or self._events is None:
            return
        self._paused = False
        if self._clear or self._saw_end:
            self._loop.call_soon(self._tell)
        self._real.resume()

    def send(self, data: bytes) -> int:
        """Encrypt and send; before the handshake is done, wait for it."""
        if self._over:
            return 0
        if not self._standing:
            self._queue.append(data)
            self._queued += len(data)
        else:
            self._write(data)
        return self.backlog

    def shutdown_write(self) -> None:
        """close_notify and FIN, after what waits."""
        if self._ending:
            return
        self._ending = True
        if self._over:
            self._real.shutdown_write()
        elif self._standing:
            self._say_end()

    def close(self) -> None:
        """close_notify where it can still be sent, then close."""
        if self._standing and not self._ending and not self._over and not self._real.backlog:
            self._ending = True
            self._notify()
        self._end()
        self._real.close()

    def abort(self, *, rst: bool) -> None:
        """Close at once."""
        self._end()
        self._real.abort(rst=rst)

    def keep_alive(self) -> None:
        """TCP keepalive."""
        self._real.keep_alive()

    def gone(self) -> bool:
        """Whether the peer has closed."""
        return self._real.gone()

    def drop(self, share: float) -> None:
        """Lose what the peer sends."""
        self._real.drop(share)

    def dropped(self) -> int:
        """How much of it was lost."""
        return self._real.dropped()

    # -- what the real port tells

    def received(self, data: bytes) -> None:
        """Records."""
        if self._over:
            return
        self._touched = True
        self._in.write(data)
        self._advance()

    def ended(self) -> None:
        """FIN, with or without close_notify before it."""
        if self._over:
            if self._events is not None:
                self._events.ended()
        elif not self._standing and self._touched:
            self._fail(None)
        else:
            self._see_end()

    def drained(self) -> None:
        """The kernel took everything."""
        if self._events is not None and not self._queued:
            self._events.drained()

    def lost(self, error: OSError | None) -> None:
        """The connection broke."""
        events, over = self._events, self._over
        broke_handshake = not self._standing and self._touched and not over
        self._end()
        if broke_handshake:
            self._loop.call_soon(self._failed, error)
        elif events is not None:
            events.lost(error)

    # -- inside

    def _advance(self) -> None:
        """Take the handshake and the stream as far as what has been read allows."""
        if self._over:
            return
        try:
            if not self._standing and not self._shake_on():
                return
            self._decrypt()
        except ssl.SSLError as error:
            self._fail(error)
            return
        self._tell()

    def _shake_on(self) -> bool:
        try:
            self._ssl.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        self._flush()
        self._standing = True
        self._stop_timer()
        if self._paused:
            self._real.pause()
        if self._stands is not None:
            self._stands()
        queue, waited = self._queue, self._queued
        self._queue, self._queued = deque(), 0
        for data in queue:
            self._write(data)
        if self._ending and not self._over:
            self._say_end()
        if waited and not self._real.backlog and self._events is not None:
            self._events.drained()
        return not self._over

    def _decrypt(self) -> None:
        """Everything that can be read now: SSL_shutdown would lose it otherwise."""
        while not self._saw_end:
            try:
                data = self._ssl.read(READ)
            except ssl.SSLWantReadError:
                break
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                data = b""
            if data:
                self._clear.append(data)
            else:
                self._saw_end = True
        self._flush()

    def _see_end(self) -> None:
        self._saw_end = True
        self._tell()

    def _tell(self) -> None:
        if self._paused or self._events is None or self._over:
            return
        if self._clear:
            data = self._clear[0] if len(self._clear) == 1 else b"".join(self._clear)
            self._clear = []
            self._events.received(data)
        if self._saw_end and not self._told_end and not self._paused and not self._clear and self._events is not None:
            self._told_end = True
            self._events.ended()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._ssl.write(view) :]
        except ssl.SSLError as error:
            self._fail(error)
            return
        self._flush()

    def _flush(self) -> None:
        if self._out.pending:
            self._real.send(self._out.read())

    def _say_end(self) -> None:
        try:
            self._decrypt()
        except ssl.SSLError as error:
            self._fail(error)
            return
        self._notify()
        self._real.shutdown_write()
        if self._clear or self._saw_end:
            self._loop.call_soon(self._tell)

    def _notify(self) -> None:
        """Send close_notify; the peer's is not waited for."""
        with suppress(ssl.SSLError, OSError):
            self._ssl.unwrap()
        self._flush()

    def _late(self) -> None:
        self._timer = None
        self._fail(TimeoutError(f"it was not done within {self._limit_s:g} s"))

    def _fail(self, error: Exception | None) -> None:
        """Tell the peer by its alert, and the owner."""
        if not self._over:
            self._flush()
            self._end(keep_events=True)
            self._real.resume()
            self._loop.call_soon(self._failed, error)

    def _end(self, *, keep_events: bool = False) -> None:
        self._over = True
        self._stop_timer()
        self._queue.clear()
        self._queued = 0
        self._clear = []
        if not keep_events:
            self._events = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
