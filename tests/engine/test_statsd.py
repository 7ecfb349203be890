"""What is sent to statsd: differences, safe names, datagrams that fit."""

from __future__ import annotations

from vaurien_core.engine.statsd import LIMIT, datagrams, lines
from vaurien_core.model.events import ProxySample, Sample


def at(**counts: object) -> Sample:
    return Sample(0.0, 0.0, (ProxySample("orders.db", **counts),))  # type: ignore[arg-type]


def test_counters_are_sent_as_what_came_since_the_last_time() -> None:
    before = at(exchanges=10, hits=(("delay", 3),))
    now = at(
        exchanges=14, hits=(("delay", 3), ("my fault", 2)), connections_open=7, up_written=5, toxics=(("slow.link", 2),)
    )
    assert list(lines(now, before, "ci")) == [
        "ci.orders_db.exchanges:4|c",
        "ci.orders_db.bytes.up:5|c",
        "ci.orders_db.injected.my_fault:2|c",
        "ci.orders_db.toxics.slow_link:2|c",
        "ci.orders_db.connections:7|g",
    ]


def test_the_server_is_told_of_the_share_that_it_gets() -> None:
    assert next(lines(at(exchanges=1), at(), rate=0.25)) == "orders_db.exchanges:1|c|@0.25"


def test_datagrams_hold_whole_lines_and_fit() -> None:
    sample = Sample(0.0, 0.0, tuple(ProxySample(f"proxy-{n}", exchanges=n + 1) for n in range(200)))
    packed = list(datagrams(lines(sample, Sample(0.0, 0.0))))
    assert len(packed) > 1
    assert all(len(datagram) <= LIMIT for datagram in packed)
    assert b"\n".join(packed).count(b"|c") == 200
