"""latency: everything arrives late."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.mixed import MixedFault, stream_option
from vaurien_core.behaviors.spread import SPREADS, spread
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.behaviors.wording import varied
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet, opt

A_DAY_MS = 86_400_000.0


@dataclass(frozen=True, slots=True)
class LatencyOptions(OptionSet):
    """How late, and how much that varies."""

    latency: float = opt(0.0, "How long every piece is on its way", unit="ms", minimum=0, maximum=A_DAY_MS)
    jitter: float = opt(0.0, "How much the time varies around it", unit="ms", minimum=0, maximum=A_DAY_MS)
    distribution: str = opt("uniform", "How the time varies", choices=SPREADS, depends_on="jitter")
    stream: str = stream_option()


class Late(Toxic):
    """Adds the time to each piece; one that is drawn short waits behind a long one."""

    def received(self, data: bytes) -> None:
        """Pass it on late."""
        options = self.options
        assert isinstance(options, LatencyOptions)
        wait = spread(options.latency, options.jitter, options.distribution, self.stream.draw)
        self.stream.pass_on(data, wait / 1000)


class Latency(MixedFault):
    """A long wire."""

    name: ClassVar[str] = "latency"
    title: ClassVar[str] = "Latency"
    summary: ClassVar[str] = "Delivers every piece late, at full throughput"
    wire: ClassVar[str] = (
        "Every piece leaves the given time after it arrived, in order. The sender is not slowed down: up to 64 MiB "
        "are on their way. The end of the stream follows the last bytes without a wait of its own."
    )
    group: ClassVar[str] = "Timing"
    fails: ClassVar[bool] = False
    adds_time: ClassVar[bool] = True
    Options: ClassVar[type[OptionSet]] = LatencyOptions

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Late(stream, self.options)

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """Say `arrive 100 ms ± 20 ms late (uniform)`."""
        assert isinstance(options, LatencyOptions)
        late = varied(options.latency / 1000, options.jitter / 1000)
        return f"arrive <b>{late}</b> late" + (f" ({options.distribution})" if options.jitter else "")
