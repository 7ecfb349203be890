"""The line `scale` in small: what it reports of the engine and of the window, and that it counts exactly."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping

import pytest

from benchmarks import asking, generator
from benchmarks.backends import Backends
from benchmarks.lines import MANY, MANY_SHOWN, MIXES, PART
from benchmarks.many import Many
from benchmarks.measures import normal_share
from benchmarks.scale import scale

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None and shutil.which("gcc") is None, reason="needs cc")
CONNECTIONS, A_SECOND, SECONDS = 150, 400, 1.0


@pytest.fixture(scope="module")
def ports() -> Iterator[Mapping[str, int]]:
    backends = Backends(frozenset({"nginx"}))
    yield backends.ports
    backends.close()


@needs_compiler
@pytest.mark.parametrize(
    "subject", [MANY, pytest.param(MANY_SHOWN, marks=[pytest.mark.gui, pytest.mark.slow])], ids=["headless", "window"]
)
def test_what_a_tiny_scale_reports(subject: Many, ports: Mapping[str, int]) -> None:
    found = scale(CONNECTIONS, A_SECOND, 1)(subject, ports, SECONDS)
    assert 0 < found["exch/s"] <= A_SECOND
    assert 0 < found["p50 us"] <= found["p99 us"]
    assert found["engine MiB idle"] <= found["engine MiB connected"]
    delayed = found["exch/s"] * SECONDS * 0.2
    assert delayed / 2 < found["entries"] < delayed * 2
    assert found["entries"] == found["kept"] + found["dropped"]
    if subject is MANY_SHOWN:
        assert found["window MiB idle"] > 0
        assert found["stall ms"] > 0
        assert found["rows"] + found["rows dropped"] == found["entries"]


@needs_compiler
def test_a_generator_that_finds_all_connections_busy_says_so(ports: Mapping[str, int]) -> None:
    load = generator.Rate([ports["web"]], 1, 2_000_000, 0.05, 1 << 20)  # an answer that never comes to its end
    try:
        assert load.opened == 1
        found = load.run()
        assert (found["sent"], found["answered"], found["errors"]) == (1, 0, 1)
        assert found["missed"] > 1000
    finally:
        load.close()


@needs_compiler
def test_the_share_of_delayed_exchanges_is_the_one_that_the_seed_says(ports: Mapping[str, int]) -> None:
    if "nginx" not in ports:
        pytest.skip("nginx is not installed")
    found = normal_share(MIXES)(PART, ports, 0.5)
    assert found["delayed"] > 0
    assert found["off the seed's"] == 0
    with pytest.raises(AssertionError, match="foreseen"):
        normal_share({PART: {"delay": 60}})(PART, ports, 0.5)


def test_the_prediction_is_that_of_the_draw() -> None:
    assert asking.predicted("default", {"delay": 100}, 7) == 7
    assert asking.predicted("default", {"dummy": 100}, 7) == 0
    assert 100 < asking.predicted("default", {"delay": 20}, 1000) < 300
