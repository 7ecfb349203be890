"""A scenario headless: phases begin when they should, break what they say, and the journal names them."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from tests.acceptance import traffic
from tests.acceptance.headless import headless
from tests.support.timing import soon_enough

PROFILE = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:{port}
protocol = http
seed = 4

[scenario]
phases = calm, refused, broken, calm
end = {end}

[phase:calm]
for = 400ms

[phase:refused]
for = 400ms
state = down

[phase:broken]
for = 400ms
behavior = 100:error

[behavior:error]
error = 503
"""


async def knock(port: int, until: float) -> list[tuple[float, str]]:
    """Ask every 5 ms over a new connection; when (by the loop's clock) and what came."""
    loop, found = asyncio.get_running_loop(), []
    while (now := loop.time()) < until:
        client = traffic.Client(port, 0.3)
        try:
            said = await client.get("/x")
        except OSError as error:
            said = type(error).__name__
        await client.aclose()
        found.append((now, said))
        await asyncio.sleep(0.005)
    return found


def phases(found: list[tuple[float, str]]) -> list[tuple[str, float]]:
    """What came, neighbours that are the same together, each with when it began."""
    seen: list[tuple[str, float]] = []
    for when, said in found:
        if not seen or seen[-1][0] != said:
            seen.append((said, when))
    return seen


async def test_a_client_meets_the_phases_in_order_and_the_journal_names_them(tmp_path: Path) -> None:
    profile, journal = tmp_path / "p.ini", tmp_path / "journal.jsonl"
    async with traffic.backend() as port:
        profile.write_text(PROFILE.format(port=port, end="hold"))
        async with headless("--config", str(profile), "--journal", str(journal), "--journal-all") as run:
            found = await knock(run.ports["default"], asyncio.get_running_loop().time() + 1.8)
    said = [s for s, _ in phases([f for f in found if f[1] not in ("IncompleteReadError", "ConnectionResetError")])]
    assert said == ["200", "ConnectionRefusedError", "503", "200"]
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    touched = {(x["scenario"], x["outcome"]) for x in lines if x["kind"] == "exchange" and x["outcome"] != "stopped"}
    assert touched <= {("calm", "200"), ("broken", "503 injected"), ("calm", ""), ("calm", "client left")}
    assert {("calm", "200"), ("broken", "503 injected")} <= touched
    begun = [(x["text"], x["t"]) for x in lines if x["kind"] == "change" and x["text"].startswith("phase ")]
    assert [re.sub(r" \(.*", "", text) for text, _ in begun] == [
        "phase calm", "phase refused", "phase broken", "phase calm",
    ]  # fmt: skip


async def lateness(profile: Path, journal: Path) -> float:
    """How late a phase of a run began at most, in seconds; none is early."""
    async with headless("--config", str(profile), "--journal", str(journal)) as run:
        assert await asyncio.wait_for(run.process.wait(), 10) == 0
    begun = [json.loads(line) for line in journal.read_text().splitlines()]
    times = [x["t"] for x in begun if x["kind"] == "change" and x["text"].startswith(("phase ", "the scenario"))]
    assert len(times) == 5
    late = [t - times[0] - 0.4 * n for n, t in enumerate(times)]
    assert min(late) > -0.001
    return max(late)


def test_phases_begin_within_20_ms_of_the_plan(tmp_path: Path) -> None:
    profile, journal = tmp_path / "p.ini", tmp_path / "journal.jsonl"
    profile.write_text(PROFILE.format(port=9, end="stop"))
    soon_enough(lambda: asyncio.run(lateness(profile, journal)), 0.020)


async def test_a_scenario_that_ends_with_stop_ends_the_run(tmp_path: Path) -> None:
    profile, report = tmp_path / "p.ini", tmp_path / "report"
    profile.write_text(PROFILE.format(port=9, end="stop").replace("400ms", "50ms"))
    async with headless("--config", str(profile), "--report", str(report)) as run:
        await asyncio.wait_for(run.process.wait(), 10)
    assert json.loads((report / "summary.json").read_text())["exit"] == {
        "status": 0, "reason": "the scenario is over",
    }  # fmt: skip


async def test_the_first_phase_may_be_down_and_the_port_stays(tmp_path: Path) -> None:
    profile = tmp_path / "p.ini"
    async with traffic.backend() as port:
        text = PROFILE.format(port=port, end="hold").replace("calm, refused, broken, calm", "refused, calm")
        profile.write_text(text)
        async with headless("--config", str(profile)) as run:
            found = await knock(run.ports["default"], asyncio.get_running_loop().time() + 0.9)
    assert [said for said, _ in phases(found)] == ["ConnectionRefusedError", "200"]
