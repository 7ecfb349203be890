"""noop: a toxic that does nothing."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet


@dataclass(frozen=True, slots=True)
class NoopOptions(OptionSet):
    """None."""


class Noop(Behavior):
    """The control of an experiment: bytes take the way through the toxics, untouched."""

    name: ClassVar[str] = "noop"
    title: ClassVar[str] = "Nothing"
    summary: ClassVar[str] = "Passes everything untouched"
    wire: ClassVar[str] = "Every byte is passed on as it came."
    group: ClassVar[str] = "Data"
    mounts: ClassVar[tuple[str, ...]] = ("toxic",)
    fails: ClassVar[bool] = False
    Options: ClassVar[type[OptionSet]] = NoopOptions

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Toxic(stream, self.options)

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """What it does to bytes."""
        return "pass <b>untouched</b>"
