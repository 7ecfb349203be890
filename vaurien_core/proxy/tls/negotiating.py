"""A port in front of a side that turns to TLS by the protocol: a negotiator says how, this one does it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from vaurien_core.protocols.negotiation import Act, Deliver, Fail, Negotiator, Secure, Send
from vaurien_core.proxy.port import Port, PortEvents
from vaurien_core.proxy.tls.port import TlsPort

Begin = Callable[[Port, bytes, Callable[[], None]], TlsPort]
"""Makes the TLS in front of a port: bytes that it begins with, and whom to tell once it stands."""


class NegotiatingPort:
    """See the module and `port.Port`."""

    __slots__ = (
        "_begin",
        "_closed",
        "_early",
        "_events",
        "_failed",
        "_loop",
        "_negotiator",
        "_notice",
        "_paused",
        "_port",
        "peer",
    )

    def __init__(
        self,
        real: Port,
        negotiator: Negotiator,
        begin: Begin,
        failed: Callable[[str], None],
        notice: Callable[[str], None],
    ) -> None:
        """Stand in front of `real`, which this port takes over.

        Args:
            real: the port below.
            negotiator: of this side.
            begin: makes TLS.
            failed: told, from the loop, why the negotiation failed; closes.
            notice: journals a sentence.
        """
        self.peer = real.peer
        self._port, self._negotiator, self._begin = real, negotiator, begin
        self._failed, self._notice = failed, notice
        self._loop = asyncio.get_running_loop()
        self._events: PortEvents | None = None
        self._early: list[bytes] = []
        self._paused = True
        self._closed = False

    # -- the port, as the connection uses it

    @property
    def backlog(self) -> int:
        """Bytes that wait for TLS, or that the kernel didn't take."""
        return self._negotiator.held + self._port.backlog

    def start(self, events: PortEvents) -> None:
        """Begin to read."""
        self._events = events
        self._paused = False
        self._port.start(self)

    def pause(self) -> None:
        """Stop reading."""
        self._paused = True
        self._port.pause()

    def resume(self) -> None:
        """Read again."""
        if self._events is None:
            return
        self._paused = False
        if self._early:
            self._loop.call_soon(self._tell_early)
        self._port.resume()

    def send(self, data: bytes) -> int:
        """Send as the negotiation has it."""
        if self._negotiator.settled:
            return self._port.send(data)
        self._do(self._negotiator.sent(data))
        return self.backlog

    def shutdown_write(self) -> None:
        """FIN; what still waits for TLS is given up."""
        self._port.shutdown_write()

    def close(self) -> None:
        """Close."""
        self._end()
        self._port.close()

    def abort(self, *, rst: bool) -> None:
        """Close at once."""
        self._end()
        self._port.abort(rst=rst)

    def keep_alive(self) -> None:
        """TCP keepalive."""
        self._port.keep_alive()

    def gone(self) -> bool:
        """Whether the peer has closed."""
        return self._port.gone()

    def drop(self, share: float) -> None:
        """Lose what the peer sends."""
        self._port.drop(share)

    def dropped(self) -> int:
        """How much of it was lost."""
        return self._port.dropped()

    # -- what the port below tells

    def received(self, data: bytes) -> None:
        """Bytes from the peer."""
        if not self._negotiator.settled:
            self._do(self._negotiator.received(data))
        else:
            self._deliver(data)

    def ended(self) -> None:
        """The peer sends no more."""
        if not self._negotiator.settled:
            self._do(self._negotiator.ended())
        self._tell_early()
        if self._events is not None:
            self._events.ended()

    def drained(self) -> None:
        """The kernel took everything."""
        if self._events is not None and not self._negotiator.held:
            self._events.drained()

    def lost(self, error: OSError | None) -> None:
        """The connection broke."""
        events = self._events
        self._end()
        if events is not None:
            events.lost(error)

    # -- inside

    def _do(self, acts: Sequence[Act]) -> None:
        for act in acts:
            if self._closed:
                return
            if isinstance(act, Deliver):
                self._deliver(act.data)
            elif isinstance(act, Send):
                self._port.send(act.data)
            elif isinstance(act, Secure):
                self._secure(act.first)
            elif isinstance(act, Fail):
                self._loop.call_soon(self._failed, act.sentence)
            else:
                self._notice(act.sentence)

    def _secure(self, first: bytes) -> None:
        self._port = self._begin(self._port, first, self._stands)
        self._port.start(self)
        if self._paused:
            self._port.pause()

    def _stands(self) -> None:
        held = self._negotiator.held
        self._do(self._negotiator.secured())
        if held and not self.backlog and self._events is not None:
            self._events.drained()

    def _deliver(self, data: bytes) -> None:
        if self._early or self._paused or self._events is None:
            self._early.append(data)
        else:
            self._events.received(data)

    def _tell_early(self) -> None:
        while self._early and not self._paused and self._events is not None:
            self._events.received(self._early.pop(0))

    def _end(self) -> None:
        self._closed = True
        self._events = None
        self._early = []
