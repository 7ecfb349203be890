"""corrupt: flipped bits."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import ClassVar

from vaurien_core.behaviors.mixed import MixedFault, stream_option
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet, opt


@dataclass(frozen=True, slots=True)
class CorruptOptions(OptionSet):
    """How many."""

    probability: float = opt(0.001, "Chance of each byte that one of its bits is flipped", minimum=0, maximum=1)
    stream: str = stream_option()


class Flips:
    """Which bytes of a stream get which bit flipped, however the stream is cut.

    Args:
        probability: of each byte, 0..1.
        draw: the next 64-bit number: its upper 53 bits say how many bytes stay whole before the next one that doesn't
            (geometric), its lowest three which bit of that one is flipped.
    """

    __slots__ = ("_bit", "_draw", "_left", "_probability")

    def __init__(self, probability: float, draw: Callable[[], int]) -> None:
        self._probability, self._draw = probability, draw
        self._left = self._bit = 0
        self._next()

    def apply(self, data: bytes) -> bytes:
        """The next bytes of the stream, as they leave; the same object where nothing is flipped."""
        if self._left >= len(data):
            self._left -= len(data)
            return data
        flipped = bytearray(data)
        at = self._left
        while at < len(flipped):
            flipped[at] ^= 1 << self._bit
            self._next()
            at += 1 + self._left
        self._left = at - len(flipped)
        return bytes(flipped)

    def _next(self) -> None:
        if not self._probability:
            self._left = sys.maxsize
            return
        number = self._draw()
        self._bit = number & 7
        whole = (number >> 11) / 2**53
        self._left = 0 if self._probability >= 1 else int(math.log1p(-whole) / math.log1p(-self._probability))


class Corrupting(Toxic):
    """Flips on."""

    def started(self) -> None:
        """Begin with this probability."""
        options = self.options
        assert isinstance(options, CorruptOptions)
        self._flips = Flips(options.probability, lambda: self.stream.draw_number("flip"))

    def received(self, data: bytes) -> None:
        """Pass it on, perhaps other than it came."""
        flipped = self._flips.apply(data)
        if flipped is not data:
            self.stream.alters()
        self.stream.pass_on(flipped)


class Corrupt(MixedFault):
    """Bytes that arrive other than they were sent."""

    name: ClassVar[str] = "corrupt"
    title: ClassVar[str] = "Corrupt"
    summary: ClassVar[str] = "Flips bits on the way"
    wire: ClassVar[str] = (
        "Each byte has one of its bits flipped with the given probability; which, the seed says, however the stream "
        "is cut into pieces. Nothing is lost or late."
    )
    group: ClassVar[str] = "Data"
    Options: ClassVar[type[OptionSet]] = CorruptOptions

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Corrupting(stream, self.options)

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """Say `have a bit flipped, 0.1 % of them`."""
        assert isinstance(options, CorruptOptions)
        return f"arrive with one bit flipped in <b>{round(options.probability * 100, 9):g} %</b> of them"
