"""hang: silence."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet


@dataclass(frozen=True, slots=True)
class HangOptions(OptionSet):
    """None."""


class Hang(Behavior):
    """Never answers."""

    name: ClassVar[str] = "hang"
    title: ClassVar[str] = "Hang"
    summary: ClassVar[str] = "Keeps the request and never answers; the connection stays open"
    wire: ClassVar[str] = (
        "The request is kept, up to 1 MiB, then reading stops. Nothing more is sent to either side for this and later "
        "exchanges of the connection; earlier answers still arrive. It stays open until the client leaves, the proxy "
        "stops, or it is released."
    )
    group: ClassVar[str] = "Timing"
    needs_answer: ClassVar[bool] = True
    Options: ClassVar[type[OptionSet]] = HangOptions

    def begin(self, act: Intervention) -> None:
        """Hold it for good."""
        act.phase("before")
        act.hang()

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """What it does to them."""
        return "get <b>no answer</b>; their connection stays open and silent"
