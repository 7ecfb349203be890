"""Expectations: `NAME = METRIC[@PROXY] OP VALUE`, read from `[expect]` and judged on the last sample of a run."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from vaurien_core.errors import did_you_mean
from vaurien_core.frozen import dataclass
from vaurien_core.model.events import ProxySample, Sample
from vaurien_core.model.histogram import added, quantile
from vaurien_core.model.profile import Expectation, Profile
from vaurien_core.options.kinds import number_text, read_duration, read_float

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_COUNTS: Mapping[str, Callable[[ProxySample], int]] = {
    "exchanges": lambda p: p.exchanges,
    "injected": lambda p: p.injected,
    "opaque": lambda p: p.opaque,
    "not_applicable": lambda p: p.not_applicable,
    "backend_errors": lambda p: p.errors_backend,
    "client_errors": lambda p: p.errors_client,
    "connections": lambda p: p.connections,
}
_TIMES: Mapping[str, tuple[str, float]] = {
    "latency.p50": ("latency", 0.50),
    "latency.p95": ("latency", 0.95),
    "latency.p99": ("latency", 0.99),
    "late.p99": ("lateness", 0.99),
}
METRICS: tuple[str, ...] = (*_COUNTS, "connections.max", *_TIMES)
"""What can be expected beside the names of behaviors (their hits), and `NAME.matched`: what their selectors matched."""
_MATCHED = ".matched"
LATER = frozenset({"reconnects"})
NONE = "none"
"""The key of `[expect]` that is no expectation: `none = true`."""
_FORM = re.compile(r"(?P<metric>[^\s@<>=]+)(?:@(?P<proxy>[^\s<>=]+))?\s*(?P<op><=|>=|<|>|=)\s*(?P<value>[^<>=].*)")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one expectation ended; becomes a JUnit case."""

    name: str
    ok: bool
    found: str
    wanted: str
    sentence: str


def parse_expectation(name: str, text: str, *, behaviors: Iterable[str], proxies: Sequence[str]) -> Expectation:
    """Read `METRIC[@PROXY] OP VALUE`; times are kept in milliseconds.

    Raises:
        ValueError: what was expected, with the nearest known name.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected METRIC[@PROXY] OP VALUE, such as exchanges >= 1, got {text.strip()!r}.")
    metric, proxy = match["metric"], match["proxy"] or ""
    names = tuple(behaviors)
    known = {*METRICS, *names, *(f"{name}{_MATCHED}" for name in names)}
    if metric in LATER and metric not in known:
        raise ValueError(f"the metric {metric} is not supported by this version; remove the line.")
    if metric not in known:
        raise ValueError(f'unknown metric "{metric}",{did_you_mean(metric, known)}')
    if proxy and proxy not in proxies:
        raise ValueError(f'unknown proxy "{proxy}",{did_you_mean(proxy, proxies)}')
    read = read_duration if metric in _TIMES else read_float
    try:
        value = read(match["value"].strip(), "ms" if metric in _TIMES else "")
    except ValueError as error:
        raise ValueError(f"expected {error} after {match['op']}, got {match['value'].strip()!r}.") from None
    if value < 0:
        raise ValueError(f"expected a value of at least 0, got {number_text(value)}.")
    return Expectation(name, metric, match["op"], value, proxy)


def expectation_text(item: Expectation) -> str:
    """An expectation as it is written: `delay@web >= 1`, `latency.p95 < 250ms`."""
    metric = f"{item.metric}@{item.proxy}" if item.proxy else item.metric
    return f"{metric} {item.op} {_said(item.metric, item.value, ' ').replace(' ', '')}"


def implied(profile: Profile, *, command: bool) -> bool:
    """Whether `exchanges >= 1` and `injected >= 1` hold without being written.

    They do when a command was run, faults are configured, and `[expect] none = true` doesn't say otherwise.
    """
    return (
        command
        and not profile.expect_none
        and any(spec.enabled and (spec.faults or spec.mounted) for spec in profile.proxies)
    )


def judge(expectations: Sequence[Expectation], sample: Sample, *, implicit: bool = False) -> tuple[Verdict, ...]:
    """How each expectation stands at this sample, the implied ones (see `implied`) first."""
    verdicts = []
    if implicit:
        verdicts += [_at_least_one_exchange(sample), _at_least_one_fault(sample)]
    return (*verdicts, *(_judge(item, sample) for item in expectations))


def measure(metric: str, proxy: str, sample: Sample) -> float:
    """The value of a metric: of one proxy, or of all. Counts add up, `connections.max` is the highest of any proxy.

    Times are milliseconds, NaN when nothing was measured.
    """
    proxies = [p for p in sample.proxies if not proxy or p.name == proxy]
    if metric in _COUNTS:
        return sum(_COUNTS[metric](p) for p in proxies)
    if metric == "connections.max":
        return max((p.connections_max for p in proxies), default=0)
    if metric in _TIMES:
        times, share = _TIMES[metric]
        counts = added(getattr(p, times) for p in proxies)
        return quantile(counts, share, added(getattr(p, f"{times}_sums") for p in proxies)) * 1000
    rule = metric.removesuffix(_MATCHED)
    if rule != metric:
        return sum(dict(p.matched).get(rule, 0) for p in proxies)
    return sum(dict(p.hits).get(rule, 0) + dict(p.toxics).get(rule, 0) for p in proxies)


def _judge(item: Expectation, sample: Sample) -> Verdict:
    value = measure(item.metric, item.proxy, sample)
    ok = not math.isnan(value) and OPERATORS[item.op](value, item.value)
    metric = f"{item.metric}@{item.proxy}" if item.proxy else item.metric
    found = "nothing measured" if math.isnan(value) else _said(item.metric, value, " ")
    wanted = f"{item.op} {_said(item.metric, item.value, ' ')}"
    sentence = f"{item.name}: expected {metric} {wanted}, got {found}."
    return Verdict(item.name, ok, found, wanted, sentence if not ok else f"{item.name}: {metric} is {found}, {wanted}.")


def _at_least_one_exchange(sample: Sample) -> Verdict:
    count = int(measure("exchanges", "", sample))
    if count:
        return Verdict("exchanges >= 1", True, str(count), ">= 1", f"{count} exchanges reached the proxy.")
    names = ", ".join(p.name for p in sample.proxies)
    sentence = f"no exchange reached the proxy{f' ({names})' if names else ''}: is the client pointed at it?"
    return Verdict("exchanges >= 1", False, "0", ">= 1", sentence)


def _at_least_one_fault(sample: Sample) -> Verdict:
    count, exchanges = int(measure("injected", "", sample)), int(measure("exchanges", "", sample))
    count += sum(streams for proxy in sample.proxies for _, streams in proxy.toxics)
    if count:
        return Verdict("injected >= 1", True, str(count), ">= 1", f"{count} faults were injected.")
    sentence = (
        f"no fault was injected in {exchanges} exchanges."
        if exchanges
        else "no fault was injected, as no exchange came."
    )
    return Verdict("injected >= 1", False, "0", ">= 1", sentence)


def _said(metric: str, value: float, gap: str) -> str:
    if metric in _TIMES:
        return f"{number_text(round(value, 3))}{gap}ms"
    return number_text(value)
