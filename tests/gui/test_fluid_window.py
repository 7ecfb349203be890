"""The whole window stays fluid, and idle when nothing happens: with a child engine, in a process of its own.

The traffic is real: a process of its own sends it through the child. How much comes through hangs on the machine: the
rate is held to 5,000 a second where another process, measured in the same run, had the processor whenever it wanted.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

MOST_MS = 50.0
FREE = 2.0
"""Another process's work takes at most twice as long as on a free machine: what this machine can do is seen."""


def window(proxies: int, rate: int, rows: int, seconds: float, within_s: float) -> dict[str, Any]:
    """What `tests.support.fluid_window` measured."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.fluid_window", *map(str, (proxies, rate, rows, seconds))],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=within_s,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(found)
    return found


def stalls(found: dict[str, Any]) -> dict[str, Any]:
    """What took over 50 ms of the loop's processor time, or on the wall more than the machine explains."""
    return {
        name: each
        for name, each in found["stalls"].items()
        if max(each["cpu_ms"], each["wall_ms"] / each["machine"]) >= MOST_MS
    }


def coldness() -> float:
    """How much more processor time work takes here in short bursts, with rests between, than in one go; at least 1.

    The control of what an idle window costs, which does little else than wake up some fifteen times a second: a virtual
    machine that rests charges each wake-up for caches that others have filled, 1.1 times at one hour and 4 at another.
    """
    rows = [[n, str(n)] for n in range(300_000)]
    random.Random(1).shuffle(rows)
    prose, at = (coldness.__doc__ or "") * 4, 0

    def burst() -> float:
        nonlocal at
        before = time.process_time()
        read = sum(len(text) for _, text in rows[at : at + 1500])
        at = (at + 1500) % 290_000
        assert read and json.loads(json.dumps(textwrap.wrap(prose, 60)))
        return time.process_time() - before

    burst()
    warm = sum(burst() for _ in range(45))
    cold = 0.0
    for _ in range(45):
        time.sleep(1 / 15)
        cold += burst()
    return max(1.0, cold / warm)


def test_a_window_with_fifty_proxies_under_traffic_has_no_stall() -> None:
    found = window(50, 2000, 20_000, 0.4, 120)
    assert not stalls(found)
    assert found["traffic"]["exchanges_per_s"] > (1500 if found["machine"] < FREE else 0)


def test_an_idle_window_takes_less_than_three_percent_of_a_core() -> None:
    before = coldness()
    found = window(1, 0, 0, 3, 90)
    most = 3 * max(before, coldness())
    assert found["idle, stopped"]["window_percent"] < most, (most, found)
    assert found["idle, listening"]["window_percent"] < most, (most, found)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fifty_proxies_200_000_rows_and_5_000_exchanges_a_second_have_no_stall() -> None:
    found = window(50, 5000, 200_000, 3, 580)
    assert found["rows"] > 199_000
    assert not stalls(found)
    assert found["traffic"]["exchanges_per_s"] > (4500 if found["machine"] < FREE else 0)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_idle_window_with_fifty_proxies_takes_less_than_three_percent_of_a_core() -> None:
    before = coldness()
    found = window(50, 0, 0, 10, 280)
    most = 3 * max(before, coldness())
    assert found["idle, stopped"]["window_percent"] < most, (most, found)
    assert found["idle, listening"]["window_percent"] < most, (most, found)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_window_with_traffic_and_graphs_takes_less_than_fifteen_percent_of_a_core() -> None:
    found = window(3, 200, 0, 10, 280)
    assert found["traffic"]["window_percent"] < 15, found
    assert not stalls(found)
