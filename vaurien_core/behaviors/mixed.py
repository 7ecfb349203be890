"""Stream faults that can be drawn from a mix too: they act on the bytes of their exchange alone."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.behaviors.wording import escape
from vaurien_core.model.toxics import STREAMS
from vaurien_core.options import OptionSet, opt

_WHOSE = {"upstream": "requests", "downstream": "answers", "both": "requests and answers"}


def stream_option() -> str:
    """The option of a rule; a toxic has a `stream` of its own in its place."""
    return opt("downstream", "In a mix: whose bytes of the exchange it acts on", choices=STREAMS)


class MixedFault(Behavior):
    """Base of those whose options have a `stream`."""

    mounts: ClassVar[tuple[str, ...]] = ("mix", "toxic")
    mix_only: ClassVar[tuple[str, ...]] = ("stream",)

    def begin(self, act: Intervention) -> None:
        """Mount it on the exchange."""
        stream = str(getattr(self.options, "stream", "both"))
        if stream == "downstream" and not act.exchange.answer_expected:
            act.not_applicable("the request gets no answer")
            return
        act.mount(self.toxic, stream)

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """Say `have answers whose bytes arrive 100 ms late`; the end of it is the toxic's sentence."""
        whose = _WHOSE[str(getattr(options, "stream", "both"))]
        return f"have {whose} whose bytes {cls.toxic_sentence(options)}"

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """See `Behavior`; each says its own, as `sentence` is made from it."""
        return f"meet <b>{escape(cls.title or cls.name)}</b>"
