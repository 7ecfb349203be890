"""Counters to statsd, as the classic tool's `[statsd]` promised: one datagram a second, never waiting for anybody.

Names: PREFIX.PROXY.exchanges, .injected.BEHAVIOR, .toxics.TOXIC, .errors.injected|backend|client, .bytes.up|down (counters) and
.connections (a gauge). Counters are summed before they are sent, so `sample_rate` below 1 leaves out that share of
the datagrams and says so to the server (`|@0.5`), which then scales what it got. Wire format: the statsd project's
docs/metric_types.md.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Callable, Iterator

from vaurien_core.model.events import ProxySample, Sample
from vaurien_core.model.profile import StatsdSpec

INTERVAL_S = 1.0
LIMIT = 1400
"""Bytes of a datagram that pass any usual network unfragmented."""
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")

log = logging.getLogger("vaurien.statsd")


def lines(now: Sample, before: Sample, prefix: str = "", rate: float = 1.0) -> Iterator[str]:
    """What came between two samples, one metric a line; counters that did not move are left out."""
    share = f"|@{rate:g}" if rate < 1 else ""
    for proxy in now.proxies:
        last = before.proxy(proxy.name)
        name = ".".join(part for part in (prefix, _UNSAFE.sub("_", proxy.name)) if part)
        for metric, count in _counts(proxy):
            moved = count - dict(_counts(last)).get(metric, 0)
            if moved > 0:
                yield f"{name}.{metric}:{moved}|c{share}"
        yield f"{name}.connections:{proxy.connections_open}|g"


def _counts(proxy: ProxySample) -> Iterator[tuple[str, int]]:
    yield "exchanges", proxy.exchanges
    yield "errors.injected", proxy.errors_injected
    yield "errors.backend", proxy.errors_backend
    yield "errors.client", proxy.errors_client
    yield "bytes.up", proxy.up_written
    yield "bytes.down", proxy.down_written
    for behavior, hits in proxy.hits:
        yield f"injected.{_UNSAFE.sub('_', behavior)}", hits
    for toxic, streams in proxy.toxics:
        yield f"toxics.{_UNSAFE.sub('_', toxic)}", streams


def datagrams(metrics: Iterator[str]) -> Iterator[bytes]:
    """Metrics packed into datagrams of at most `LIMIT` bytes."""
    packed = b""
    for metric in metrics:
        line = metric.encode()
        if packed and len(packed) + 1 + len(line) > LIMIT:
            yield packed
            packed = b""
        packed = packed + b"\n" + line if packed else line
    if packed:
        yield packed


class Statsd:
    """Sends once a second until closed, and once more at the end. Owned by the run; lives on its loop.

    Args:
        spec: where to, under which prefix.
        take: gives the counters now.
        chance: numbers within [0, 1) for `sample_rate`.
    """

    def __init__(self, spec: StatsdSpec, take: Callable[[], Sample], chance: Callable[[], float]) -> None:
        self._spec, self._take, self._chance = spec, take, chance
        self._sent = Sample(0.0, 0.0)
        self._sock: socket.socket | None = None
        self._handle: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Resolve the host once; a host that can't be found is logged, and nothing is sent."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(self._spec.host, self._spec.port, type=socket.SOCK_DGRAM)
            family, kind, proto, _, address = found[0]
            self._sock = socket.socket(family, kind, proto)
            self._sock.setblocking(False)
            self._sock.connect(address)
        except OSError as error:
            log.warning("statsd at %s:%d: %s; nothing is sent.", self._spec.host, self._spec.port, error.strerror)
            return
        self._handle = loop.call_later(INTERVAL_S, self._tick)

    def close(self) -> None:
        """Send what is left and end; idempotent."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
            self._send()
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    def _tick(self) -> None:
        self._handle = asyncio.get_running_loop().call_later(INTERVAL_S, self._tick)
        self._send()

    def _send(self) -> None:
        now, before = self._take(), self._sent
        self._sent = now
        if self._sock is None or (self._spec.sample_rate < 1 and self._chance() >= self._spec.sample_rate):
            return
        for datagram in datagrams(lines(now, before, self._spec.prefix, self._spec.sample_rate)):
            try:
                self._sock.send(datagram)
            except OSError as error:  # nobody listens, or no room: counters are not worth waiting for
                log.debug("statsd: %s", error)
