"""Where one subject is measured: an engine with two proxies of real sockets, one with the fault and one without.

The engine runs on a `Host`; measuring functions run on other threads and use blocking sockets, as clients do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from vaurien_core.addresses import Address
from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.events import Entry, ProxySample
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec, Rule, ToxicSpec
from vaurien_core.options import OptionSet
from vaurien_core.proxy import draw
from vaurien_core.registry import Registry
from vaurien_core.verify.backend import Backend, Serve, answering
from vaurien_core.verify.client import PATIENCE_S, Client
from vaurien_core.verify.draws import FAULTED, SEED, Draws
from vaurien_core.verify.host import Host
from vaurien_core.verify.values import MIX, STATE, TOXIC, Subject

CONTROL = "control"


class Way:
    """One of the two: a backend and the proxy in front of it.

    Attributes:
        opened: how many connections were made: the number of the last one in draws.
    """

    def __init__(self, name: str, *, window: int = 0) -> None:
        self.name = name
        self.backend = Backend(answering(4, 4), window=window)
        self.port = 0
        self.opened = 0

    def serve(self, serve: Serve) -> None:
        """What the backend does from the next connection on."""
        self.backend.serve = serve

    def connect(self, patience_s: float = PATIENCE_S) -> Client:
        """A client of the proxy."""
        self.opened += 1
        return Client(self.port, patience_s)


class Stand:
    """Owns an engine and two ways; one subject's, and of one thread."""

    def __init__(self, host: Host, registry: Registry, subject: Subject, *, seconds: float = 2.0) -> None:
        self.subject, self.seconds = subject, seconds
        self._host, self._registry = host, registry
        self.control, self.faulted = Way(CONTROL), Way(FAULTED)

    def __enter__(self) -> Self:
        """Listen."""
        profile = Profile((self._spec(self.control), with_fault(self._spec(self.faulted), self.subject)), SEED)
        try:
            self.engine = self._host.call(self._make(profile))
            self.find_ports()
        except BaseException:
            self._close_backends()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        """End it."""
        self._host.call(self.engine.aclose())
        self._close_backends()

    def _spec(self, way: Way) -> ProxySpec:
        return ProxySpec(
            way.name, "127.0.0.1:0", f"127.0.0.1:{way.backend.port}", self.subject.protocol,
            protocol_options=self.subject.protocol_options,
        )  # fmt: skip

    async def _make(self, profile: Profile) -> LocalEngine:
        engine = LocalEngine(profile, registry=self._registry, journal_all=True)
        await engine.start()
        return engine

    def find_ports(self) -> None:
        """Learn where the proxies listen now."""
        for proxy in self._host.call(self.engine.state()).proxies:
            way = self.control if proxy.name == CONTROL else self.faulted
            way.port = Address.parse(proxy.bound).port if proxy.bound else way.port

    def _close_backends(self) -> None:
        self.control.backend.close()
        self.faulted.backend.close()

    # -- what measuring functions ask and do

    @property
    def options(self) -> OptionSet:
        """The fault's options with their defaults."""
        return self._registry.behavior(self.subject.kind).Options.build(self.subject.options)

    def ways(self) -> tuple[Way, Way]:
        """The control first."""
        return self.control, self.faulted

    def sample(self) -> ProxySample:
        """The faulted proxy's counters."""
        return self._host.call(self.engine.sample()).proxy(FAULTED)

    def journal(self) -> tuple[Entry, ...]:
        """What the faulted proxy has journalled."""
        return tuple(e for e in self._host.call(self.engine.journal(0, 100_000)) if e.proxy == FAULTED)

    def release(self) -> int:
        """Let go what the fault holds; how many exchanges."""
        return self._host.call(self.engine.release(FAULTED))

    def use(self, change: Callable[[ProxySpec], ProxySpec]) -> None:
        """Change the faulted proxy while it runs."""
        profile = self._host.call(self.engine.profile()).profile
        self._host.call(self.engine.apply(profile.with_proxy(change(profile.proxy(FAULTED)))))

    def draws(self, connection: int = 1, exchange: int = 1, *, upstream: bool = False, name: str = "") -> Draws:
        """What the fault draws there, recomputed; see `proxy.draw`."""
        if self.subject.mount == MIX:
            return Draws(draw.ordinal_place(connection, exchange), lambda purpose: purpose)
        toxic = name or self.subject.rule
        place = draw.stream_place(connection, upstream=upstream)
        return Draws(place, lambda purpose: draw.toxic_purpose(toxic, purpose))


def with_fault(spec: ProxySpec, subject: Subject) -> ProxySpec:
    """The proxy with the fault."""
    if subject.mount == STATE:
        return spec.with_state(subject.kind)
    if subject.mount == TOXIC:
        for number in range(subject.copies):
            name = subject.rule if number == 0 else f"{subject.rule} {number + 1}"
            toxicity, options = subject.toxicity, subject.options
            spec = spec.with_toxic(ToxicSpec(name, subject.kind, subject.stream, toxicity, options=options))
        return spec
    rules = subject.rules or (Rule(subject.rule, Decimal(100)),)
    for rule in (r for r in rules if r.behavior != draw.DUMMY):
        kind = subject.kind if rule.behavior != subject.kind else ""
        spec = spec.with_behavior(BehaviorSpec(rule.behavior, kind, subject.options))
    return spec.with_mix(rules)


def until(condition: Callable[[], Any], seconds: float = 3.0) -> bool:
    """Whether it becomes true within so long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True
