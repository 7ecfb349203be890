"""What a fault that is mounted on a stream sees of it, and what it can do to the bytes that pass.

A stream is one direction of one connection. The data plane makes a `Stream` for each and asks the behavior for its
`Toxic`, which is told what comes and calls verbs. Nothing here blocks or waits: time is something that is added to
bytes. Toxics run when bytes enter the chain, in virtual time: `now()` is when the bytes at hand arrive at this toxic,
those before it considered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from vaurien_core.options import OptionSet


class Stream(Protocol):
    """One stream of one connection as one mounted fault sees it. Made by the data plane."""

    @property
    def name(self) -> str:
        """The toxic's name."""
        ...

    @property
    def upstream(self) -> bool:
        """Whether it carries what the client says; otherwise what the backend says."""
        ...

    def now(self) -> float:
        """When the bytes at hand arrive at this toxic, seconds of the clock; between calls, what the clock says."""
        ...

    def leaves(self) -> float:
        """When the last that was passed on leaves this toxic; in the past if nothing waits."""
        ...

    def waiting(self) -> float:
        """Seconds that bytes would wait here behind those that were passed on, if they came now."""
        ...

    def draw(self, purpose: str) -> float:
        """The next number within [0, 1) of the sequence with this purpose: of this connection, stream and toxic."""
        ...

    def draw_number(self, purpose: str) -> int:
        """The same as its 64 bits; `draw` uses the upper 53."""
        ...

    def draw_bytes(self, count: int, purpose: str) -> bytes:
        """`count` bytes of the sequence's place; always the same ones."""
        ...

    def pass_on(self, data: bytes, wait: float = 0.0) -> None:
        """Send onwards, `wait` seconds after it came to this toxic, behind what was passed on before.

        With an infinite wait it is held until the toxic is updated or removed.
        """
        ...

    def end(self, wait: float = 0.0) -> None:
        """Pass the end of the stream on, `wait` seconds after it came, behind everything before it."""
        ...

    def acts(self) -> None:
        """Count and journal the toxic as one that touched this stream, once; `pass_on` with a wait does so itself."""
        ...

    def alters(self) -> None:
        """What the receiver gets isn't what was sent: counted as a failed connection, which all-normal resets."""
        ...

    def swallow(self, count: int) -> None:
        """Bytes were lost: as `alters`, and removing the toxic closes the connection."""
        ...

    def close(self, after: float = 0.0) -> None:
        """FIN to both sides, behind what was passed on, `after` seconds from now; what comes later is swallowed."""
        ...

    def reset(self, after: float = 0.0) -> None:
        """RST to both sides, `after` seconds from now, whatever waits; what comes later is swallowed."""
        ...

    def lost_segments(self) -> int:
        """How many segments the kernel has dropped for `Toxic.drops`; those that TCP had no use for count, too."""
        ...

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call back; forgotten when the toxic is updated or removed, or the connection ends."""
        ...


class Toxic:
    """A fault on one stream of one connection. The base passes everything."""

    hides_end = False
    """The other side isn't told of an end or a reset, and the connection lives on without its peer."""

    cuts = False
    """The pieces that it makes are its fault: they are not put together again."""

    drops = 0.0
    """The share, 0..1, of the segments that the stream's sender sends and the kernel is to drop while it is mounted."""

    def __init__(self, stream: Stream, options: OptionSet) -> None:
        self.stream, self.options = stream, options

    def started(self) -> None:
        """It was mounted, or its options have changed: its calls are forgotten and what it made wait has left."""

    def received(self, data: bytes) -> None:
        """Bytes of the stream, never empty. What is neither passed on nor swallowed is forgotten: say so."""
        self.stream.pass_on(data)

    def ended(self) -> None:
        """The end of the stream."""
        self.stream.end()

    def bite(self) -> int:
        """How many bytes it wants to be given at once; what came with them follows when others had their turn. 0: all.

        For those that make many pieces of few bytes, so that neither memory nor the other connections suffer.
        """
        return 0

    def relief(self) -> float:
        """0, or why no more should be read now: the seconds until enough has left; infinity until it is updated."""
        return 0.0
