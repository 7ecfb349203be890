"""The same profile and seed give the same faults to the same requests, whoever sends them in whatever order."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance import traffic
from tests.acceptance.headless import exchanges, headless
from vaurien_core.model.profile import ProxySpec, Rule
from vaurien_core.proxy.draw import predict

MIX = {"delay": "8", "error": "6.25", "abort": "4", "blackout": "3", "transient": "2.5", "hang": "0.4"}
PROFILE = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:{port}
protocol = http
behavior = {mix}
seed = 42

[behavior:delay]
sleep = 2ms

[behavior:transient]
agitate = 100000
"""


def predicted(paths: list[str]) -> dict[str, str]:
    spec = ProxySpec("default", mix=tuple(Rule(name, Decimal(weight)) for name, weight in MIX.items()))
    keys = [f"GET {path} HTTP/1.1".encode() for path in paths]
    found = predict(spec, 42, keys)
    return {f"GET {path}": p.rule for path, p in zip(paths, found, strict=True) if p.rule != "dummy"}


async def journal_of(tmp_path: Path, paths: list[str], clients: int, order: int) -> dict[str, str]:
    journal = tmp_path / f"journal-{clients}-{order}.jsonl"
    profile = tmp_path / "profile.ini"
    async with traffic.backend() as port:
        mix = ", ".join(f"{weight}:{name}" for name, weight in MIX.items())
        profile.write_text(PROFILE.format(port=port, mix=mix))
        async with headless("--config", str(profile), "--journal", str(journal)) as run:
            results = await traffic.run(run.ports["default"], paths, clients, order)
    assert len(results) == len(paths)
    touched = [line for line in exchanges(journal) if line["behavior"]]
    named = {str(line["label"]): str(line["behavior"]) for line in touched}
    for label, behavior in named.items():
        seen = results[label.split()[1]]
        if behavior == "delay":
            assert seen == "200", (label, behavior, seen)
        elif behavior in ("error", "transient"):
            assert seen in ("500", "502", "503", "504"), (label, behavior, seen)
        else:
            assert not seen.isdigit(), (label, behavior, seen)
    return named


async def test_one_client_and_twenty_in_random_order_get_the_predicted_faults(tmp_path: Path) -> None:
    paths = [f"/items/{n}" for n in range(600)]
    expected = predicted(paths)
    assert len(expected) > 100
    assert await journal_of(tmp_path, paths, 1, 0) == expected
    assert await journal_of(tmp_path, paths, 20, 1) == expected


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_ten_runs_of_two_thousand_requests_name_the_same_faults(tmp_path: Path) -> None:
    paths = [f"/items/{n}" for n in range(2000)]
    expected = predicted(paths)
    for order in range(10):
        assert await journal_of(tmp_path, paths, 1 if order == 0 else 20, order) == expected
