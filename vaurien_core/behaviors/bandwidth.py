"""bandwidth: a thin wire."""

from __future__ import annotations

import math
from typing import ClassVar

from vaurien_core.behaviors.mixed import MixedFault, stream_option
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.frozen import dataclass
from vaurien_core.options import Kind, OptionSet, opt

QUANTUM_S = 0.02
"""Bytes leave in portions of this many seconds' worth."""
WAITING = 1 << 20
"""Bytes that may wait for their turn before the sender is stopped."""

SHARED_S = 0.1
"""Nobody reserves more of a shared rate than so many seconds."""


@dataclass(frozen=True, slots=True)
class BandwidthOptions(OptionSet):
    """How thin, and whose."""

    rate: float = opt(
        0.0, "Bytes per millisecond (KB/s) that pass; 0: none, until it is changed or removed", kind=Kind.RATE,
        unit="KB/s", minimum=0, maximum=1e9,
    )  # fmt: skip
    shared: bool = opt(False, "All connections of the proxy share the rate; otherwise each has it for itself")
    stream: str = stream_option()


class Shared:
    """What all connections of a proxy share in one direction: when the last byte that was let through has passed."""

    __slots__ = ("free_at",)

    def __init__(self) -> None:
        self.free_at = 0.0


class Thin(Toxic):
    """A token bucket without a burst: each byte takes 1/rate, beginning when the one before it has passed."""

    def __init__(self, stream: Stream, options: OptionSet, behavior: Bandwidth) -> None:
        super().__init__(stream, options)
        self._behavior = behavior
        self._held = 0

    def started(self) -> None:
        """What it held has left."""
        self._held = 0

    def received(self, data: bytes) -> None:
        """Pass it on in portions, each when the rate allows."""
        options, stream = self.options, self.stream
        assert isinstance(options, BandwidthOptions)
        rate = options.rate * 1000
        if not rate:
            self._held += len(data)
            stream.pass_on(data, math.inf)
            return
        portion = max(1, int(rate * QUANTUM_S))
        now = stream.now()
        free_at = max(now, stream.leaves())
        bucket = self._behavior.bucket(upstream=stream.upstream) if options.shared else None
        if bucket is not None:
            free_at = max(free_at, bucket.free_at)
        for start in range(0, len(data), portion):
            part = data[start : start + portion]
            free_at += len(part) / rate
            stream.pass_on(part, free_at - now)
        if bucket is not None:
            bucket.free_at = free_at

    def relief(self) -> float:
        """The sender is stopped while 1 MiB waits, until half of it has passed."""
        options = self.options
        assert isinstance(options, BandwidthOptions)
        if not options.rate:
            return math.inf if self._held >= WAITING else 0.0
        bound = WAITING / (options.rate * 1000)
        if options.shared:
            bound = min(bound, SHARED_S)
        waiting = self.stream.waiting()
        return waiting - bound / 2 if waiting >= bound else 0.0


class Bandwidth(MixedFault):
    """Limits how much passes in a time."""

    name: ClassVar[str] = "bandwidth"
    title: ClassVar[str] = "Bandwidth"
    summary: ClassVar[str] = "Lets bytes through at a limited rate"
    wire: ClassVar[str] = (
        "Bytes leave at the rate, in portions of 20 ms. Up to 1 MiB waits, then reading stops, so that the sender is "
        "slowed down. With rate 0 nothing passes and nothing is lost until the rate is changed or the toxic removed."
    )
    group: ClassVar[str] = "Bandwidth"
    fails: ClassVar[bool] = False
    Options: ClassVar[type[OptionSet]] = BandwidthOptions

    def __init__(self, options: OptionSet) -> None:
        super().__init__(options)
        self._buckets = (Shared(), Shared())

    def bucket(self, *, upstream: bool) -> Shared:
        """What all connections share in one direction."""
        return self._buckets[upstream]

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Thin(stream, self.options, self)

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """Say `pass at 100 KB/s`, and whose rate that is."""
        assert isinstance(options, BandwidthOptions)
        if not options.rate:
            return "<b>wait</b> until the rate is changed"
        whose = "shared by all connections" if options.shared else "each connection for itself"
        return f"pass at <b>{options.rate:,g} KB/s</b>, {whose}"
