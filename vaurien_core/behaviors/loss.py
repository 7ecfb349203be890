"""loss: what lost packets look like to those who use TCP."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from vaurien_core.behaviors.base import Behavior
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet, opt

MODEL, KERNEL = "model", "kernel"
RTO_S = 0.2
"""The first retransmission timeout on a short way (Linux, TCP_RTO_MIN); each loss doubles it (RFC 6298, 5.5)."""
RTO_MAX_S = 120.0
FIRST, AGAIN = 1.1, 2.0
"""Calibration to what kernel loss on both sides of a loopback echo does (Linux 6.18): 1 % gives p99 207 ms; 5 % gives
p90 208 and p99 652 ms. A segment is a little more often late than lost (its acknowledgement can be lost too), and a
retransmission, alone on the way, about twice as often."""
RETRIES = 15
"""Linux gives up after so many (tcp_retries2); we deliver then."""


@dataclass(frozen=True, slots=True)
class LossOptions(OptionSet):
    """How much."""

    rate: float = opt(1.0, "Share of the packets that are lost", unit="%", minimum=0, maximum=100)
    correlation: float = opt(
        0.0, "How much a loss makes the next one likely; the share stays the same", unit="%", minimum=0, maximum=100,
        depends_on="how=model",
    )  # fmt: skip
    how: str = opt(
        MODEL,
        "model: stalls as the seed draws them; kernel: real packets are lost, by the kernel's chance, not the seed's "
        "(Linux, CAP_NET_ADMIN)",
        choices=(MODEL, KERNEL),
    )


class Losses:
    """How long each piece of a stream is late for the packets that were lost.

    Args:
        options: of the toxic.
        draw: the next number within [0, 1).
    """

    __slots__ = ("_draw", "_last", "options")

    def __init__(self, options: LossOptions, draw: Callable[[], float]) -> None:
        self.options, self._draw = options, draw
        self._last = False

    def stall(self) -> float:
        """Seconds that the next piece is late: 0, or 200 ms x (1 + 2 + 4 + ...)."""
        rate, correlation = self.options.rate / 100, self.options.correlation / 100
        first = min(1.0, FIRST * rate)
        chance = first + correlation * (1 - first) if self._last else first * (1 - correlation)
        self._last = self._draw() < chance
        if not self._last:
            return 0.0
        late, timeout = RTO_S, RTO_S
        for _ in range(RETRIES - 1):
            if self._draw() >= min(1.0, AGAIN * rate):
                break
            timeout = min(RTO_MAX_S, timeout * 2)
            late += timeout
        return late


class Losing(Toxic):
    """Makes pieces late, never less: by itself, or by letting the kernel drop the segments that carry them."""

    def __init__(self, stream: Stream, options: OptionSet) -> None:
        super().__init__(stream, options)
        assert isinstance(options, LossOptions)
        self._losses = Losses(options, lambda: stream.draw("loss"))
        self._noticed = False

    def started(self) -> None:
        """Go on with these options."""
        assert isinstance(self.options, LossOptions)
        self._losses.options = self.options
        self.drops = self.options.rate / 100 if self.options.how == KERNEL else 0.0

    def received(self, data: bytes) -> None:
        """Pass it on when its last retransmission would have arrived; at once, if the kernel has seen to that."""
        if self.drops:
            self._notice()
            self.stream.pass_on(data)
        else:
            self.stream.pass_on(data, self._losses.stall())

    def ended(self) -> None:
        """Pass it on."""
        self._notice()
        self.stream.end()

    def _notice(self) -> None:
        """It acts from the first segment on that is lost."""
        if self.drops and not self._noticed and self.stream.lost_segments():
            self._noticed = True
            self.stream.acts()


class Loss(Behavior):
    """A network that drops packets, as TCP shows it."""

    name: ClassVar[str] = "loss"
    title: ClassVar[str] = "Packet loss"
    summary: ClassVar[str] = "Stalls like those of lost and retransmitted packets"
    wire: ClassVar[str] = (
        "Nothing is lost to the receiver, as TCP repeats what the network drops. A piece of the stream is late by 200"
        " ms, by 600 ms if its first retransmission is lost too, and so on; what is behind it waits. On both streams "
        "it looks like kernel loss on both sides of the connection. With how = kernel packets are lost in fact: a "
        "filter on the proxy's own socket drops the rate of the TCP segments that the stream's sender sends, those "
        "that only acknowledge the other stream included, resets excepted, and the sender's kernel retransmits them. "
        "On loopback a segment has up to 64 KB. Which ones are lost is the kernel's chance: no seed repeats it. It "
        "needs Linux and, on most kernels, CAP_NET_ADMIN (vaurien doctor tells), and no Unix socket on the sender's "
        "side."
    )
    group: ClassVar[str] = "Timing"
    mounts: ClassVar[tuple[str, ...]] = ("toxic",)
    fails: ClassVar[bool] = False
    Options: ClassVar[type[OptionSet]] = LossOptions

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Losing(stream, self.options)

    @classmethod
    def wants_kernel_loss(cls, options: OptionSet) -> str:
        """How = kernel."""
        assert isinstance(options, LossOptions)
        return f"how = {KERNEL}" if options.how == KERNEL else ""

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """Say `arrive as over a network that loses 1 % of its packets`."""
        assert isinstance(options, LossOptions)
        if options.how == KERNEL:
            lost = f"<b>{options.rate:g} %</b> of the packets that carry them"
            return f"arrive late as the kernel drops {lost}, by its own chance"
        bursts = f", in bursts (<b>{options.correlation:g} %</b> correlation)" if options.correlation else ""
        return f"arrive as over a network that loses <b>{options.rate:g} %</b> of its packets{bursts}"
