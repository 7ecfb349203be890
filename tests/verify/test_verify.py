"""`vaurien verify`: what it measures passes on this machine, and each fault that is broken on purpose is named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tests.support.kernel_loss import permitted
from tests.support.shipped import BEHAVIORS, STREAM_FAULTS
from tests.verify.broken import BROKEN, LosesNothing
from vaurien_core.behaviors.base import Behavior
from vaurien_core.engine.checks import STATES
from vaurien_core.errors import UsageError
from vaurien_core.options import values_of
from vaurien_core.proxy import kernel_loss
from vaurien_core.registry import Registry
from vaurien_core.verify.claims import CLAIMS, errors, measure_of, subjects
from vaurien_core.verify.host import Host
from vaurien_core.verify.running import chosen, measure, verify
from vaurien_core.verify.values import Finding, Subject, Verdict


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


def named(name: str) -> Subject:
    return next(s for s in subjects(Registry.builtin()) if s.name == name)


def found(host: Host, name: str, seconds: float = 2.0) -> Finding:
    return measure(host, Registry.builtin(), named(name), seconds=seconds, tries=5)


def test_every_registered_fault_and_state_has_a_measuring_function() -> None:
    measured = {(s.kind, s.mount) for s in subjects(Registry.builtin()) if measure_of(s) is not None}
    wanted = {(kind.name, mount) for kind in (*BEHAVIORS, *STREAM_FAULTS) for mount in kind.mounts}
    assert wanted - measured == set()
    assert {(state, "state") for state in STATES if state != "up"} - measured == set()


def test_every_subject_has_a_name_of_its_own() -> None:
    names = [s.name for s in subjects(Registry.builtin())]
    assert sorted(names) == sorted(set(names))


def test_a_plugin_has_no_claim_and_that_is_said(host: Host) -> None:
    registry = Registry.builtin()
    kind = type("Odd", (BEHAVIORS[0],), {"name": "odd"})
    registry.add_behavior(kind, "odd_module")
    subject = next(s for s in subjects(registry) if s.kind == "odd")
    finding = measure(host, registry, subject)
    assert finding.verdict is Verdict.NOT_HERE
    assert "plugin (odd_module)" in finding.why
    registry.add_behavior(kind)
    assert measure(host, registry, subject).verdict is Verdict.FAIL


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r'nothing to verify is called "latenzy", did you mean'):
        chosen(subjects(Registry.builtin()), ["latenzy"])
    assert {s.kind for s in chosen(subjects(Registry.builtin()), ["hang", "latency"])} == {"hang", "latency"}


# -- what must be shown

QUICK = (
    "latency", "latency (both)", "latency (two)", "corrupt", "slicer", "toxicity 0", "toxicity 50 %", "error (mysql)",
    "reset_peer", "half_open", "limit_data", "timeout", "slow_close", "delay", "hang", "blackout", "transient",
    "weights of a mix", "down",
)  # fmt: skip
"""The fast tier's; `make test-all` measures all."""


@pytest.fixture(scope="module")
def sound() -> dict[str, Finding]:
    registry = Registry.builtin()
    return {f.subject.name: f for f in verify(registry, [named(name) for name in QUICK])}


@pytest.mark.parametrize(("name", "ms"), [("latency", 100), ("latency (both)", 200), ("latency (two)", 200)])
def test_latency_arrives_within_ten_milliseconds_of_what_was_set(sound: dict[str, Finding], name: str, ms: int) -> None:
    finding = sound[name]
    assert finding.verdict is Verdict.OK, finding
    control = finding.figures["control"]
    assert ms / 1000 - 0.001 <= finding.figures["p50"] <= ms / 1000 + 0.010 + control
    assert control < 0.05


@pytest.mark.parametrize("name", QUICK)
def test_it_does_what_it_claims(sound: dict[str, Finding], name: str) -> None:
    finding = sound[name]
    assert finding.verdict is Verdict.OK, finding
    assert finding.control


@permitted
def test_packets_that_the_kernel_loses_are_retransmitted(host: Host) -> None:
    finding = found(host, "loss (kernel)")
    assert finding.verdict is Verdict.OK, finding
    assert min(finding.figures["client"], finding.figures["backend"]) > finding.figures["control"]


@permitted
def test_a_kernel_that_loses_nothing_is_named(host: Host) -> None:
    registry = Registry.builtin()
    registry.add_behavior(LosesNothing)
    finding = measure(host, registry, named("loss (kernel)"))
    assert finding.verdict is Verdict.FAIL
    assert re.match(r"the client retransmitted \d+ segments, \d+ without the fault; the backend", finding.why)


def test_a_rate_that_can_not_be_told_from_none_is_not_measured(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_loss, "why_not", lambda: "")
    rare = replace(named("loss (kernel)"), options=values_of({"how": "kernel", "rate": 0.01}))
    assert "rates within 0.1..40 %" in measure(host, Registry.builtin(), rare).why


def test_where_the_kernel_refuses_it_is_said_to_be_not_here(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_loss, "why_not", lambda: "the kernel refuses")
    finding = found(host, "loss (kernel)")
    assert (finding.verdict, finding.why) == (Verdict.NOT_HERE, "the kernel refuses")
    assert found(host, "loss").verdict is Verdict.OK


RATES = ("bandwidth (10 KB/s)", "bandwidth (1 MB/s up)", "bandwidth (50 MB/s)")


@pytest.mark.parametrize("name", RATES)
def test_bandwidth_is_within_five_percent(host: Host, name: str) -> None:
    finding = found(host, name, 1.0)
    assert finding.verdict is Verdict.OK, finding


@pytest.mark.slow
@pytest.mark.parametrize("name", RATES)
def test_bandwidth_is_within_five_percent_over_ten_seconds(host: Host, name: str) -> None:
    finding = found(host, name, 10.0)
    assert finding.verdict is Verdict.OK, finding


@pytest.mark.slow
def test_all_of_it_passes_on_this_machine() -> None:
    told: list[tuple[str, int, int]] = []
    registry = Registry.builtin()
    every = list(subjects(registry))
    findings = verify(registry, every, lambda finding, done, count: told.append((finding.subject.name, done, count)))
    assert [f for f in findings if f.verdict is Verdict.FAIL] == []
    assert [f.subject for f in findings] == every
    assert sorted(name for name, _, _ in told) == sorted(s.name for s in every)
    assert [done for _, done, _ in told] == list(range(1, len(every) + 1))


@pytest.mark.slow
def test_every_error_of_every_protocol_takes_the_place_of_an_answer() -> None:
    registry = Registry.builtin()
    findings = verify(registry, list(errors(registry)))
    assert [f for f in findings if f.verdict is Verdict.FAIL] == []
    not_here = [f for f in findings if f.verdict is Verdict.NOT_HERE]
    assert len(not_here) <= 10
    assert all("not applicable" in f.why for f in not_here)


# -- what is broken on purpose


def judged(kinds: Sequence[type[Behavior]], *, cases: int) -> dict[str, list[Finding]]:
    """What is said of these broken faults, at most so many cases each; those that load the machine left out."""
    registry = Registry.builtin()
    for kind in kinds:
        registry.add_behavior(kind)
    wanted: list[Subject] = []
    for kind in kinds:
        own = [s for s in subjects(registry) if s.kind == kind.name and not s.rules and "toxicity" not in s.words]
        wanted += [s for s in own if not s.loud][:cases]
    findings: dict[str, list[Finding]] = {}
    for finding in verify(registry, wanted, seconds=1.0):
        findings.setdefault(finding.subject.kind, []).append(finding)
    return findings


def assert_named(kinds: Sequence[type[Behavior]], findings: dict[str, list[Finding]]) -> None:
    missed = [kind.__name__ for kind in kinds if Verdict.FAIL not in [f.verdict for f in findings[kind.name]]]
    assert missed == []
    for finding in (f for each in findings.values() for f in each if f.verdict is Verdict.FAIL):
        assert finding.why
        assert finding.claimed, finding


def test_faults_that_are_broken_on_purpose_are_named() -> None:
    some = [k for k in BROKEN if k.name in ("latency", "corrupt", "reset_peer", "half_open", "bandwidth", "slicer")]
    findings = judged(some, cases=1)
    assert_named(some, findings)
    assert "too early" in findings["latency"][0].why
    assert "0 bits differ" in findings["corrupt"][0].why
    assert "at the client: expected ECONNRESET, got FIN" in findings["reset_peer"][0].why
    assert re.match(r"(19|20)(\.\d)? KB/s instead of 10 KB/s", findings["bandwidth"][0].why)


@pytest.mark.slow
def test_every_fault_that_is_broken_on_purpose_is_named() -> None:
    assert_named(BROKEN, judged(BROKEN, cases=9))


def test_all_that_is_registered_was_broken_once() -> None:
    every = {kind.name for kind in (*BEHAVIORS, *STREAM_FAULTS)}
    never_called = {"dummy"}
    assert {kind.name for kind in BROKEN} == (every & set(CLAIMS)) - never_called
