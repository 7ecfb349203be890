"""What Prometheus sees."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
from fake import FakeEngine
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from vaurien_core.control.metrics import buckets
from vaurien_core.model.events import ProxySample
from vaurien_core.model.histogram import BOUNDS, SIZE, Histogram

LABELS = tuple[tuple[str, str], ...]


async def scrape(http: aiohttp.ClientSession) -> dict[tuple[str, LABELS], float]:
    async with http.get("/metrics") as response:
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/plain")
        families = text_string_to_metric_families(await response.text())
        return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples}


async def test_counters_are_those_of_the_engine_at_the_scrape(http: aiohttp.ClientSession, engine: FakeEngine) -> None:
    latency = Histogram()
    for seconds in (0.0005, 0.05, 0.05, 2.0):
        latency.record(seconds)
    web = ProxySample(
        "web", 10, 9, 8, 7, 3, 2, 2, 40, 6, (("delay", 4), ("error", 2)), 2, 1, 5, 11, 12, 1,
        latency.snapshot(), (), latency.snapshot(), latency.snapshot_sums(), (), latency.snapshot_sums(),
        opaque_reasons=(("STARTTLS", 4), ("TLS", 8)),
    )  # fmt: skip
    engine.counters = (web,)
    seen = await scrape(http)
    proxy = ("proxy", "web")
    assert seen["vaurien_exchanges_total", (proxy,)] == 40
    assert seen["vaurien_injected_total", (("behavior", "delay"), proxy)] == 4
    assert seen["vaurien_injected_total", (("behavior", "error"), proxy)] == 2
    sides = {s: seen["vaurien_errors_total", (proxy, ("side", s))] for s in ("injected", "backend", "client")}
    assert sides == {"injected": 2, "backend": 1, "client": 5}
    assert seen["vaurien_read_bytes_total", (("direction", "upstream"), proxy)] == 10
    assert seen["vaurien_written_bytes_total", (("direction", "downstream"), proxy)] == 7
    assert seen["vaurien_connections_total", (proxy,)] == 3
    assert seen["vaurien_connections_open", (proxy,)] == 2
    assert seen["vaurien_held", (proxy,)] == 1
    assert seen["vaurien_opaque_total", (proxy,)] == 12
    assert seen["vaurien_opaque_connections_total", (proxy, ("reason", "TLS"))] == 8
    assert seen["vaurien_opaque_connections_total", (proxy, ("reason", "STARTTLS"))] == 4
    assert seen["vaurien_not_applicable_total", (proxy,)] == 11
    assert seen["vaurien_latency_seconds_count", (("faulted", "no"), proxy)] == 4
    assert abs(seen["vaurien_latency_seconds_sum", (("faulted", "no"), proxy)] - 2.1005) < 1e-9
    assert seen["vaurien_latency_seconds_bucket", (("faulted", "no"), ("le", "0.1"), proxy)] == 3
    assert seen["vaurien_lateness_seconds_bucket", (("le", "+Inf"), proxy)] == 4
    engine.counters = (replace(web, exchanges=41),)
    assert (await scrape(http))["vaurien_exchanges_total", (proxy,)] == 41
    assert ("vaurien_exchanges_total", (("proxy", "none"),)) in seen


async def test_openmetrics_is_spoken_to_those_who_ask(http: aiohttp.ClientSession) -> None:
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    async with http.get("/metrics", headers=accept) as response:
        assert response.headers["Content-Type"].startswith("application/openmetrics-text")
        assert (await response.text()).endswith("# EOF\n")


@given(st.lists(st.integers(0, 5), max_size=SIZE))
def test_buckets_rise_to_the_total(counts: list[int]) -> None:
    shown = buckets(counts)
    values = [value for _, value in shown]
    assert values == sorted(values)
    assert values[-1] == sum(counts)
    assert len(shown) < 30


@given(st.floats(1e-6, 2000))
def test_a_time_is_in_the_first_bucket_whose_bound_it_does_not_exceed(seconds: float) -> None:
    histogram = Histogram()
    histogram.record(seconds)
    first = next(le for le, value in buckets(histogram.snapshot()) if value)
    bounds = [float(le) for le, _ in buckets(())]
    below = [b for b in bounds if b < float(first)]
    assert seconds <= float(first) * 1.0002
    assert not below or seconds > below[-1] * 0.9998
    assert max(BOUNDS) > 999
