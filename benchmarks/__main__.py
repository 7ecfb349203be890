"""`make bench`: pass-through and the lateness of a delay, each beside its controls, interleaved, medians printed."""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import Sequence
from contextlib import AsyncExitStack

from benchmarks import loads, peers

DELAY_MS = 50


def _quantiles(times: Sequence[float]) -> tuple[float, float, float]:
    ordered = sorted(times)
    return tuple(ordered[min(len(ordered) - 1, int(q * len(ordered)))] for q in (0.01, 0.5, 0.99))  # type: ignore[return-value]


async def _pass_through(repetitions: int) -> None:
    print("\nPass-through, one connection (medians of interleaved repetitions)")
    print(f"{'':24}{'round trip us':>15}{'bulk MB/s':>12}{'HTTP req/s':>12}")
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        echo, source, http = [await enter(loads.server(kind)) for kind in ("echo", "source", "http")]
        ways: dict[str, tuple[int, int, int]] = {"direct": (echo, source, http)}
        for name, arguments in (("vaurien, tcp", ()), ("vaurien, http", ("--protocol", "http"))):
            ways[name] = tuple([await enter(peers.vaurien(p, arguments)) for p in (echo, source, http)])  # type: ignore[assignment]
        balanced = [await enter(peers.haproxy(p)) for p in (echo, source, http)]
        if None not in balanced:
            ways["HAProxy, defaults"] = tuple(balanced)  # type: ignore[assignment]
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
        for _ in range(repetitions):
            for name, (echo_port, source_port, http_port) in ways.items():
                trip = statistics.median(await asyncio.to_thread(loads.round_trips, echo_port, 3000)) * 1e6
                bulk = await asyncio.to_thread(loads.download, source_port, 400)
                rate = await asyncio.to_thread(loads.requests, http_port, 5000)
                found[name].append((trip, bulk, rate))
        for name, rows in found.items():
            trip, bulk, rate = (statistics.median(column) for column in zip(*rows, strict=True))
            print(f"{name:24}{trip:15.0f}{bulk:12.0f}{rate:12.0f}")


async def _lateness() -> None:
    print(f"\nA delay of {DELAY_MS} ms under light load: milliseconds beyond it, p1 / p50 / p99")
    async with AsyncExitStack() as stack:
        echo = await stack.enter_async_context(loads.server("echo"))
        plain = await stack.enter_async_context(peers.vaurien(echo))
        delay = ("--behavior", "100:delay", "--behavior-delay-sleep", f"{DELAY_MS}ms")
        delayed = await stack.enter_async_context(peers.vaurien(echo, delay))
        controls = await asyncio.to_thread(loads.round_trips, plain, 200, 0.005)
        times = await asyncio.to_thread(loads.round_trips, delayed, 200, 0.005)
        loop = asyncio.get_running_loop()
        sleeps = []
        for _ in range(50):
            start = loop.time()
            await asyncio.sleep(DELAY_MS / 1000)
            sleeps.append(loop.time() - start - DELAY_MS / 1000)
    for name, rows in (
        ("control: round trip without delay", controls),
        ("control: asyncio.sleep", sleeps),
        ("vaurien: round trip less the delay", [t - DELAY_MS / 1000 for t in times]),
    ):
        print(f"{name:36}" + " / ".join(f"{q * 1000:+.2f}" for q in _quantiles(rows)))


async def main() -> None:
    """Everything."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    await _lateness()
    await _pass_through(arguments.repetitions)


if __name__ == "__main__":
    asyncio.run(main())
