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

QUANTILES = (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))
POPULATIONS = ("all", "normal", "faulted")
"""Whose latencies: of every exchange, of those that no fault touched, of those that one did."""


def latency_key(quantile_name: str, population: str) -> str:
    """The column of a quantile over a population: `p95`, `p95_normal`, `p95_faulted`."""
    return quantile_name if population == "all" else f"{quantile_name}_{population}"


RATES = (
    "down",
    "up",
    "exchanges",
    "errors_injected",
    "errors_backend",
    "errors_client",
    "connections",
    "opened",
    *(latency_key(name, population) for population in POPULATIONS for name, _ in QUANTILES),
)
"""The columns of `rates`: bytes/s, 1/s, open connections, new ones per second, seconds (NaN without an answer)."""
_UNKNOWN = (math.nan,) * len(QUANTILES)


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
        connections=sum(p.connections for p in parts),
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
    normal, normal_s = _new(now.latency, before.latency, now.latency_sums, before.latency_sums)
    faulted, faulted_s = _new(
        now.latency_faulted, before.latency_faulted, now.latency_faulted_sums, before.latency_faulted_sums
    )
    if any(faulted):
        everything = _quantiles(added((normal, faulted)), added((normal_s, faulted_s)))
        latencies = (*everything, *_quantiles(normal, normal_s), *_quantiles(faulted, faulted_s))
    else:
        latencies = (*(_quantiles(normal, normal_s) * 2), *_UNKNOWN)
    return (
        (now.down_written - before.down_written) / dt,
        (now.up_written - before.up_written) / dt,
        (now.exchanges - before.exchanges) / dt,
        (now.errors_injected - before.errors_injected) / dt,
        (now.errors_backend - before.errors_backend) / dt,
        (now.errors_client - before.errors_client) / dt,
        float(now.connections_open),
        (now.connections - before.connections) / dt,
        *latencies,
    )


def _new(
    now: tuple[int, ...], before: tuple[int, ...], now_s: tuple[float, ...], before_s: tuple[float, ...]
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """The times between the two, counts and seconds; () where none came, as on most of many proxies."""
    return ((), ()) if now == before else (difference(now, before), difference(now_s, before_s))


def _quantiles(counts: tuple[int, ...], sums: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(quantile(counts, q, sums) for _, q in QUANTILES)


def hits(now: ProxySample, before: ProxySample) -> dict[str, int]:
    """How often each behavior acted between the two."""
    earlier = dict(before.hits)
    return {name: count - earlier.get(name, 0) for name, count in now.hits}
