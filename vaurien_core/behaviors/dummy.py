"""dummy: the absence of a fault."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet


@dataclass(frozen=True, slots=True)
class DummyOptions(OptionSet):
    """None."""


class Dummy(Behavior):
    """Passes the exchange."""

    name: ClassVar[str] = "dummy"
    title: ClassVar[str] = "Normal"
    summary: ClassVar[str] = "Passes the exchange untouched"
    wire: ClassVar[str] = "Every byte is passed on as it came."
    fails: ClassVar[bool] = False
    Options: ClassVar[type[OptionSet]] = DummyOptions

    def begin(self, act: Intervention) -> None:
        """Nothing."""

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """What it does to them."""
        return "<b>pass untouched</b>"
