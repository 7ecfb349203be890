"""From two sets of cumulative counters to rates: pure arithmetic, no Qt, no numpy.

`History` calls it with the newest counters of a proxy and those of about one second before.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from vaurien_core.model.events import ProxySample
from vaurien_core.model.histogram import added, difference, quantile

RATES = (
    "down",
    "up",
    "exchanges",
    "errors_injected",
    "errors_backend",
    "errors_client",
    "connections",
    "p50",
    "p95",
    "p99",
)
"""The columns of `rates`: bytes/s, 1/s, open connections, seconds (NaN without an answer)."""
QUANTILES = (0.50, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Figures:
    """The tiles over the graphs, as numbers; NaN where there is nothing to say yet."""

    exchanges: float = math.nan
    """Per second."""
    connections: float = math.nan
    """Open now."""
    faults: float = math.nan
    """Share of the exchanges of the last 10 s that a fault touched, in percent."""
    errors: float = math.nan
    """Injected, backend's and client's, per second."""
    p95: float = math.nan
    """Seconds."""


def total(proxies: Iterable[ProxySample]) -> ProxySample:
    """The counters of several proxies as one, named "" (those that graphs need)."""
    parts = tuple(proxies)
    if len(parts) == 1:
        return parts[0]
    hits: Counter[str] = Counter()
    for part in parts:
        hits.update(dict(part.hits))
    return ProxySample(
        name="",
        down_written=sum(p.down_written for p in parts),
        up_written=sum(p.up_written for p in parts),
        connections_open=sum(p.connections_open for p in parts),
        exchanges=sum(p.exchanges for p in parts),
        injected=sum(p.injected for p in parts),
        hits=tuple(sorted(hits.items())),
        errors_injected=sum(p.errors_injected for p in parts),
        errors_backend=sum(p.errors_backend for p in parts),
        errors_client=sum(p.errors_client for p in parts),
        latency=added(p.latency for p in parts),
        latency_faulted=added(p.latency_faulted for p in parts),
        latency_sums=added(p.latency_sums for p in parts),
        latency_faulted_sums=added(p.latency_faulted_sums for p in parts),
    )


def fell(now: ProxySample, before: ProxySample) -> bool:
    """Whether these can't be the same counters: a proxy was removed and another of its name began."""
    return now.exchanges < before.exchanges or now.connections < before.connections or now.up_read < before.up_read


def rates(now: ProxySample, before: ProxySample, dt: float) -> tuple[float, ...]:
    """One value per name of `RATES`, over the `dt` seconds (> 0) between the two."""
    counts = difference(added((now.latency, now.latency_faulted)), added((before.latency, before.latency_faulted)))
    sums = difference(
        added((now.latency_sums, now.latency_faulted_sums)), added((before.latency_sums, before.latency_faulted_sums))
    )
    return (
        (now.down_written - before.down_written) / dt,
        (now.up_written - before.up_written) / dt,
        (now.exchanges - before.exchanges) / dt,
        (now.errors_injected - before.errors_injected) / dt,
        (now.errors_backend - before.errors_backend) / dt,
        (now.errors_client - before.errors_client) / dt,
        float(now.connections_open),
        *(quantile(counts, q, sums) for q in QUANTILES),
    )


def hits(now: ProxySample, before: ProxySample) -> dict[str, int]:
    """How often each behavior acted between the two."""
    earlier = dict(before.hits)
    return {name: count - earlier.get(name, 0) for name, count in now.hits}
