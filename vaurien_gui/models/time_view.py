"""Which part of history time the graphs show: live, or standing still; and what zooming and panning make of it.

Pure values: the graphs' view holds one and swaps it. Times are history time in seconds (see `history`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SHORTEST_S = 5.0
LONGEST_S = 3600.0
SPANS = ((30, "30 s"), (60, "1 min"), (300, "5 min"), (900, "15 min"), (3600, "60 min"))
"""The windows of time that are offered: seconds and what they are called."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What can be looked at: from the oldest value kept to the newest."""

    oldest: float
    now: float


@dataclass(frozen=True, slots=True)
class TimeView:
    """`span` seconds up to `end`, or up to now where `end` is None (live)."""

    span: float = 30.0
    end: float | None = None

    @property
    def live(self) -> bool:
        """Whether it moves with the time."""
        return self.end is None

    def last(self, limits: Limits) -> float:
        """The right edge."""
        return limits.now if self.end is None else self.end

    def paused(self, limits: Limits) -> TimeView:
        """The same window, standing still."""
        return replace(self, end=self.last(limits))

    def zoomed(self, factor: float, at: float, limits: Limits) -> TimeView:
        """`factor` times as long, with what is at the time `at` staying where it is; stands still."""
        end = self.last(limits)
        span = min(max(self.span * factor, SHORTEST_S), LONGEST_S)
        return replace(self, span=span)._ending(at + (end - at) * span / self.span, limits)

    def panned(self, seconds: float, limits: Limits) -> TimeView:
        """Moved towards the past (negative) or the present; stands still."""
        return self._ending(self.last(limits) + seconds, limits)

    def showing(self, t: float, limits: Limits) -> TimeView:
        """The same window if it shows `t`, else one with `t` in its middle that stands still."""
        end = self.last(limits)
        return self if end - self.span <= t <= end else self._ending(t + self.span / 2, limits)

    def _ending(self, end: float, limits: Limits) -> TimeView:
        """Never beyond now, and never with less than half a window of what is kept."""
        least = min(limits.now, limits.oldest + self.span / 2)
        return replace(self, end=min(max(end, least), limits.now))
