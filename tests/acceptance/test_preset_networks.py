"""The network profiles, measured by a client through the proxy: round trip, both bandwidths, loss."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import pytest
from preset_stage import Stage, builtin, under

from tests.support.backends import backend
from tests.support.timing import soon_enough_async

PART_S = 0.2
"""So long a transfer takes at the rate that is measured."""


@dataclass(frozen=True)
class Network:
    """What a preset claims: kbit/s, ms, %."""

    down: float
    up: float
    rtt: float
    jitter: float = 0
    loss: float = 0


NETWORKS = {
    "slow-3g": Network(500, 500, 400),
    "slow-4g": Network(1600, 750, 150),
    "edge": Network(250, 250, 300, loss=1.5),
    "dsl": Network(1500, 384, 50),
    "wifi-lossy": Network(30_000, 15_000, 40, 10, 2),
    "satellite": Network(1000, 256, 600, 50, 2),
}
LOSSY = [name for name, network in NETWORKS.items() if network.loss]


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """`UP DOWN`: take so many bytes, then send so many."""
    while line := await reader.readline():
        up, down = map(int, line.split())
        await reader.readexactly(up)
        writer.write(bytes(down))
        await writer.drain()


async def _took(port: int, up: int, down: int) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        began = time.monotonic()
        writer.write(b"%d %d\n%b" % (up, down, bytes(up)))
        await reader.readexactly(down)
        return time.monotonic() - began
    finally:
        writer.close()


@pytest.mark.parametrize("name", NETWORKS)
async def test_a_network_is_as_far_and_as_thin_as_it_says(name: str) -> None:
    network = NETWORKS[name]
    rtt, jitter = network.rtt / 1000, network.jitter / 1000
    stalls = {0.0} if not network.loss else {0.0, 0.2}
    async with backend(_serve) as server, under(name, "tcp", server.address) as stage:
        for up, down in ((0, 1), (0, int(network.down * 125 * PART_S)), (int(network.up * 125 * PART_S), 1)):
            due = rtt + up / network.up / 125 + down / network.down / 125

            async def attempt(up: int = up, down: int = down, due: float = due) -> float:
                took = await _took(stage.port, up, down)
                assert took >= (due - jitter) * 0.97
                return took - due

            await soon_enough_async(attempt, jitter + max(stalls) + 0.05 + 0.1 * due)
            assert await _took(server.port, up, down) < due  # the control: without the proxy


@pytest.mark.parametrize("name", LOSSY)
async def test_a_lossy_network_stalls_now_and_then(name: str) -> None:
    network = NETWORKS[name]
    async with backend(_serve) as server, under(name, "tcp", server.address) as stage:
        late = [took - network.rtt / 1000 for took in await _pings(stage, 40, 4)]
        assert 1 <= sum(1 for more in late if more > 0.19) <= 40
        acted = dict((await stage.engine.sample()).proxy("default").toxics)
        assert acted["loss"] >= 1


async def _pings(stage: Stage, clients: int, each: int) -> list[float]:
    async def client() -> list[float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        took = []
        for _ in range(each):
            began = time.monotonic()
            writer.write(b"0 1\n")
            await reader.readexactly(1)
            took.append(time.monotonic() - began)
        writer.close()
        return took

    return [took for each_took in await asyncio.gather(*(client() for _ in range(clients))) for took in each_took]


def test_the_words_and_toxics_of_a_network_agree() -> None:
    for name, network in NETWORKS.items():
        toxics = {t.name: dict(t.options) for t in builtin(name).toxics}
        assert toxics["bandwidth-down"]["rate"] == network.down / 8
        assert toxics["bandwidth-up"]["rate"] == network.up / 8
        assert toxics["latency"]["latency"] == network.rtt / 2
        words = builtin(name).description
        assert f"{network.rtt:g} ms round trip" in words
        assert (f"{network.loss:g} % of the packets" in words) == bool(network.loss)
