"""3,000 exchanges through one mix with selectors: from INI, command line and HTTP the counts are those predicted.

The window's turn is in `tests/gui/test_selectors_in_window.py`, on the same workload.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance import traffic
from tests.acceptance.headless import headless
from tests.support import selecting
from vaurien_core.model.wire import to_json

SENT = selecting.workload()
PREDICTED = selecting.predicted(SENT)
HITS, MATCHED = selecting.counted(PREDICTED)


def test_the_prediction_is_what_the_mix_says() -> None:
    assert MATCHED == {"pay-fails": 1000, "search-slow": 1000}
    assert {**HITS, "error": 0} == {"pay-fails": 1000, "search-slow": 1000, "error": 0}
    assert 70 < HITS["error"] < 130


async def reported(folder: Path, *words: str) -> dict[str, Any]:
    """A headless run under all requests, judged by its own expectations; what its summary says of the proxy."""
    expected = [w for name, count in HITS.items() for w in ("--expect", f"{name} = {count}")]
    expected += [w for name, count in MATCHED.items() for w in ("--expect", f"{name}.matched = {count}")]
    async with headless(*words, "--report", str(folder), *expected) as run:
        selecting.check_statuses(await selecting.send(run.ports["default"], SENT), PREDICTED)
    assert run.process.returncode == 0
    summary = json.loads((folder / "summary.json").read_text())
    proxy: dict[str, Any] = summary["proxies"]["default"]
    assert proxy["exchanges"] == selecting.COUNT
    return proxy


async def test_from_an_ini_file(tmp_path: Path) -> None:
    async with traffic.backend() as port:
        profile = tmp_path / "profile.ini"
        place = f"proxy = 127.0.0.1:0\nbackend = 127.0.0.1:{port}\nprotocol = http\n"
        profile.write_text(f"[vaurien]\n{place}{selecting.INI}")
        proxy = await reported(tmp_path / "report", "--config", str(profile))
    assert (proxy["hits"], proxy["matched"]) == (HITS, MATCHED)


async def test_from_flags_alone(tmp_path: Path) -> None:
    async with traffic.backend() as port:
        place = ["--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{port}", "--protocol", "http"]
        proxy = await reported(tmp_path / "report", *place, *selecting.FLAGS)
    assert (proxy["hits"], proxy["matched"]) == (HITS, MATCHED)


@asynccontextmanager
async def controlled(folder: Path, *words: str) -> AsyncIterator[tuple[int, httpx.AsyncClient]]:
    """A run without faults: the port of its proxy, and a client of its control API."""
    async with traffic.backend() as port:
        place = ["--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{port}", "--protocol", "http"]
        ready = folder / "ready.json"
        words = (*words, "--http", "--http-port", "0", "--ready-file", str(ready))
        async with headless(*place, *words) as run:
            url = json.loads(ready.read_text())["control"]
            async with httpx.AsyncClient(base_url=url) as control:
                yield run.ports["default"], control


async def test_from_the_control_api(tmp_path: Path) -> None:
    async with controlled(tmp_path, "--seed", str(selecting.SEED)) as (port, control):
        edits = [
            {"path": ["proxies", "default", "behaviors", name], "value": to_json(spec)}
            for name, spec in selecting.SPECS.items()
        ]
        edits.append({"path": ["proxies", "default", "mix"], "value": to_json(selecting.RULES)})
        answer = await control.post("/v3/change", json={"edits": edits})
        assert answer.status_code == 200, answer.text
        statuses = await selecting.send(port, SENT)
        sample = (await control.get("/v3/sample")).json()["proxies"][0]
        metrics = (await control.get("/metrics")).text
    selecting.check_statuses(statuses, PREDICTED)
    assert (dict(sample["hits"]), dict(sample["matched"])) == (HITS, MATCHED)
    for name, count in MATCHED.items():
        assert f'vaurien_matched_total{{proxy="default",rule="{name}"}} {count}.0' in metrics
    for name, count in HITS.items():
        assert f'vaurien_injected_total{{behavior="{name}",proxy="default"}} {count}.0' in metrics


async def test_a_classic_override_holds_to_the_selectors_that_come_with_it(tmp_path: Path) -> None:
    async with controlled(tmp_path) as (port, control):
        body = {"name": "error", "error": "502", "match": "POST *", "times": 3}
        assert (await control.put("/behavior", json=body)).status_code == 200
        shown = (await control.get("/behavior")).json()
        assert shown == {"behavior": "error", "options": {k: v for k, v in body.items() if k != "name"}}
        statuses = await selecting.send(port, SENT[:12])
        wrong = await control.put("/behavior", json={"name": "error", "match": "re:("})
        assert wrong.status_code == 400
        assert "match: expected a regular expression" in wrong.text
    assert [n for n, status in enumerate(statuses) if status == "502"] == [0, 3, 6]
    assert {s for n, s in enumerate(statuses) if n not in (0, 3, 6)} == {"200"}


async def test_many_clients_together_meet_the_same_exact_counts(tmp_path: Path) -> None:
    """Weights of 100 and disjoint matches don't hang on the order of arrival."""
    async with traffic.backend() as port:
        place = ["--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{port}", "--protocol", "http"]
        parts = [SENT[n::20] for n in range(20)]
        async with headless(*place, *selecting.FLAGS, "--report", str(tmp_path)) as run:
            await asyncio.gather(*(selecting.send(run.ports["default"], part) for part in parts))
    proxy = json.loads((tmp_path / "summary.json").read_text())["proxies"]["default"]
    assert (proxy["hits"], proxy["matched"]) == (HITS, MATCHED)
