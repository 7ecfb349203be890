"""reset_peer: both ends get a reset."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.behaviors.latency import A_DAY_MS
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.behaviors.wording import time_text
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet, opt


@dataclass(frozen=True, slots=True)
class ResetPeerOptions(OptionSet):
    """When."""

    timeout: float = opt(
        0.0, "How long after the first bytes, or the end, the reset comes", unit="ms", minimum=0, maximum=A_DAY_MS
    )
    phase: str = opt(
        "before",
        "In a mix: before the request is forwarded, inside of it, or after it, in the answer's place",
        choices=("before", "inside", "after"),
    )


class Resetting(Toxic):
    """An idle connection stays as it is; the first bytes are its end."""

    def received(self, data: bytes) -> None:
        """Swallow it, and reset."""
        self.stream.swallow(len(data))
        self._reset()

    def ended(self) -> None:
        """Reset in the place of an orderly end."""
        self._reset()

    def _reset(self) -> None:
        options = self.options
        assert isinstance(options, ResetPeerOptions)
        self.stream.reset(options.timeout / 1000)


class Halving(Resetting):
    """Half of what comes first still gets through."""

    def received(self, data: bytes) -> None:
        """Pass half of it on, and reset."""
        half = len(data) // 2
        self.stream.pass_on(data[:half])
        super().received(data[half:])


class ResetPeer(Behavior):
    """Breaks the connection the hard way."""

    name: ClassVar[str] = "reset_peer"
    title: ClassVar[str] = "Reset peer"
    summary: ClassVar[str] = "Resets the connection at the first bytes"
    wire: ClassVar[str] = (
        "The first bytes of the stream, or its end, are swallowed; the given time later both sides get RST (SO_LINGER"
        " with 0 s, set when it fires). A connection on which nothing is said stays open."
    )
    group: ClassVar[str] = "Connection"
    mounts: ClassVar[tuple[str, ...]] = ("mix", "toxic")
    mix_only: ClassVar[tuple[str, ...]] = ("phase",)
    Options: ClassVar[type[OptionSet]] = ResetPeerOptions

    def begin(self, act: Intervention) -> None:
        """In the phase that is set."""
        options = self.options
        assert isinstance(options, ResetPeerOptions)
        if options.phase == "after" and not act.exchange.answer_expected:
            act.not_applicable("the request gets no answer")
            return
        act.phase("after" if options.phase == "after" else "before")
        if options.phase == "inside":
            act.mount(lambda stream: Halving(stream, options), "upstream")
        else:
            act.mount(self.toxic, "downstream" if options.phase == "after" else "upstream")

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Resetting(stream, self.options)

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """Say `are lost, and their connection is reset`, or in which other phase."""
        assert isinstance(options, ResetPeerOptions)
        after = f" <b>{time_text(options.timeout / 1000)}</b> later" if options.timeout else ""
        if options.phase == "after":
            return f"get a <b>reset</b> in their answer's place{after}"
        if options.phase == "inside":
            return f"get half of their first bytes through, and a <b>reset</b>{after}"
        return f"don't reach the backend, and get a <b>reset</b>{after}"

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """Say `are lost: the first ones, or the end, reset the connection 100 ms later`."""
        assert isinstance(options, ResetPeerOptions)
        after = f" <b>{time_text(options.timeout / 1000)}</b> later" if options.timeout else " at once"
        return f"are lost: the first ones, or the end, <b>reset</b> the connection{after}"
