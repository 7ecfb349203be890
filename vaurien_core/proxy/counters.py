"""What one proxy counts. Cumulative since the engine started; nothing here ever falls but the gauges."""

from __future__ import annotations

from vaurien_core.model.events import ProxySample
from vaurien_core.model.histogram import Histogram


class Tally:
    """Bytes at the sockets of one side; the ports count here themselves."""

    __slots__ = ("read", "written")

    def __init__(self) -> None:
        self.read = 0
        self.written = 0


class Counters:
    """All counters of a proxy. Lives as long as its server object, over stops and starts."""

    def __init__(self) -> None:
        self.client = Tally()
        self.backend = Tally()
        self.connections = 0
        self.connections_open = 0
        self.connections_max = 0
        self.exchanges = 0
        self.injected = 0
        self.hits: dict[str, int] = {}
        self.matched: dict[str, int] = {}
        self.toxics: dict[str, int] = {}
        self.errors_injected = 0
        self.errors_backend = 0
        self.errors_client = 0
        self.not_applicable = 0
        self.opaque_reasons: dict[str, int] = {}
        self.held = 0
        self.latency = Histogram()
        self.latency_faulted = Histogram()
        self.lateness = Histogram()

    def opened(self) -> int:
        """A connection was accepted; its number, from 1."""
        self.connections += 1
        self.connections_open = now = self.connections_open + 1
        if now > self.connections_max:
            self.connections_max = now
        return self.connections

    @property
    def opaque(self) -> int:
        """Connections that could not be framed (any more)."""
        return sum(self.opaque_reasons.values())

    def acted(self, rule: str) -> None:
        """A fault touched an exchange."""
        self.injected += 1
        self.hits[rule] = self.hits.get(rule, 0) + 1

    def toxic_acted(self, toxic: str) -> None:
        """A toxic touches a stream of a connection for the first time."""
        self.toxics[toxic] = self.toxics.get(toxic, 0) + 1

    def match(self, rule: str) -> None:
        """The selectors of a rule matched an exchange."""
        self.matched[rule] = self.matched.get(rule, 0) + 1

    def sample(self, name: str, former: int = 0) -> ProxySample:
        """All of it at this moment; `former` is `connections_former`."""
        return ProxySample(
            name=name,
            up_read=self.client.read,
            up_written=self.backend.written,
            down_read=self.backend.read,
            down_written=self.client.written,
            connections=self.connections,
            connections_open=self.connections_open,
            connections_max=self.connections_max,
            exchanges=self.exchanges,
            injected=self.injected,
            hits=tuple(sorted(self.hits.items())),
            matched=tuple(sorted(self.matched.items())),
            toxics=tuple(sorted(self.toxics.items())),
            errors_injected=self.errors_injected,
            errors_backend=self.errors_backend,
            errors_client=self.errors_client,
            not_applicable=self.not_applicable,
            opaque=self.opaque,
            opaque_reasons=tuple(sorted(self.opaque_reasons.items())),
            held=self.held,
            latency=self.latency.snapshot(),
            latency_faulted=self.latency_faulted.snapshot(),
            lateness=self.lateness.snapshot(),
            latency_sums=self.latency.snapshot_sums(),
            latency_faulted_sums=self.latency_faulted.snapshot_sums(),
            lateness_sums=self.lateness.snapshot_sums(),
            connections_former=former,
        )
