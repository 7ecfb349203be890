"""`vaurien verify`: what it measures passes on this machine, and each fault that is broken on purpose is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verify.broken import BROKEN
from vaurien_core.engine.checks import STATES
from vaurien_core.errors import UsageError
from vaurien_core.registry import BEHAVIORS, STREAM_FAULTS, Registry
from vaurien_core.verify.claims import CLAIMS, errors, measure_of, subjects
from vaurien_core.verify.running import chosen, measure, verify
from vaurien_core.verify.stand import Host
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


@pytest.mark.parametrize(
    ("name", "ms"), [("latency", 100), ("latency (both)", 200), ("latency (two)", 200), ("latency (mix)", 100)]
)
def test_latency_arrives_within_ten_milliseconds_of_what_was_set(host: Host, name: str, ms: int) -> None:
    finding = found(host, name)
    assert finding.verdict is Verdict.OK, finding
    control = finding.figures["control"]
    assert ms / 1000 - 0.001 <= finding.figures["p50"] <= ms / 1000 + 0.010 + control
    assert control < 0.05


@pytest.mark.parametrize("name", ["bandwidth (10 KB/s)", "bandwidth (1 MB/s up)", "bandwidth (50 MB/s)"])
def test_bandwidth_is_within_five_percent(host: Host, name: str) -> None:
    finding = found(host, name, 1.0)
    assert finding.verdict is Verdict.OK, finding


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bandwidth (10 KB/s)", "bandwidth (1 MB/s up)", "bandwidth (50 MB/s)"])
def test_bandwidth_is_within_five_percent_over_ten_seconds(host: Host, name: str) -> None:
    finding = found(host, name, 10.0)
    assert finding.verdict is Verdict.OK, finding


@pytest.mark.parametrize(
    "name",
    [
        "corrupt", "corrupt (mix)", "slicer", "loss", "toxicity 0", "toxicity 50 %", "weights of a mix", "noop",
        "reset_peer", "reset_peer (upstream, 200 ms)", "half_open", "limit_data", "limit_data (upstream)", "timeout",
        "slow_close", "delay", "hang", "blackout", "transient", "error (tcp)", "error (mysql)", "down",
    ],
)  # fmt: skip
def test_it_does_what_it_claims(host: Host, name: str) -> None:
    finding = found(host, name)
    assert finding.verdict is Verdict.OK, finding
    assert finding.control


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


@pytest.fixture(scope="module")
def broken() -> dict[str, list[Finding]]:
    """Everything that is quick to measure, with each built-in fault replaced by a broken one."""
    registry = Registry.builtin()
    for kind in BROKEN:
        registry.add_behavior(kind)
    kinds = {kind.name for kind in BROKEN}
    wanted = [s for s in subjects(registry) if s.kind in kinds and not s.rules and s.toxicity == 1 and not s.loud]
    findings: dict[str, list[Finding]] = {}
    for finding in verify(registry, wanted, seconds=1.0):
        findings.setdefault(finding.subject.kind, []).append(finding)
    return findings


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_a_broken_fault_is_named(broken: dict[str, list[Finding]], kind: type) -> None:
    findings = broken[kind.name]  # type: ignore[attr-defined]
    assert Verdict.FAIL in [f.verdict for f in findings], findings
    for finding in findings:
        assert finding.verdict is not Verdict.FAIL or (finding.why and finding.claimed), finding


def test_all_that_is_registered_was_broken_once() -> None:
    every = {kind.name for kind in (*BEHAVIORS, *STREAM_FAULTS)}
    never_called = {"dummy"}
    assert {kind.name for kind in BROKEN} == (every & set(CLAIMS)) - never_called
