"""timeout: bytes vanish, then the connection closes."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.latency import A_DAY_MS
from vaurien_core.behaviors.mixed import MixedFault, stream_option
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.behaviors.wording import time_text
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet, opt


@dataclass(frozen=True, slots=True)
class TimeoutOptions(OptionSet):
    """When it is over."""

    timeout: float = opt(0.0, "How long until the connection closes; 0: never", unit="ms", minimum=0, maximum=A_DAY_MS)
    stream: str = stream_option()


class Vanishing(Toxic):
    """Swallows everything; the time counts from the mounting or the last change, bytes don't start it anew."""

    def started(self) -> None:
        """The time counts from now."""
        options = self.options
        assert isinstance(options, TimeoutOptions)
        if options.timeout:
            self.stream.call_later(options.timeout / 1000, self.stream.close)

    def received(self, data: bytes) -> None:
        """Swallow it."""
        self.stream.swallow(len(data))


class Timeout(MixedFault):
    """Silence, and then a close."""

    name: ClassVar[str] = "timeout"
    title: ClassVar[str] = "Timeout"
    summary: ClassVar[str] = "Swallows all bytes, then closes the connection"
    wire: ClassVar[str] = (
        "Nothing of the stream is passed on. The given time after it was mounted (on new connections: after accept) "
        "both sides get FIN; with 0 never. The other direction flows on. Removing it closes the connection if bytes "
        "were lost."
    )
    group: ClassVar[str] = "Connection"
    Options: ClassVar[type[OptionSet]] = TimeoutOptions

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Vanishing(stream, self.options)

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """Say `are swallowed; the connection closes after 1 s`."""
        assert isinstance(options, TimeoutOptions)
        end = f"closes after <b>{time_text(options.timeout / 1000)}</b>" if options.timeout else "stays open"
        return f"are <b>swallowed</b>; the connection {end}"
