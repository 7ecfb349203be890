"""What `/metrics` says of toxics and states, and Toxiproxy's own counters with its names and labels.

Toxiproxy counts a connection's bytes when it ends (`collectors/proxy.go`); these count live.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vaurien_core.control.toxiproxy.objects import listen_of
from vaurien_core.model.events import EngineState, Sample
from vaurien_core.model.profile import Profile
from vaurien_core.model.veil import Veil

LABELS = ("direction", "listener", "proxy", "upstream")
"""In Toxiproxy's order, which scripts search for."""


class ToxicMetrics(Collector):
    """One moment's values."""

    def __init__(self, sample: Sample, state: EngineState, profile: Profile) -> None:
        self._sample, self._state, self._profile = sample, state, profile
        self._veil = Veil(profile.references)

    def collect(self) -> Iterable[Metric]:
        """All families."""
        yield from self._toxics()
        state = GaugeMetricFamily("vaurien_state", "1 for the state in which the proxy is", labels=["proxy", "state"])
        for stand in self._state.proxies:
            state.add_metric([stand.name, stand.state], 1)
        yield state
        yield from self._bytes()

    def _toxics(self) -> Iterator[Metric]:
        mounted = GaugeMetricFamily(
            "vaurien_toxicity",
            "Share of streams on which a mounted toxic acts",
            labels=["proxy", "toxic", "type", "stream"],
        )
        acted = CounterMetricFamily(
            "vaurien_toxic_streams", "Streams of connections on which a toxic acted", labels=["proxy", "toxic"]
        )
        for spec in self._profile.proxies:
            for toxic in spec.mounted:
                mounted.add_metric([spec.name, toxic.name, toxic.kind, toxic.stream], toxic.toxicity)
        for proxy in self._sample.proxies:
            for name, count in proxy.toxics:
                acted.add_metric([proxy.name, name], count)
        yield mounted
        yield acted

    def _bytes(self) -> Iterator[Metric]:
        received = CounterMetricFamily(
            "toxiproxy_proxy_received_bytes", "Bytes read, as Toxiproxy names it", labels=LABELS
        )
        sent = CounterMetricFamily("toxiproxy_proxy_sent_bytes", "Bytes written, as Toxiproxy names it", labels=LABELS)
        for spec in self._profile.proxies:
            sample = self._sample.proxy(spec.name)
            listener = listen_of(spec, self._state.proxy(spec.name))
            upstream = str(self._veil.covered(spec.backend, ("proxies", spec.name, "backend")))
            for direction, read, written in (
                ("upstream", sample.up_read, sample.up_written),
                ("downstream", sample.down_read, sample.down_written),
            ):
                received.add_metric([direction, listener, spec.name, upstream], read)
                sent.add_metric([direction, listener, spec.name, upstream], written)
        yield received
        yield sent
