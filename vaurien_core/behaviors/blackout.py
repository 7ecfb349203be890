"""blackout: close both sides without an answer."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet


@dataclass(frozen=True, slots=True)
class BlackoutOptions(OptionSet):
    """None."""


class Blackout(Behavior):
    """Closes the connection in the request's face."""

    name: ClassVar[str] = "blackout"
    title: ClassVar[str] = "Blackout"
    summary: ClassVar[str] = "Closes the connection; the backend never sees the request"
    wire: ClassVar[str] = (
        "Nothing of the request is forwarded. What is readable is discarded, then client and backend get FIN."
    )
    group: ClassVar[str] = "Connection"
    Options: ClassVar[type[OptionSet]] = BlackoutOptions

    def begin(self, act: Intervention) -> None:
        """Close in turn."""
        act.phase("before")
        act.close()

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """What it does to them."""
        return "find their <b>connection closed</b>; the backend never sees them"
