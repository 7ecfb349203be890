"""A meter that has read what an engine counted: the text of `/metrics` made of samples, for the lints of graphs."""

from __future__ import annotations

import time
from collections.abc import Sequence

from vaurien_core.control.metrics import buckets
from vaurien_core.model.events import ProxySample, Sample
from vaurien_gui.screens.metrics import Meter, Scrape, parsed


def text_of(proxy: ProxySample) -> str:
    """The lines that the lints read."""
    name = proxy.name
    lines = [
        f'vaurien_exchanges_total{{proxy="{name}"}} {proxy.exchanges}.0',
        f'vaurien_connections_total{{proxy="{name}"}} {proxy.connections}.0',
        f'vaurien_connections_open{{proxy="{name}"}} {proxy.connections_open}.0',
        f'vaurien_written_bytes_total{{direction="downstream",proxy="{name}"}} {proxy.down_written}.0',
        f'vaurien_written_bytes_total{{direction="upstream",proxy="{name}"}} {proxy.up_written}.0',
    ]
    lines += [f'vaurien_injected_total{{behavior="{rule}",proxy="{name}"}} {hits}.0' for rule, hits in proxy.hits]
    sides = (("injected", proxy.errors_injected), ("backend", proxy.errors_backend), ("client", proxy.errors_client))
    lines += [f'vaurien_errors_total{{proxy="{name}",side="{side}"}} {count}.0' for side, count in sides]
    for faulted, counts in (("no", proxy.latency), ("yes", proxy.latency_faulted)):
        found = buckets(counts)
        lines += [
            f'vaurien_latency_seconds_bucket{{faulted="{faulted}",le="{le}",proxy="{name}"}} {n}' for le, n in found
        ]
        lines.append(f'vaurien_latency_seconds_count{{faulted="{faulted}",proxy="{name}"}} {found[-1][1]}')
    return "\n".join(lines)


def meter_of(samples: Sequence[Sample]) -> Meter:
    """As if each of them had been read when it was made, the last one just now."""
    meter, now = Meter("http://nowhere"), time.monotonic()
    for sample in samples:
        at = now - (samples[-1].t - sample.t)
        meter.scrapes.append(Scrape(at, parsed("\n".join(map(text_of, sample.proxies)), None)))
    return meter
