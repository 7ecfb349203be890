# ruff: noqa: E501 - tables of texts
import pytest
from profiles_tools import read

from vaurien_core.model.events import ProxySample, Sample
from vaurien_core.model.histogram import Histogram
from vaurien_core.model.profile import Expectation
from vaurien_core.profiles import implied, judge
from vaurien_core.profiles.expect import METRICS, expectation_text, parse_expectation


def times(*seconds: float) -> tuple[int, ...]:
    histogram = Histogram()
    for value in seconds:
        histogram.record(value)
    return histogram.snapshot()


SAMPLE = Sample(
    1.0,
    2.0,
    (
        ProxySample("web", exchanges=10, injected=3, hits=(("delay", 2), ("error", 1)), connections=4, connections_max=3,
                    errors_backend=1, errors_client=2, opaque=1, not_applicable=5, latency=times(0.01, 0.01, 0.1), lateness=times(0.001)),
        ProxySample("db", exchanges=5, injected=1, hits=(("delay", 1),), connections=2, connections_max=2),
    ),
)  # fmt: skip


def parse(text: str) -> Expectation:
    return parse_expectation("x", text, behaviors=("delay", "error", "pay-fails"), proxies=("web", "db"))


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("exchanges = 15", True), ("exchanges@web = 10", True), ("exchanges > 15", False), ("injected >= 4", True),
        ("delay = 3", True), ("delay@db = 1", True), ("error@db = 0", True), ("pay-fails >= 1", False),
        ("opaque <= 1", True), ("not_applicable = 5", True), ("backend_errors < 1", False), ("client_errors = 2", True),
        ("connections = 6", True), ("connections.max = 3", True), ("connections.max@db <= 2", True),
        ("latency.p50@web < 15ms", True), ("latency.p99 < 50", False), ("latency.p99 < 0.2s", True), ("late.p99 <= 5 ms", True),
        ("latency.p50@db < 1s", False),
    ],
)  # fmt: skip
def test_an_expectation_is_judged_on_the_sample(text: str, ok: bool) -> None:
    (verdict,) = judge([parse(text)], SAMPLE)
    assert verdict.ok is ok
    assert verdict.sentence.startswith("x: ")


def test_the_verdict_says_what_was_found_and_wanted() -> None:
    (verdict,) = judge([Expectation("orders failed", "delay", ">=", 9, "db")], SAMPLE)
    assert (verdict.name, verdict.found, verdict.wanted) == ("orders failed", "1", ">= 9")
    assert verdict.sentence == "orders failed: expected delay@db >= 9, got 1."


def test_a_time_that_nothing_was_measured_for_fails_and_says_so() -> None:
    (verdict,) = judge([parse("latency.p95@db < 1s")], SAMPLE)
    assert (verdict.ok, verdict.found) == (False, "nothing measured")


def test_a_run_that_nothing_reached_is_not_green() -> None:
    verdicts = judge((), Sample(1.0, 2.0, (ProxySample("web"),)), implicit=True)
    assert [v.ok for v in verdicts] == [False, False]
    assert verdicts[0].sentence == "no exchange reached the proxy (web): is the client pointed at it?"


def test_a_run_whose_faults_never_fired_is_not_green() -> None:
    verdicts = judge((), Sample(1.0, 2.0, (ProxySample("web", exchanges=12),)), implicit=True)
    assert [v.ok for v in verdicts] == [True, False]
    assert verdicts[1].sentence == "no fault was injected in 12 exchanges."


def test_exchanges_and_faults_are_implied_under_a_command_with_faults() -> None:
    faulty = read("[vaurien]\nbehavior = 5:hang").profile
    assert implied(faulty, command=True)
    assert not implied(faulty, command=False)
    assert not implied(read("[vaurien]\nbehavior = 5:hang\n[expect]\nnone = true").profile, command=True)
    for harmless in ("", "[vaurien]\nbehavior = 0:hang, 100:dummy", "[vaurien]\nbehavior = 5:hang\nenabled = no"):
        assert not implied(read(harmless).profile, command=True), harmless


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("op", ["<", "<=", "=", ">=", ">"])
def test_what_is_written_reads_back(metric: str, op: str) -> None:
    for value in (0.0, 3.0, 0.25, 1234.5):
        item = Expectation("x", metric, op, value, "web")
        assert parse(expectation_text(item)) == item


def test_the_name_of_an_expectation_keeps_its_case() -> None:
    assert read("[expect]\nOrders REALLY failed = delay >= 3").profile.expectations[0].name == "Orders REALLY failed"
