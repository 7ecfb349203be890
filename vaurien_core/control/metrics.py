"""`GET /metrics` for Prometheus: the engine's counters as they stand at the scrape, in a registry of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from vaurien_core.control.toxic_metrics import ToxicMetrics
from vaurien_core.engine.base import Engine
from vaurien_core.model.events import EngineState, ProxySample, Sample
from vaurien_core.model.histogram import BOUNDS, PER_DECADE

LE_INDICES: tuple[int, ...] = tuple(range(PER_DECADE, PER_DECADE * 7 + 1, PER_DECADE // 4))
"""Which of the 129 bounds are shown: four a decade from 100 µs to 100 s."""

_COUNTERS: tuple[tuple[str, str, Callable[[ProxySample], int]], ...] = (
    ("vaurien_exchanges", "Exchanges that began", lambda p: p.exchanges),
    ("vaurien_connections", "Client connections accepted", lambda p: p.connections),
    ("vaurien_opaque", "Connections that could not be framed (any more)", lambda p: p.opaque),
    ("vaurien_not_applicable", "Faults that could not act on their exchange", lambda p: p.not_applicable),
)
_GAUGES: tuple[tuple[str, str, Callable[[ProxySample], int]], ...] = (
    ("vaurien_connections_open", "Client connections open now", lambda p: p.connections_open),
    ("vaurien_held", "Exchanges held now", lambda p: p.held),
)


class Metrics:
    """The handler. Owns nothing but its registry."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def answer(self, request: web.Request) -> web.Response:
        """All metrics, as text or OpenMetrics by the `Accept` header."""
        sample, state = await self._engine.sample(), await self._engine.state()
        registry = CollectorRegistry()
        registry.register(_Scrape(sample, state))
        registry.register(ToxicMetrics(sample, state, (await self._engine.profile()).profile))
        encoder, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encoder(registry), headers={"Content-Type": content_type})


class _Scrape(Collector):
    """One moment's values."""

    def __init__(self, sample: Sample, state: EngineState) -> None:
        self._sample, self._state = sample, state

    def collect(self) -> Iterable[Metric]:
        proxies = self._sample.proxies
        for name, text, value in _COUNTERS:
            counter = CounterMetricFamily(name, text, labels=["proxy"])
            for proxy in proxies:
                counter.add_metric([proxy.name], value(proxy))
            yield counter
        for name, text, value in _GAUGES:
            gauge = GaugeMetricFamily(name, text, labels=["proxy"])
            for proxy in proxies:
                gauge.add_metric([proxy.name], value(proxy))
            yield gauge
        yield from _injected(proxies)
        yield _opaque(proxies)
        yield from _bytes(proxies)
        yield from _times(proxies)
        running = GaugeMetricFamily("vaurien_listening", "Whether the proxy's listener is bound", labels=["proxy"])
        for stand in self._state.proxies:
            running.add_metric([stand.name], int(stand.running))
        yield running
        yield GaugeMetricFamily("vaurien_all_normal", "Whether all-normal holds", int(self._state.held))
        yield CounterMetricFamily("vaurien_cpu_seconds", "CPU time of the engine's process", self._sample.cpu_s)


def _injected(proxies: Sequence[ProxySample]) -> Iterator[Metric]:
    injected = CounterMetricFamily("vaurien_injected", "Exchanges that a fault touched", labels=["proxy", "behavior"])
    matched = CounterMetricFamily(
        "vaurien_matched", "Exchanges that a rule's selectors matched", labels=["proxy", "rule"]
    )
    errors = CounterMetricFamily("vaurien_errors", "Exchanges that failed, by whose doing", labels=["proxy", "side"])
    for proxy in proxies:
        for behavior, hits in proxy.hits:
            injected.add_metric([proxy.name, behavior], hits)
        for rule, count in proxy.matched:
            matched.add_metric([proxy.name, rule], count)
        errors.add_metric([proxy.name, "injected"], proxy.errors_injected)
        errors.add_metric([proxy.name, "backend"], proxy.errors_backend)
        errors.add_metric([proxy.name, "client"], proxy.errors_client)
    yield injected
    yield matched
    yield errors


def _opaque(proxies: Sequence[ProxySample]) -> Metric:
    family = CounterMetricFamily(
        "vaurien_opaque_connections", "Connections that could not be framed (any more), by reason",
        labels=["proxy", "reason"],
    )  # fmt: skip
    for proxy in proxies:
        for reason, count in proxy.opaque_reasons:
            family.add_metric([proxy.name, reason], count)
    return family


def _bytes(proxies: Sequence[ProxySample]) -> Iterator[Metric]:
    labels = ["proxy", "direction"]
    read = CounterMetricFamily("vaurien_read_bytes", "Bytes read from the sockets", labels=labels)
    written = CounterMetricFamily("vaurien_written_bytes", "Bytes written to the sockets", labels=labels)
    for proxy in proxies:
        read.add_metric([proxy.name, "upstream"], proxy.up_read)
        read.add_metric([proxy.name, "downstream"], proxy.down_read)
        written.add_metric([proxy.name, "upstream"], proxy.up_written)
        written.add_metric([proxy.name, "downstream"], proxy.down_written)
    yield read
    yield written


def _times(proxies: Sequence[ProxySample]) -> Iterator[Metric]:
    latency = HistogramMetricFamily(
        "vaurien_latency_seconds",
        "First byte of the request read to first byte of the answer written",
        labels=["proxy", "faulted"],
    )
    lateness = HistogramMetricFamily(
        "vaurien_lateness_seconds", "How much later than planned a delay let go", labels=["proxy"]
    )
    for proxy in proxies:
        latency.add_metric([proxy.name, "no"], buckets(proxy.latency), sum(proxy.latency_sums))
        latency.add_metric([proxy.name, "yes"], buckets(proxy.latency_faulted), sum(proxy.latency_faulted_sums))
        lateness.add_metric([proxy.name], buckets(proxy.lateness), sum(proxy.lateness_sums))
    yield latency
    yield lateness


def buckets(counts: Sequence[int]) -> list[tuple[str, float]]:
    """Cumulative counts at the bounds that are shown, as (`le` in seconds, count), `+Inf` last."""
    shown: list[tuple[str, float]] = []
    total = position = 0
    for index in LE_INDICES:
        total += sum(counts[position : index + 1])
        position = index + 1
        shown.append((f"{BOUNDS[index]:.4g}", total))
    shown.append(("+Inf", sum(counts)))
    return shown
