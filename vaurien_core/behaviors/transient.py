"""transient: an error that goes away by itself."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Intervention
from vaurien_core.behaviors.error import Error
from vaurien_core.behaviors.failing import ErrorOptions, error_sentence
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet, opt


@dataclass(frozen=True, slots=True)
class TransientOptions(ErrorOptions):
    """How often, and error's options."""

    agitate: int = opt(1, "How many exchanges fail before all is well again", minimum=0)


class Transient(Error):  # noqa: N818 - no exception
    """Fails a few times, then passes everything."""

    name: ClassVar[str] = "transient"
    title: ClassVar[str] = "Transient"
    summary: ClassVar[str] = "Fails the first few exchanges, then lets all pass"
    wire: ClassVar[str] = (
        "The first hits since the rule became active are answered as error does it; all later ones pass untouched. The "
        "count begins anew when the weight leaves 0."
    )
    Options: ClassVar[type[OptionSet]] = TransientOptions

    def begin(self, act: Intervention) -> None:
        """Fail as error does, while agitated."""
        options = self.options
        assert isinstance(options, TransientOptions)
        if act.hit > options.warmup + options.agitate:
            act.skip("agitation over")
        else:
            super().begin(act)

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """`are answered with a random error, the first 3 of them; the backend never sees them`."""
        assert isinstance(options, TransientOptions)
        return f"{error_sentence(options)}, but only the first <b>{options.agitate}</b>"
