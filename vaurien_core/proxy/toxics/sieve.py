"""What the kernel drops of what one stream's sender says, for the toxics that want it dropped (`Toxic.drops`).

Made by a `Chain` when one of its toxics first wants it, and ended by it: with the toxic, the port or the stream.
"""

from __future__ import annotations

from contextlib import suppress

from vaurien_core.proxy.port import Port


class Sieve:
    """A share of what arrives at a port is dropped before the port can read it.

    Attributes:
        share: 0..1.
    """

    __slots__ = ("_before", "_port", "share")

    def __init__(self) -> None:
        self.share = 0.0
        self._port: Port | None = None
        self._before = 0

    def use(self, port: Port | None, share: float) -> None:
        """Drop this share of what arrives there, instead of what was dropped; does nothing if that is so already.

        Raises:
            OSError: the kernel refuses.
        """
        if port is self._port and share == self.share:
            return
        if port is not self._port or not share:
            self.end()
        if port is None or not share:
            return
        before = port.dropped() if self._port is None else self._before
        port.drop(share)
        self._port, self.share, self._before = port, share, before

    def lost(self) -> int:
        """Segments that were dropped since this port is sieved."""
        return self._port.dropped() - self._before if self._port is not None else 0

    def end(self) -> None:
        """Drop no more; idempotent."""
        port, self._port, self.share = self._port, None, 0.0
        if port is not None:
            with suppress(OSError):
                port.drop(0.0)
