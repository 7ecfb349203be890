"""transient: an error that goes away by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.behaviors.failing import ErrorOptions, check_error, error_sentence, fail, names_connect
from vaurien_core.model.catalogue import ErrorInfo, ProtocolInfo
from vaurien_core.options import OptionSet, opt


@dataclass(frozen=True, slots=True)
class TransientOptions(ErrorOptions):
    """How often, and error's options."""

    agitate: int = opt(1, "How many exchanges fail before all is well again", minimum=0)


class Transient(Behavior):
    """Fails a few times, then passes everything."""

    name: ClassVar[str] = "transient"
    title: ClassVar[str] = "Transient"
    summary: ClassVar[str] = "Fails the first few exchanges, then lets all pass"
    wire: ClassVar[str] = (
        "The first hits since the rule became active are answered as error does it; all later ones pass untouched. The "
        "count begins anew when the weight leaves 0."
    )
    group: ClassVar[str] = "Errors"
    needs_answer: ClassVar[bool] = True
    Options: ClassVar[type[OptionSet]] = TransientOptions

    def begin(self, act: Intervention) -> None:
        """Fail while agitated, after the warm-up."""
        options = self.options
        assert isinstance(options, TransientOptions)
        if act.hit <= options.warmup:
            act.skip("warm-up")
        elif act.hit > options.warmup + options.agitate:
            act.skip("agitation over")
        else:
            fail(act, options)

    def at_connect(self, errors: tuple[ErrorInfo, ...]) -> bool:
        """Where the named error is one of the connect phase."""
        return names_connect(self.options, errors)

    @classmethod
    def check(cls, options: OptionSet, protocol: ProtocolInfo) -> str:
        """An error that the protocol doesn't have."""
        return check_error(options, protocol)

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """`are answered with a random error, the first 3 of them; the backend never sees them`."""
        assert isinstance(options, TransientOptions)
        return f"{error_sentence(options)}, but only the first <b>{options.agitate}</b>"
