"""The table: which function measures what, and with which options it is measured where no profile says otherwise.

Everything that is registered has a line here (a test holds that); a plugin has none and is said to have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from vaurien_core.engine.checks import STATES
from vaurien_core.frozen import dataclass
from vaurien_core.model.profile import Rule
from vaurien_core.options import OptionValue, values_of
from vaurien_core.registry import Registry
from vaurien_core.verify import answers, contents, endings, rates, segments, shares, states, times, writing
from vaurien_core.verify.stand import Stand
from vaurien_core.verify.values import MIX, STATE, TOXIC, Measured, Subject

Measure = Callable[[Stand], Measured]


@dataclass(frozen=True, slots=True)
class Claim:
    """How one registered fault is measured."""

    measure: Measure
    cases: tuple[Subject, ...]
    """Where it is mounted, one subject for each way in which it is set up."""


def _toxic(kind: str, note: str = "", /, **fields: OptionValue) -> Subject:
    return _case(kind, TOXIC, note, fields)


def _mix(kind: str, note: str = "", /, **fields: OptionValue) -> Subject:
    return _case(kind, MIX, note, fields)


def _case(kind: str, mount: str, note: str, options: Mapping[str, OptionValue]) -> Subject:
    notes = [part for part in ("mix" if mount == MIX and kind in _BOTH else "", note) if part]
    return Subject(f"{kind} ({', '.join(notes)})" if notes else kind, kind, mount, values_of(options))


def _error(protocol: str, **options: OptionValue) -> Subject:
    note = ", ".join([protocol, *(str(v) for v in options.values())])
    return replace(_mix("error", note, **options), protocol=protocol)


_BOTH = frozenset(("latency", "bandwidth", "slicer", "limit_data", "reset_peer", "timeout", "corrupt", "half_open"))
"""Those that work in both ways: the name alone means the toxic."""
CLAIMS: Mapping[str, Claim] = {
    "delay": Claim(times.delay, (_mix("delay", sleep=0.1), _mix("delay", "answer", sleep=0.1, before=False))),
    "error": Claim(
        answers.error,
        (
            _error("tcp"),
            _error("http"),
            _error("http", error="503", phase="after"),
            _error("redis"),
            _error("memcache"),
            _error("mysql"),
            _error("smtp"),
        ),
    ),
    "transient": Claim(answers.transient, (replace(_mix("transient", agitate=2), protocol="http"),)),
    "hang": Claim(endings.hang, (_mix("hang"),)),
    "abort": Claim(endings.abort, (_mix("abort"),)),
    "blackout": Claim(endings.blackout, (_mix("blackout"),)),
    "dummy": Claim(contents.untouched, (_mix("dummy"),)),
    "latency": Claim(
        times.latency,
        (
            _toxic("latency", latency=100.0),
            replace(_toxic("latency", "both", latency=100.0), stream="both"),
            replace(_toxic("latency", "two", latency=100.0), copies=2),
            _toxic("latency", "jitter", latency=60.0, jitter=50.0),
            _mix("latency", latency=100.0),
        ),
    ),
    "bandwidth": Claim(
        rates.bandwidth,
        (
            _toxic("bandwidth", "10 KB/s", rate=10.0),
            replace(_toxic("bandwidth", "1 MB/s up", rate=1000.0), stream="upstream", loud=True),
            replace(_toxic("bandwidth", "50 MB/s", rate=50_000.0), loud=True),
            _toxic("bandwidth", "0", rate=0.0),
            _mix("bandwidth", rate=100.0),
        ),
    ),
    "slicer": Claim(
        contents.slicer,
        (
            _toxic("slicer", average_size=40, size_variation=10, delay=10_000.0),
            _mix("slicer", average_size=40, size_variation=10, delay=10_000.0),
        ),
    ),
    "limit_data": Claim(
        contents.limit_data,
        (
            _toxic("limit_data", bytes=1000),
            replace(_toxic("limit_data", "upstream", bytes=100_001), stream="upstream"),
            _mix("limit_data", bytes=1000),
        ),
    ),
    "reset_peer": Claim(
        endings.reset_peer,
        (
            _toxic("reset_peer"),
            replace(_toxic("reset_peer", "upstream, 200 ms", timeout=200.0), stream="upstream"),
            *(_mix("reset_peer", phase, phase=phase) for phase in ("before", "inside", "after")),
        ),
    ),
    "timeout": Claim(
        endings.timeout,
        (
            _toxic("timeout", timeout=300.0),
            replace(_toxic("timeout", "never", timeout=0.0), stream="upstream"),
            _mix("timeout", timeout=300.0),
        ),
    ),
    "slow_close": Claim(
        times.slow_close,
        (
            _toxic("slow_close", delay=300.0),
            replace(_toxic("slow_close", "upstream", delay=300.0), stream="upstream"),
        ),
    ),
    "corrupt": Claim(
        contents.corrupt,
        (
            replace(_toxic("corrupt", probability=0.01), stream="both"),
            _mix("corrupt", probability=0.01),
        ),
    ),
    "loss": Claim(
        segments.loss,
        (
            _toxic("loss", rate=20.0),
            replace(_toxic("loss", "kernel", rate=20.0, how="kernel"), stream="both"),
        ),
    ),
    "short_write": Claim(writing.short_write, (replace(_toxic("short_write"), stream="upstream"),)),
    "duplicate_request": Claim(contents.duplicate_request, (replace(_mix("duplicate_request"), protocol="http"),)),
    "half_open": Claim(endings.half_open, (_toxic("half_open"), _mix("half_open"))),
    "noop": Claim(contents.untouched, (replace(_toxic("noop"), stream="both"),)),
    "down": Claim(states.down, (Subject("down", "down", STATE),)),
    "syn_blackhole": Claim(states.syn_blackhole, (Subject("syn_blackhole", "syn_blackhole", STATE),)),
}

_CHECKS = (
    Subject(
        "weights of a mix", "error", MIX, words=("mix",),
        rules=(Rule("error", Decimal(20)), Rule("second", Decimal("7.5"))),
    ),
    replace(_toxic("corrupt", probability=1.0), name="toxicity 50 %", toxicity=0.5, words=("toxicity",)),
    replace(_toxic("corrupt", probability=1.0), name="toxicity 0", toxicity=0.0, words=("toxicity",)),
)  # fmt: skip


def measure_of(subject: Subject) -> Measure | None:
    """What measures it; None: nothing does."""
    if subject.rules:
        return shares.mix
    if "toxicity" in subject.words:
        return contents.untouched if subject.toxicity == 0 else shares.toxicity
    claim = CLAIMS.get(subject.kind)
    return claim.measure if claim is not None else None


def subjects(registry: Registry) -> Iterator[Subject]:
    """Everything that is registered, as it is set up here; then the states and the shares."""
    for info in registry.catalogue().behaviors:
        claim = CLAIMS.get(info.name)
        if claim is None:
            yield Subject(info.name, info.name, info.mounts[0])
        else:
            yield from (case for case in claim.cases if case.mount in info.mounts)
    for state in STATES:
        if state != "up":
            yield from CLAIMS[state].cases if state in CLAIMS else (Subject(state, state, STATE),)
    yield from _CHECKS


def errors(registry: Registry) -> Iterator[Subject]:
    """Every error of every protocol, in each of its phases."""
    for protocol in registry.catalogue().protocols:
        for entry in protocol.errors:
            for phase in entry.phases:
                options = values_of({"error": entry.name, "phase": phase})
                name = f"{protocol.name} {entry.name} ({phase})"
                words = (protocol.name, entry.name)
                yield Subject(name, "error", MIX, options, protocol=protocol.name, words=words)
