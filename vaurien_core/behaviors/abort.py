"""abort: reset the client at the answer's first byte."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet


@dataclass(frozen=True, slots=True)
class AbortOptions(OptionSet):
    """None."""


class Abort(Behavior):
    """Connection reset by peer."""

    name: ClassVar[str] = "abort"
    title: ClassVar[str] = "Abort"
    summary: ClassVar[str] = "The backend does the request, the client gets a reset in place of the answer"
    wire: ClassVar[str] = (
        "The request is forwarded to its end. At the first byte of the answer the client gets RST; where no answer is "
        "expected, at the end of the request. The backend's side is closed after its answer, at most 5 s later."
    )
    group: ClassVar[str] = "Connection"
    Options: ClassVar[type[OptionSet]] = AbortOptions

    def begin(self, act: Intervention) -> None:
        """Reset in the answer's place."""
        act.phase("after")
        act.reset()

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """What it does to them."""
        return "end in a <b>connection reset</b> when their answer begins"
