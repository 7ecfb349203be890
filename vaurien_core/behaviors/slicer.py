"""slicer: bytes arrive in small pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from vaurien_core.behaviors.latency import A_DAY_MS
from vaurien_core.behaviors.mixed import MixedFault, stream_option
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.behaviors.wording import bytes_text, time_text
from vaurien_core.frozen import dataclass
from vaurien_core.options import Kind, OptionSet, opt

BITE = 512
"""Pieces of average size that are cut at once."""


@dataclass(frozen=True, slots=True)
class SlicerOptions(OptionSet):
    """How small, and how far apart."""

    average_size: int = opt(64, "Size of a piece on average", kind=Kind.BYTES, unit="B", minimum=1)
    size_variation: int = opt(0, "How much larger a piece may be", kind=Kind.BYTES, unit="B", minimum=0)
    delay: float = opt(0.0, "Time between two pieces", unit="us", minimum=0, maximum=A_DAY_MS * 1000)
    stream: str = stream_option()


def sizes(size: int, options: SlicerOptions, draw: Callable[[], float]) -> list[int]:
    """How so many bytes that came together are cut: halved until a piece is at most average + variation.

    Args:
        size: bytes.
        options: of the toxic.
        draw: the next number within [0, 1): each halving is off the middle by up to the variation.
    """
    average, variation = options.average_size, options.size_variation
    found = []
    rest = [size]
    while rest:
        size = rest.pop()
        if size <= average + variation:
            found.append(size)
            continue
        off = int(draw() * 2 * variation) - variation if variation else 0
        first = min(max(1, size // 2 + off), size - 1)
        rest += (size - first, first)
    return found


class Slicing(Toxic):
    """Cuts what came together."""

    cuts = True

    def __init__(self, stream: Stream, options: OptionSet) -> None:
        super().__init__(stream, options)
        self._passed = False

    def bite(self) -> int:
        """So many pieces' worth."""
        assert isinstance(self.options, SlicerOptions)
        return self.options.average_size * BITE

    def received(self, data: bytes) -> None:
        """Pass it on in pieces."""
        options, stream = self.options, self.stream
        assert isinstance(options, SlicerOptions)
        gap = options.delay / 1_000_000
        now, start = stream.now(), 0
        for size in sizes(len(data), options, lambda: stream.draw("slice")):
            wait = max(0.0, stream.leaves() + gap - now) if self._passed and gap else 0.0
            stream.pass_on(data[start : start + size], wait)
            self._passed = True
            start += size
            if size < len(data):
                stream.acts()


class Slicer(MixedFault):
    """Short reads at the receiver."""

    name: ClassVar[str] = "slicer"
    title: ClassVar[str] = "Slicer"
    summary: ClassVar[str] = "Delivers bytes in small pieces"
    wire: ClassVar[str] = (
        "What was read together (of much, 512 pieces' worth at a time) is halved, again and again, until a piece is at "
        "most average size plus variation; the pieces leave one by one, the delay between them."
    )
    group: ClassVar[str] = "Data"
    fails: ClassVar[bool] = False
    Options: ClassVar[type[OptionSet]] = SlicerOptions

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Slicing(stream, self.options)

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """Say `arrive in pieces of about 10 bytes, 5 ms apart`."""
        assert isinstance(options, SlicerOptions)
        most = (
            f" (at most {bytes_text(options.average_size + options.size_variation)})" if options.size_variation else ""
        )
        apart = f", <b>{time_text(options.delay / 1_000_000)}</b> apart" if options.delay else ""
        return f"arrive in pieces of about <b>{bytes_text(options.average_size)}</b>{most}{apart}"
