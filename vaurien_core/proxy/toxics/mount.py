"""One toxic on one stream of one connection: the `Stream` that it acts through.

Made by the stream's `Chain`, which owns it; forgotten with the connection or the toxic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.options import OptionValues
from vaurien_core.proxy import draw
from vaurien_core.proxy.outbox import HOLD, Mark
from vaurien_core.proxy.seams import TimerHandle
from vaurien_core.proxy.toxics.departures import Shares

if TYPE_CHECKING:
    from vaurien_core.behaviors.base import Behavior
    from vaurien_core.proxy.toxics.chain import Chain


class Mount:
    """See the module and `behaviors.stream.Stream`.

    Attributes:
        options: those in use, for the journal.
        altered: the receiver doesn't get what was sent.
        drawn: the number that its toxicity let act, 0..1; None: none was drawn.
        toxicity: of the toxic now.
        crashed: it failed once, which was told.
        lost: bytes or an end were swallowed.
        over: it ends the connection: nothing passes any more.
    """

    __slots__ = (
        "_acted", "_arrival", "_base", "_calls", "_chain", "_ended", "_inside", "_lag", "_mark", "_out", "_sequences",
        "_shares", "altered", "behavior", "crashed", "drawn", "kind", "lost", "name", "options", "over", "toxic",
        "toxicity", "upstream",
    )  # fmt: skip

    def __init__(
        self,
        chain: Chain,
        name: str,
        behavior: Behavior,
        options: OptionValues,
        make: Callable[[Stream], Toxic | None] | None = None,
    ) -> None:
        self._chain = chain
        self.name, self.upstream = name, chain.upstream
        self.behavior, self.kind, self.options = behavior, behavior.name, options
        self.altered = self.lost = self.over = self._acted = self._ended = self._inside = self.crashed = False
        self.drawn: float | None = None
        self.toxicity = 1.0
        self._base = self._arrival = self._lag = self._out = 0.0
        self._shares: Shares = {}
        self._mark: Mark | None = None
        self._calls: set[TimerHandle] = set()
        self._sequences: dict[str, Iterator[int]] = {}
        made = (make or behavior.toxic)(self)
        self.toxic = made if made is not None else Toxic(self, behavior.options)

    # -- what the chain tells

    def enter(self, data: bytes, base: float, arrival: float, shares: Shares) -> None:
        """Bytes arrive."""
        if self.over:
            self.lost = True
            return
        self._base, self._arrival, self._shares, self._inside = base, arrival, shares, True
        self._lag = arrival - base
        try:
            self.toxic.received(data)
        except Exception as error:
            self._chain.crashed(self, error)
            self.pass_on(data)
        finally:
            self._inside = False

    def enter_end(self, mark: Mark, base: float, arrival: float, shares: Shares) -> None:
        """The end of the stream arrives; `mark` is what passes it on to the peer."""
        self._base, self._arrival, self._shares, self._mark = base, arrival, shares, mark
        self._inside = True
        try:
            if not self.over:
                self.toxic.ended()
        finally:
            self._inside = False
        if not self._ended:
            self.lost = True
            self._chain.end_hidden()

    def update(self, behavior: Behavior, options: OptionValues) -> None:
        """Other options; what it made wait was let go."""
        self.forget_calls()
        self.behavior, self.options = behavior, options
        self.toxic.options = behavior.options
        self.toxic.started()

    def rebase(self, leaves: float) -> None:
        """What was in front of it has changed: the last that it passed on leaves it then."""
        self._out = leaves
        self._lag = 0.0

    def forget_calls(self) -> None:
        """Cancel what it asked for."""
        calls, self._calls = self._calls, set()
        for call in calls:
            call.cancel()

    # -- Stream

    def now(self) -> float:
        """When the bytes at hand arrive here."""
        return self._arrival if self._inside else self._chain.clock.now()

    def leaves(self) -> float:
        """When the last that was passed on leaves it."""
        return self._out

    def waiting(self) -> float:
        """Seconds until bytes that came now could leave it."""
        return max(0.0, self._out - self._chain.clock.now() - self._lag)

    def draw(self, purpose: str) -> float:
        """The next number within [0, 1)."""
        return draw.as_fraction(self.draw_number(purpose))

    def draw_number(self, purpose: str) -> int:
        """The next number."""
        sequence = self._sequences.get(purpose)
        if sequence is None:
            sequence = self._sequences[purpose] = draw.sequence(*self._place(purpose))
        return next(sequence)

    def draw_bytes(self, count: int, purpose: str) -> bytes:
        """Bytes, always the same."""
        return draw.stream_bytes(count, *self._place(purpose))

    def pass_on(self, data: bytes, wait: float = 0.0) -> None:
        """Onwards."""
        if data:
            base, arrival, shares = self._waited(wait)
            self._chain.go_on(self, data, base, arrival, shares)

    def end(self, wait: float = 0.0) -> None:
        """Pass the end on."""
        if self._mark is not None:
            mark, self._mark = self._mark, None
            self._ended = True
            base, arrival, shares = self._waited(wait)
            self._chain.end_on(self, mark, base, arrival, shares)

    def acts(self) -> None:
        """Count and journal it, once."""
        if not self._acted:
            self._acted = True
            self._chain.acted(self)

    def alters(self) -> None:
        """What the receiver gets isn't what was sent."""
        self.acts()
        if not self.altered:
            self.altered = True
            self._chain.altered(self)

    def swallow(self, count: int) -> None:
        """Bytes were lost."""
        if count:
            self.alters()
            self.lost = True

    def close(self, after: float = 0.0) -> None:
        """FIN to both sides."""
        self.alters()
        self.over = True
        if after > 0:
            self.call_later(after, self._close)
        else:
            self._close()

    def reset(self, after: float = 0.0) -> None:
        """RST to both sides."""
        self.alters()
        self.over = True
        self.call_later(after, lambda: self._chain.reset(self))

    def lost_segments(self) -> int:
        """What the kernel has dropped."""
        return self._chain.lost_segments()

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call back, never from within a verb."""
        timers = self._chain.timers

        def due() -> None:
            self._calls.discard(handle)
            call()

        handle = timers.call_at(self._chain.clock.now() + max(0.0, seconds), due)
        self._calls.add(handle)

    # -- inside

    def _close(self) -> None:
        base, arrival, shares = self._waited(0.0)
        self._chain.end_on(self, lambda: self._chain.close(self), base, arrival, shares)

    def _waited(self, wait: float) -> tuple[float, float, Shares]:
        """Base, arrival at the next toxic and shares of what is passed on now."""
        if not self._inside:
            self._base = self._arrival = self._chain.clock.now()
            self._shares = {}
        base, arrival = self._base, self._arrival
        if wait == HOLD:
            share, leaves = HOLD, max(self._out, arrival)
        else:
            leaves = max(self._out, arrival + max(0.0, wait))
            share = leaves - arrival
        self._out = leaves
        if wait > 0:
            self.acts()
        return base, leaves, ({**self._shares, self: share} if share > 0 else self._shares)

    def _place(self, purpose: str) -> tuple[int, str, bytes, str]:
        server = self._chain.server
        place = draw.stream_place(self._chain.connection, upstream=self.upstream)
        return server.seed, server.spec.name, place, draw.toxic_purpose(self.name, purpose)
