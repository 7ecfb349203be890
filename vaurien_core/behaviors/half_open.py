"""half_open: the peer is gone and nobody said so."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet


@dataclass(frozen=True, slots=True)
class HalfOpenOptions(OptionSet):
    """None."""


class Deaf(Toxic):
    """Swallows bytes, ends and resets."""

    hides_end = True

    def received(self, data: bytes) -> None:
        """Swallow it."""
        self.stream.swallow(len(data))

    def ended(self) -> None:
        """Keep it to itself."""
        self.stream.alters()


class HalfOpen(Behavior):
    """A host that vanished behind a connection that looks well."""

    name: ClassVar[str] = "half_open"
    title: ClassVar[str] = "Half-open"
    summary: ClassVar[str] = "Swallows everything both ways; the connection looks open for ever"
    wire: ClassVar[str] = (
        "Nothing that either side says is passed on, neither bytes nor FIN nor RST, also after one of them has gone: "
        "the other waits until its own timeout. Removing it closes the connection if something was lost."
    )
    group: ClassVar[str] = "Connection"
    mounts: ClassVar[tuple[str, ...]] = ("mix", "toxic")
    both_ways: ClassVar[bool] = True
    Options: ClassVar[type[OptionSet]] = HalfOpenOptions

    def begin(self, act: Intervention) -> None:
        """From this exchange on."""
        act.mount(self.toxic, "both", for_good=True)

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Deaf(stream, self.options)

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """What it does to them."""
        return "get <b>no answer</b>; their connection looks open for ever, also after the backend has gone"

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """What it does to bytes."""
        return "are <b>swallowed</b>, and so are ends and resets: the connection looks open for ever"
