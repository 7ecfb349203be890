"""All-normal with 200 exchanges in flight, of every behavior, from `vaurienctl` and over HTTP, under load."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from wires import call, soon, vaurien

from tests.support.in_flight import BLACK, CASES, Flight, Landing, ini
from tests.support.timing import soon_enough
from vaurien_core.cli.ctl import main as vaurienctl

WITHIN_S = 0.1


def over_http(api: str) -> None:
    assert call(f"{api}/v3/all-normal", "POST", {})[0] == 200


def by_command(api: str) -> None:
    with redirect_stdout(StringIO()):
        assert vaurienctl(["--host", api, "all-normal"]) == 0


def journal_of(api: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    while page := call(f"{api}/v3/journal?since={entries[-1]['n'] if entries else 0}")[1]["entries"]:
        entries += page
    return entries


@pytest.mark.parametrize("press", [over_http, by_command], ids=["HTTP", "vaurienctl"])
def test_each_held_client_gets_the_truth_each_altered_one_a_reset_and_nothing_is_injected_after(
    press: Callable[[str], None], tmp_path: Path
) -> None:
    landings: list[Landing] = []

    def attempt() -> float:
        flight = Flight()
        try:
            profile, ready = tmp_path / "profile.ini", tmp_path / "ready.json"
            profile.write_text(ini(flight.ports, "[control]", "http = yes", "port = 0"))
            with vaurien("--config", str(profile), "--ready-file", str(ready)) as run:
                api = json.loads(ready.read_text())["control"].rstrip("/")
                flight.take_off(run.ports)
                stood = journal_of(api)[-1]["n"]
                landing = flight.land(lambda: press(api))
                flight.hang_up()
                assert soon(lambda: 'vaurien_connections_open{proxy="tcp-hang"} 0.0' in call(f"{api}/metrics")[1])
                _all_is_told(api, stood)
        finally:
            flight.close()
        landings.append(landing)
        assert landing.problems == ()
        assert landing.in_flight == 200
        assert landing.normal_exchanges > 200
        return landing.took_s - landing.control_s

    soon_enough(attempt, WITHIN_S, tries=3)
    print(landings)


def _all_is_told(api: str, stood: object) -> None:
    """The journal has every release and reset, no fault after them, and the state says that all-normal holds."""
    after = [e for e in journal_of(api) if e["n"] > stood and e["kind"] == "exchange"]
    for case in CASES:
        outcomes = Counter(str(e["outcome"]) for e in after if e["proxy"] == case.name)
        if case.answered:  # told under what its client saw of it, perhaps before
            assert set(outcomes) <= {"reset", "stalled-body injected"}, (case.name, outcomes)
            continue
        assert set(outcomes) == {"reset" if case.fate == "reset" else "released"}, (case.name, outcomes)
        asks = 1 if "match" in case.rule or not case.asks else len(case.asks)
        assert outcomes.total() == asks * sum(CASES[n % len(CASES)] is case for n in range(200)), (case.name, outcomes)
    assert not [e for e in after if e["proxy"] == BLACK.name]
    assert call(f"{api}/v3/state")[1]["held"]
    assert call(f"{api}/behavior")[0] == 200, "the classic API still answers"
