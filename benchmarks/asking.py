"""What a subject's control server tells of its counters and its journal, and what its draws must have come to."""

from __future__ import annotations

import json
import urllib.request
from decimal import Decimal
from typing import Any

from benchmarks.processes import Running
from vaurien_core.model.profile import ProxySpec, Rule
from vaurien_core.proxy.draw import predict

PAGE = 10_000
"""Entries of the journal at once; the control server gives no more."""
SEED = 42
START_LINE = b"GET / HTTP/1.1"


def told(running: Running, path: str) -> Any:  # whatever JSON says
    """The answer to one GET."""
    with urllib.request.urlopen(f"http://127.0.0.1:{running.api}{path}", timeout=20) as answer:
        return json.load(answer)


def counters(running: Running) -> list[dict[str, Any]]:
    """Those of every proxy."""
    proxies: list[dict[str, Any]] = told(running, "/v3/sample")["proxies"]
    return proxies


def journal(running: Running) -> tuple[int, int]:
    """How many entries there were, and how many of them are still in memory."""
    first = last = kept = 0
    while page := told(running, f"/v3/journal?since={last}&limit={PAGE}")["entries"]:
        first = first or page[0]["n"]
        kept += len(page)
        last = page[-1]["n"]
    return last, kept


def predicted(proxy: str, mix: dict[str, int], requests: int) -> int:
    """Of so many equal requests to a proxy: how many get a fault.

    Args:
        proxy: its name.
        mix: weights in percent, in written order.
        requests: that it has seen.
    """
    spec = ProxySpec(proxy, protocol="http", mix=tuple(Rule(name, Decimal(weight)) for name, weight in mix.items()))
    return sum(found.rule != "dummy" for found in predict(spec, SEED, [START_LINE] * requests))
