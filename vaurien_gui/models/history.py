"""The last hour of an engine's samples as series that graphs can draw: fed at 10 Hz, read at 5 Hz, no Qt.

Time here is *history time*: the engine's clock `t`, and after a restart of the engine (its clock and counters begin
anew) that clock plus an offset, so that the axis goes on. Rates are sliding over one second, kept every half second;
the newest slot is rewritten until its half second is over, so a curve always reaches the present. The counts of
injected faults are kept in bins of one second of history time.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from vaurien_core.model.events import ProxySample, Sample
from vaurien_gui.models.rates import RATES, Figures, fell, hits, rates, total
from vaurien_gui.models.track import Floats, Track

STEP_S = 0.5
SLIDE_S = 1.0
SAMPLE_S = 0.1
"""How often an engine sends a sample; the last one of a slot comes so long before its end."""
SHORTEST_S = 0.45
"""Rates over less would show how samples are cut, not what happened."""
LONGEST_GAP_S = 1.6
"""A hole up to this long is bridged; a longer one stays a hole."""
SHARE_S = 10.0
RECENT_S = 2.0
"""Over how long the rate of one behavior is taken."""
SLACK_S = 0.06
"""Half a sample: how much older than asked a base may be."""
FLOWS = slice(0, 3)
"""Of `RATES`: those whose mean says more than their peak."""
BINS = 60
"""About so many bars in a window."""
POINTS = 1000
"""At most so many points in a window."""


@dataclass(frozen=True, slots=True)
class Series:
    """A window of time. The arrays are small, or views that are valid until the next sample."""

    start: float
    end: float
    """History time in seconds."""
    wall: float
    """Wall time (UNIX seconds) minus history time."""
    t: NDArray[np.float64]
    values: Mapping[str, Floats]
    """By name of `RATES`, as long as `t`, NaN where nothing was measured."""
    bin_s: float
    bins: NDArray[np.float64]
    """Left edges."""
    injected: Mapping[str, Floats]
    """Faults per second and behavior, as long as `bins`; only those that acted in this window."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The counters at one history time, by proxy."""

    h: float
    proxies: Mapping[str, ProxySample]


class History:
    """Keeps `seconds` of rates and counts for each proxy and for all together. Belongs to the window's loop."""

    def __init__(self, seconds: int = 3600) -> None:
        self.seconds = seconds
        self._slots = round(seconds / STEP_S)
        self._offset = self._wall = 0.0
        self._last: Sample | None = None
        self.clear()

    def clear(self) -> None:
        """Forget all that was measured; the clock goes on."""
        self._tracks: dict[str | None, Track] = {}
        self._seen: dict[str | None, float] = {}
        self._recent: deque[Moment] = deque()
        self._past: deque[Moment] = deque()
        self._now: Moment | None = None
        self._bin_base: Moment | None = None
        self._began = self.now

    @property
    def empty(self) -> bool:
        """Whether no sample came since it was made or cleared."""
        return not self._tracks

    @property
    def now(self) -> float:
        """History time of the newest sample, 0 at first."""
        return self.place(self._last.t) if self._last else 0.0

    def knows(self, t: float) -> bool:
        """Whether `t` is a time of the engine whose samples come; a new engine is heard before it is measured."""
        return self._last is None or t > self._last.t - LONGEST_GAP_S

    @property
    def age(self) -> float:
        """For how many seconds there have been samples since it was made or cleared."""
        return self.now - self._began

    @property
    def oldest(self) -> float:
        """History time of the oldest value that is kept."""
        return max(self._began, self.now - self.seconds)

    @property
    def wall(self) -> float:
        """Wall time (UNIX seconds) minus history time."""
        return self._wall

    @property
    def proxies(self) -> tuple[str, ...]:
        """The proxies that have a history, sorted."""
        return tuple(sorted(name for name in self._tracks if name is not None))

    def place(self, t: float) -> float:
        """The history time of `t`, a time on the clock of the engine that runs now."""
        return t + self._offset

    def add(self, sample: Sample) -> None:
        """Take in the newest counters."""
        before, self._last = self._last, sample
        if before is not None and sample.t < before.t:
            behind = before.t + self._offset
            self._offset = behind + max(STEP_S, sample.wall - before.wall) - sample.t
            self._begin()
        h = self.place(sample.t)
        if self.empty:
            self._began = h
        if self._now is not None and h - self._now.h > LONGEST_GAP_S:
            self._begin()
        if self._now is None or abs(sample.wall - h - self._wall) > STEP_S:
            self._wall = sample.wall - h
        if self._now is None and sample.t < LONGEST_GAP_S:
            self._recent.append(Moment(self._offset, {}))  # an engine begins with zeros
        moment = Moment(h, {p.name: p for p in sample.proxies})
        self._store(moment)
        self._remember(moment)

    def _begin(self) -> None:
        """What came before can't be subtracted from what comes."""
        self._recent.clear()
        self._past.clear()
        self._now = self._bin_base = None

    def _store(self, moment: Moment) -> None:
        """Write the slot and the bin that this moment is in."""
        slot, number = math.floor(moment.h / STEP_S), math.floor(moment.h)
        base = self._base(SLIDE_S, moment.h)
        measured = base is not None and moment.h - base.h >= SHORTEST_S
        if self._bin_base is None:
            self._bin_base = self._recent[0] if self._recent else moment
        elif self._now is not None and math.floor(self._now.h) != number:
            self._bin_base = self._now
        for name in (None, *moment.proxies):
            track = self._tracks.get(name)
            if track is None:
                track = self._tracks[name] = Track(self._slots, self.seconds)
            values: tuple[float, ...] = (math.nan,) * len(RATES)
            if base is not None and measured:
                values = rates(*_pair(name, moment, base), moment.h - base.h)
            track.measure(slot, values, bridge=self._now is not None)
            track.count(number, hits(*_pair(name, moment, self._bin_base)))
            self._seen[name] = moment.h
        for name in [n for n, seen in self._seen.items() if moment.h - seen > self.seconds]:
            del self._tracks[name], self._seen[name]

    def _remember(self, moment: Moment) -> None:
        """Keep every moment of the last second, and one per half second of the last ten."""
        self._now = moment
        self._recent.append(moment)
        while self._recent[0].h < moment.h - SLIDE_S - SLACK_S:
            old = self._recent.popleft()
            if not self._past or old.h - self._past[-1].h >= STEP_S - SLACK_S:
                self._past.append(old)
        while self._past and self._past[0].h < moment.h - SHARE_S - SLACK_S:
            self._past.popleft()

    def _base(self, width_s: float, h: float) -> Moment | None:
        """The newest moment kept that is at least `width_s` before `h`, or else the oldest."""
        found = None
        for moment in chain(self._past, self._recent):
            if found is not None and moment.h > h - width_s + SLACK_S:
                break
            found = moment
        return found

    def window(
        self, seconds: float, proxy: str | None = None, end: float | None = None, *, whole: bool = False
    ) -> Series:
        """The `seconds` before `end` (history time; None: now), of one proxy or of all together.

        Long windows are thinned to what a graph can show, unless it is to be `whole`.
        """
        end = self.now if end is None else end
        slot = math.floor(end / STEP_S)
        thin = 1 if whole else max(1, math.ceil(seconds / STEP_S / POINTS))
        groups = min(math.ceil(seconds / STEP_S / thin) + 2, self._slots // thin)
        first = (slot // thin - groups + 1) * thin
        ends: NDArray[np.int64] = np.arange(first, first + groups * thin, thin, dtype=np.int64) + thin
        t = (ends * STEP_S - SAMPLE_S).astype(np.float64)
        if len(t):
            t[-1] = min(float(t[-1]), end)  # the newest slot is as old as its last sample
        track = self._tracks.get(proxy)
        block = self._block(track, first, slot) if track is not None else np.full((len(RATES), 0), np.nan)
        values = dict(zip(RATES, _thinned(block, groups, thin), strict=True))
        bin_s = 1 if whole else max(1, round(seconds / BINS))
        bins, injected = self._bars(track, end, seconds, bin_s)
        return Series(end - seconds, end, self._wall, t, values, float(bin_s), bins, injected)

    def _block(self, track: Track, first: int, last: int) -> Floats:
        """The rates of some slots, NaN where none are kept (any more)."""
        numbers = np.arange(first, last + 1)
        newest = track.rates.last
        kept = (numbers <= newest) & (numbers > newest - self._slots) & (numbers >= 0)
        return np.where(kept, track.rates.view(last, len(numbers)), np.float32(np.nan))

    def _bars(
        self, track: Track | None, end: float, seconds: float, width: int
    ) -> tuple[NDArray[np.float64], dict[str, Floats]]:
        """Bins of `width` whole seconds, at multiples of it so that they don't shift, as rates per second."""
        last = math.floor(end) // width
        count = max(0, min(math.ceil(seconds / width) + 1, self.seconds // width, last + 1))
        edges: NDArray[np.float64] = np.arange(last - count + 1, last + 1, dtype=np.float64) * width
        if track is None or not count or not track.behaviors:
            return edges, {}
        rows = track.sums(last * width + width - 1, count, width) / width
        rows[:, edges <= track.bins.last - self.seconds] = 0.0  # newer counts stand in those places
        return edges, {name: row for name, row in zip(track.behaviors, rows, strict=True) if row.any()}

    def tiles(self, proxy: str | None = None) -> Figures:
        """The figures over the graphs, for one proxy or all together."""
        now, base = self._now, self._base(SHARE_S, self.now)
        if now is None or base is None or (proxy is not None and proxy not in now.proxies):
            return Figures()
        rings = self._tracks[proxy].rates
        latest = dict(zip(RATES, map(float, rings.view(rings.last, 1)[:, 0]), strict=True))
        counters, before = _pair(proxy, now, base)
        exchanges = counters.exchanges - before.exchanges
        return Figures(
            exchanges=latest["exchanges"],
            connections=float(counters.connections_open),
            faults=100 * (counters.injected - before.injected) / exchanges if exchanges > 0 else math.nan,
            errors=latest["errors_injected"] + latest["errors_backend"] + latest["errors_client"],
            p95=latest["p95"],
        )

    def share(self, proxy: str | None, behavior: str) -> tuple[float, float]:
        """How much of the traffic a behavior took: percent of the exchanges of the last 10 s, and times per second.

        The percentage is NaN while there are no exchanges; the rate is that of the last two seconds.
        """
        now = self._now
        base, near = self._base(SHARE_S, self.now), self._base(RECENT_S, self.now)
        if now is None or base is None or near is None or (proxy is not None and proxy not in now.proxies):
            return math.nan, 0.0
        counters, before = _pair(proxy, now, base)
        exchanges = counters.exchanges - before.exchanges
        percent = 100 * hits(counters, before).get(behavior, 0) / exchanges if exchanges > 0 else math.nan
        dt = now.h - near.h
        rate = hits(*_pair(proxy, now, near)).get(behavior, 0) / dt if dt >= SHORTEST_S else 0.0
        return percent, rate


def _thinned(block: Floats, groups: int, thin: int) -> Floats:
    """Groups of slots as one value each: the highest, so that no spike gets lost; the mean of what flows."""
    missing = groups * thin - block.shape[1]
    if missing:
        block = np.pad(block, ((0, 0), (0, missing)), constant_values=np.nan)
    if thin == 1:
        return block
    grouped = block.reshape(len(RATES), groups, thin)
    highest: Floats = np.fmax.reduce(grouped, axis=2)
    count = np.maximum(np.isfinite(grouped[FLOWS]).sum(axis=2), 1)
    highest[FLOWS] = np.where(np.isnan(highest[FLOWS]), np.nan, np.nansum(grouped[FLOWS], axis=2) / count)
    return highest


def _pair(name: str | None, now: Moment, base: Moment) -> tuple[ProxySample, ProxySample]:
    """The counters of a proxy (None: of all that are there now) at two moments; zeros for one that is new."""
    if name is None:
        pairs = [_pair(each, now, base) for each in now.proxies]
        return total(p[0] for p in pairs), total(p[1] for p in pairs)
    counters, before = now.proxies[name], base.proxies.get(name)
    return counters, ProxySample(name) if before is None or fell(counters, before) else before
