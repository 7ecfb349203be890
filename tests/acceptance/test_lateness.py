"""A delay is never early, and hardly later than the machine's own timers in the same run."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks import loads
from tests.acceptance.headless import headless

DELAY_S = 0.05
ROUND_TRIPS = 100


def at(times: list[float], q: float) -> float:
    return sorted(times)[min(len(times) - 1, int(q * len(times)))]


async def control() -> list[float]:
    """How late a plain sleep of the same length is, as often."""
    loop, late = asyncio.get_running_loop(), []
    for _ in range(ROUND_TRIPS):
        start = loop.time()
        await asyncio.sleep(DELAY_S)
        late.append(loop.time() - start - DELAY_S)
    return late


async def test_a_delay_of_50_ms_is_never_early_and_hardly_late(tmp_path: Path) -> None:
    profile = tmp_path / "profile.ini"
    async with loads.server("echo") as port:
        profile.write_text(
            f"[proxy:slow]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:{port}\nbehavior = 100:delay\n"
            f"[proxy:plain]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:{port}\n"
            "[behavior:delay]\nsleep = 50ms\n"
        )
        async with headless("--config", str(profile)) as run:
            plain = await asyncio.to_thread(loads.round_trips, run.ports["plain"], ROUND_TRIPS, DELAY_S)
            slow, sleeps = await asyncio.gather(
                asyncio.to_thread(loads.round_trips, run.ports["slow"], ROUND_TRIPS), control()
            )
    late = [t - DELAY_S for t in slow]
    assert min(late) >= 0
    assert at(late, 0.5) <= at(plain, 0.5) + max(at(sleeps, 0.5), 0) + 0.002
    assert at(late, 0.99) <= at(plain, 0.99) + max(at(sleeps, 0.99), 0) + 0.005
