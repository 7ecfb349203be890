"""The counters of a run over time: a sample a second, thinned out when a run is long, so that memory stays bounded."""

from __future__ import annotations

from itertools import pairwise

from vaurien_core.frozen import dataclass
from vaurien_core.model.events import ProxySample, Sample
from vaurien_core.model.histogram import difference, quantile

EVERY_S = 1.0
LIMIT = 1200
"""Samples that are kept; at the limit every other one goes, and only half as many are taken from there on."""


class Series:
    """What `add` is given, thinned out. Owned by the run."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._samples: list[Sample] = []
        self._every = EVERY_S

    def add(self, sample: Sample, *, last: bool = False) -> None:
        """Keep a sample, if the one before is old enough or it is the last of all."""
        if self._samples and not last and sample.t - self._samples[-1].t < self._every * 0.9:
            return
        self._samples.append(sample)
        if len(self._samples) >= self._limit:
            del self._samples[1::2]
            self._every *= 2

    def steps(self, proxy: str) -> list[Step]:
        """What one proxy did between neighbouring samples."""
        samples = list(self._samples)
        if len(samples) > 2 and samples[-1].t - samples[-2].t < self._every / 2:
            del samples[-2]  # the rates of a moment say nothing
        return [
            Step(before.t, after.t, before.proxy(proxy), after.proxy(proxy))
            for before, after in pairwise(samples)
            if after.t > before.t
        ]


@dataclass(frozen=True, slots=True)
class Step:
    """One stretch of time of one proxy; rates are a second's."""

    begin: float
    end: float
    before: ProxySample
    after: ProxySample

    def rate(self, counter: str) -> float:
        """Of a counter of `ProxySample`."""
        return float(getattr(self.after, counter) - getattr(self.before, counter)) / (self.end - self.begin)

    def hits(self, rule: str) -> float:
        """How often a rule acted."""
        return (dict(self.after.hits).get(rule, 0) - dict(self.before.hits).get(rule, 0)) / (self.end - self.begin)

    def quantile_ms(self, share: float) -> float:
        """Of the latency of untouched exchanges in this stretch; NaN without any."""
        counts = difference(self.after.latency, self.before.latency)
        return quantile(counts, share, difference(self.after.latency_sums, self.before.latency_sums)) * 1000
