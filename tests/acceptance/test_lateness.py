"""A delay is never early, and hardly later than the machine's own timers in the same run."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks import loads
from tests.acceptance.headless import headless

DELAY_S = 0.05
ROUND_TRIPS = 60
ATTEMPTS = 6
"""The machine is shared: one quiet stretch, by the control's own measure, must show it."""


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
        seen = []
        async with headless("--config", str(profile)) as run:
            for _ in range(ATTEMPTS):
                slow, plain, sleeps = await asyncio.gather(
                    asyncio.to_thread(loads.round_trips, run.ports["slow"], ROUND_TRIPS),
                    asyncio.to_thread(loads.round_trips, run.ports["plain"], ROUND_TRIPS, DELAY_S),
                    control(),
                )
                late = [t - DELAY_S for t in slow]
                assert min(late) >= 0
                allowed = [at(plain, q) + max(at(sleeps, q), 0) + more for q, more in ((0.5, 0.002), (0.99, 0.005))]
                found = [at(late, 0.5), at(late, 0.99)]
                seen.append((found, allowed))
                if found[0] <= allowed[0] and found[1] <= allowed[1]:
                    return
    raise AssertionError(f"late in every attempt (p50, p99 found, allowed): {seen}")
