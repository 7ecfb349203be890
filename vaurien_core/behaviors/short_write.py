"""short_write: the sender's `send()` takes less than it was asked to."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.frozen import dataclass
from vaurien_core.options import Kind, OptionSet, opt


@dataclass(frozen=True, slots=True)
class ShortWriteOptions(OptionSet):
    """How little is taken, and how fast it goes on."""

    window: int = opt(
        4096, "Bytes that are taken before the sender has to wait", kind=Kind.BYTES, unit="B", minimum=1,
        maximum=1 << 20,
    )  # fmt: skip
    rate: float = opt(200.0, "How fast the rest is read", kind=Kind.RATE, unit="KB/s", minimum=0.1, maximum=1e6)


class Sip(Toxic):
    """Reads a window's worth, then no more than the rate allows."""

    def received(self, data: bytes) -> None:
        """Pass it on in portions of a window."""
        options, stream = self.options, self.stream
        assert isinstance(options, ShortWriteOptions)
        now = stream.now()
        free_at = max(now, stream.leaves())
        for start in range(0, len(data), options.window):
            part = data[start : start + options.window]
            free_at += len(part) / (options.rate * 1000)
            stream.pass_on(part, free_at - now)

    def relief(self) -> float:
        """The sender is stopped while a window waits, until half of it has passed."""
        options = self.options
        assert isinstance(options, ShortWriteOptions)
        bound = options.window / (options.rate * 1000)
        waiting = self.stream.waiting()
        return waiting - bound / 2 if waiting >= bound else 0.0


class ShortWrite(Behavior):
    """A receiver with a tiny window that reads slowly."""

    name: ClassVar[str] = "short_write"
    title: ClassVar[str] = "Short write"
    summary: ClassVar[str] = "The sender's send() takes less than it was asked to"
    wire: ClassVar[str] = (
        "Mounted upstream, connections that clients open get a receive window of this size (set on the listener, so "
        "for all of them), and what they send is read a window at a time, at the rate; live connections, and the "
        "backend's with downstream, are only read so. Once the sender's own buffer is full, send() on a non-blocking "
        "socket, or on one with a timeout, returns less than the message: who ignores that loses the rest. A blocking "
        "socket without a timeout waits instead. No byte that was taken is lost."
    )
    group: ClassVar[str] = "Bandwidth"
    mounts: ClassVar[tuple[str, ...]] = ("toxic",)
    fails: ClassVar[bool] = False
    Options: ClassVar[type[OptionSet]] = ShortWriteOptions

    @property
    def window(self) -> int:
        """What the listener gives to new connections."""
        assert isinstance(self.options, ShortWriteOptions)
        return self.options.window

    def toxic(self, stream: Stream) -> Toxic:
        """On one stream."""
        return Sip(stream, self.options)

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """Say what the sender meets."""
        assert isinstance(options, ShortWriteOptions)
        return (
            f"are taken <b>{options.window:,} B</b> at a time and at <b>{options.rate:,g} KB/s</b>: send() is cut short"
        )
