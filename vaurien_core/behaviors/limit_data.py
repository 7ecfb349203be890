"""limit_data: the connection ends after so many bytes."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.mixed import MixedFault, stream_option
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.behaviors.wording import bytes_text
from vaurien_core.frozen import dataclass
from vaurien_core.options import Kind, OptionSet, opt


@dataclass(frozen=True, slots=True)
class LimitDataOptions(OptionSet):
    """How many."""

    bytes: int = opt(
        0,
        "Bytes that pass before the connection closes; 0: it closes at the first",
        kind=Kind.BYTES,
        unit="B",
        minimum=0,
    )
    stream: str = stream_option()


class Limited(Toxic):
    """Counts over changes of the limit."""

    def __init__(self, stream: Stream, options: OptionSet) -> None:
        super().__init__(stream, options)
        self._passed = 0

    def received(self, data: bytes) -> None:
        """Pass on what is left of the limit; with its last byte the connection closes."""
        options = self.options
        assert isinstance(options, LimitDataOptions)
        rest = max(0, options.bytes - self._passed)
        passed = data[:rest]
        self._passed += len(passed)
        self.stream.pass_on(passed)
        if len(data) >= rest:
            self.stream.swallow(len(data) - len(passed))
            self.stream.close()


class LimitData(MixedFault):
    """Cuts off mid-message if need be."""

    name: ClassVar[str] = "limit_data"
    title: ClassVar[str] = "Limit data"
    summary: ClassVar[str] = "Closes the connection after so many bytes"
    wire: ClassVar[str] = (
        "Exactly so many bytes of the stream are passed on, then both sides get FIN, also where a message ended right"
        " there. The count survives a change of the limit."
    )
    group: ClassVar[str] = "Connection"
    Options: ClassVar[type[OptionSet]] = LimitDataOptions

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Limited(stream, self.options)

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """Say `pass up to 100 bytes, then the connection closes`."""
        assert isinstance(options, LimitDataOptions)
        if not options.bytes:
            return "<b>don't pass</b>: the first one closes the connection"
        return f"pass up to <b>{bytes_text(options.bytes)}</b>, then the connection closes"
