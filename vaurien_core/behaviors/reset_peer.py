"""reset_peer: both ends get a reset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vaurien_core.behaviors.base import Behavior
from vaurien_core.behaviors.latency import A_DAY_MS
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.options import OptionSet, opt


@dataclass(frozen=True, slots=True)
class ResetPeerOptions(OptionSet):
    """When."""

    timeout: float = opt(
        0.0, "How long after the first bytes, or the end, the reset comes", unit="ms", minimum=0, maximum=A_DAY_MS
    )


class Resetting(Toxic):
    """An idle connection stays as it is; the first bytes are its end."""

    def received(self, data: bytes) -> None:
        """Swallow it, and reset."""
        self.stream.swallow(len(data))
        self._reset()

    def ended(self) -> None:
        """Reset in the place of an orderly end."""
        self._reset()

    def _reset(self) -> None:
        options = self.options
        assert isinstance(options, ResetPeerOptions)
        self.stream.reset(options.timeout / 1000)


class ResetPeer(Behavior):
    """Breaks the connection the hard way."""

    name: ClassVar[str] = "reset_peer"
    title: ClassVar[str] = "Reset peer"
    summary: ClassVar[str] = "Resets the connection at the first bytes"
    wire: ClassVar[str] = (
        "The first bytes of the stream, or its end, are swallowed; the given time later both sides get RST (SO_LINGER"
        " with 0 s, set when it fires). A connection on which nothing is said stays open."
    )
    group: ClassVar[str] = "Connection"
    mounts: ClassVar[tuple[str, ...]] = ("toxic",)
    Options: ClassVar[type[OptionSet]] = ResetPeerOptions

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Resetting(stream, self.options)
