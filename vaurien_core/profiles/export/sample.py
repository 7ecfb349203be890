"""The requests that an exported test sends, and which faults the seed draws for them.

The engine would draw the same: places are made by the protocol's own framer, numbers by `proxy.draw`.
"""

from __future__ import annotations

from collections.abc import Callable

from vaurien_core.frozen import dataclass
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.proxy.draw import MIX, Request, bounds, choose, number, ordinal_place, predict
from vaurien_core.registry import Registry

FEWEST, MOST = 20, 200
"""Requests of a test: as many as it takes to meet every rule, within these."""
_REQUESTS: dict[str, Callable[[int], bytes]] = {
    "http": lambda n: b"GET /vaurien/%d HTTP/1.1\r\nHost: test\r\n\r\n" % n,
    "redis": lambda n: b"GET vaurien:%d\r\n" % n,
    "memcache": lambda n: b"get vaurien:%d\r\n" % n,
    "tcp": lambda n: b"vaurien %d\n" % n,
    "smtp": lambda n: b"NOOP\r\n",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """What is sent to one proxy, one request to a connection, and what becomes of it."""

    requests: tuple[bytes, ...]
    """Empty: no request can be made up without a login."""
    faults: dict[str, str] | None = None
    """Request to rule, as far as one is drawn; None: that hangs on time or on the order of arrival."""


def sample(profile: Profile, spec: ProxySpec, registry: Registry) -> Sample:
    """The sample of one proxy. The keys of `faults` are labels, for `draw_by = ordinal` numbers of connections."""
    make = _REQUESTS.get(spec.protocol)
    if make is None:
        return Sample(())
    requests = [make(n) for n in range(1, MOST + 1)]
    drawn = _drawn(profile, spec, requests, registry)
    if drawn is None:
        return Sample(tuple(requests[:FEWEST]))
    names = [rule for _, rule in drawn]
    last = max((names.index(rule.behavior) for rule in spec.faults if rule.behavior in names), default=0)
    count = max(FEWEST, last + 1)
    faults = {what: rule for what, rule in drawn[:count] if rule and spec.behavior(rule).kind != "dummy"}
    return Sample(tuple(requests[:count]), faults)


def by_connection(spec: ProxySpec, registry: Registry) -> bool:
    """Whether draws hang on the number of the connection."""
    return (spec.draw_by or registry.protocol(spec.protocol).draw_by) == "ordinal"


def _drawn(
    profile: Profile, spec: ProxySpec, requests: list[bytes], registry: Registry
) -> list[tuple[str, str]] | None:
    """(request, rule or "") of each; None where nobody can know before."""
    if profile.seed is None or profile.scenario is not None or spec.state != "up" or spec.protocol == "smtp":
        return None
    if spec.mounted:  # a toxic may cut a request before its rule acts, or its answer
        return None
    if any(_counts(spec, rule.behavior, registry) for rule in spec.faults):
        return None
    if by_connection(spec, registry):
        ends = bounds(rule.weight for rule in spec.mix)
        places = [ordinal_place(n, 1) for n in range(1, len(requests) + 1)]
        indexes = [choose(number(profile.seed, spec.name, place, MIX), ends) for place in places]
        return [(str(n), "" if i is None else spec.mix[i].behavior) for n, i in enumerate(indexes, 1)]
    kind = registry.protocol(spec.protocol)
    pieces = [kind(kind.Options.build(())).framer().upstream(request)[0] for request in requests]
    asked = [Request(p.exchange.key, p.exchange.label) for p in pieces if p.exchange and p.exchange.key is not None]
    found = predict(spec, profile.seed, asked, registry.own_options)
    return [(a.label, "" if f.rule == "dummy" else f.rule) for a, f in zip(asked, found, strict=True)]


def _counts(spec: ProxySpec, name: str, registry: Registry) -> bool:
    """Whether a rule's hits hang on how many came before, or on what the sample can't know."""
    setup = spec.behavior(name)
    if not registry.mixes(setup.kind) or setup.kind == "transient" or dict(setup.options).get("warmup"):
        return True
    return setup.selective(registry.own_options(setup.kind))
