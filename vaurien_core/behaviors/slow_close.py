"""slow_close: the end comes late."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior
from vaurien_core.behaviors.latency import A_DAY_MS
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.behaviors.wording import time_text
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet, opt


@dataclass(frozen=True, slots=True)
class SlowCloseOptions(OptionSet):
    """How late."""

    delay: float = opt(0.0, "How long the end of the stream is held back", unit="ms", minimum=0, maximum=A_DAY_MS)


class Lingering(Toxic):
    """Bytes pass at once, the end later."""

    def ended(self) -> None:
        """Pass it on late."""
        options = self.options
        assert isinstance(options, SlowCloseOptions)
        self.stream.end(options.delay / 1000)


class SlowClose(Behavior):
    """Keeps the connection open after its peer has closed."""

    name: ClassVar[str] = "slow_close"
    title: ClassVar[str] = "Slow close"
    summary: ClassVar[str] = "Holds the end of the stream back"
    wire: ClassVar[str] = (
        "Bytes pass at once. The FIN, or the reset, of the sender is passed on the given time after it came."
    )
    group: ClassVar[str] = "Connection"
    mounts: ClassVar[tuple[str, ...]] = ("toxic",)
    fails: ClassVar[bool] = False
    Options: ClassVar[type[OptionSet]] = SlowCloseOptions

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Lingering(stream, self.options)

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """Say `pass at once, the end of the stream 1 s late`."""
        assert isinstance(options, SlowCloseOptions)
        return f"pass at once, the end of the stream <b>{time_text(options.delay / 1000)}</b> late"
