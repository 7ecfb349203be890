"""What the contract says about bytes that really move: live counters, release, all-normal, override."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from fake import Make

from tests.support.backends import backend
from tests.support.timing import slack
from vaurien_core.engine.base import Engine
from vaurien_core.model.change import Edit
from vaurien_core.model.events import ProxySample
from vaurien_core.model.profile import Phase, PhaseChange, Profile, ProxySpec, Rule, Scenario

WEIGHT = ("proxies", "web", "mix", "hang")


@dataclass
class Scene:
    """An engine with one HTTP proxy in front of a backend that answers every line of a request with `ok`."""

    engine: Engine
    port: int

    async def get(self, path: str = "/", within_s: float = 10.0) -> bytes:
        """The body of an answer, b"" if the connection was closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            async with asyncio.timeout(within_s):
                _, _, body = (await reader.read()).partition(b"\r\n\r\n")
            return body
        finally:
            writer.close()

    async def counters(self) -> ProxySample:
        return (await self.engine.sample()).proxy("web")


@pytest.fixture
async def scene(make: Make, kind: str) -> AsyncIterator[Scene]:
    if "fake" in kind:
        pytest.skip("the fake moves no bytes")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()

    async with backend(answer) as behind:
        engine = await make(Profile((ProxySpec("web", "127.0.0.1:0", behind.address, "http"),), seed=7))
        await engine.start()
        yield Scene(engine, int((await engine.state()).proxy("web").bound.rpartition(":")[2]))
        await engine.aclose()


async def until_held(scene: Scene, count: int) -> None:
    async with asyncio.timeout(10):
        while (await scene.counters()).held != count:
            await asyncio.sleep(0.02)


async def test_counters_count_while_an_exchange_is_under_way(scene: Scene) -> None:
    await scene.engine.change([Edit(WEIGHT, Decimal(100))])
    hanging = asyncio.create_task(scene.get())
    await until_held(scene, 1)
    counters = await scene.counters()
    assert counters.exchanges == 1
    assert counters.connections_open == 1
    assert counters.up_read > 0
    assert dict(counters.hits) == {"hang": 1}
    hanging.cancel()


async def test_release_lets_a_hung_request_go_on_and_counts_it(scene: Scene) -> None:
    await scene.engine.change([Edit(WEIGHT, Decimal(100))])
    hanging = asyncio.create_task(scene.get())
    await until_held(scene, 1)
    assert await scene.engine.release("web") == 1
    assert await hanging == b"ok"


async def test_kick_closes_open_connections_and_the_listener_never_refuses(scene: Scene) -> None:
    """Two that are open get FIN, and connects that are tried all the while are all accepted."""
    bound = (await scene.engine.state()).proxy("web").bound
    open_ones = [await asyncio.open_connection("127.0.0.1", scene.port) for _ in range(2)]
    async with asyncio.timeout(10):
        while (await scene.counters()).connections_open != 2:
            await asyncio.sleep(0.02)
    others = [asyncio.create_task(scene.get()) for _ in range(20)]
    kicked = await scene.engine.kick("web")
    assert kicked >= 2
    for reader, writer in open_ones:
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()
    ends = await asyncio.gather(*others, return_exceptions=True)
    assert not [end for end in ends if isinstance(end, ConnectionRefusedError)]
    assert await scene.get() == b"ok"
    assert (await scene.engine.state()).proxy("web").bound == bound
    texts = [e.text for e in await scene.engine.journal() if e.kind == "change"]
    assert f"kick: {kicked} closed" in texts
    assert texts.count("stop") == 0


async def test_all_normal_frees_what_is_held_and_suspends_what_would_follow(scene: Scene) -> None:
    await scene.engine.change([Edit(WEIGHT, Decimal(100))])
    hanging = asyncio.create_task(scene.get())
    await until_held(scene, 1)
    await scene.engine.all_normal()
    assert await hanging == b"ok"
    assert await scene.get() == b"ok"
    await scene.engine.override("web", "hang")
    await scene.engine.change([Edit(WEIGHT, Decimal(99))])
    assert await scene.get() == b"ok", "stored without effect"
    await scene.engine.resume()
    with pytest.raises(TimeoutError):
        await scene.get(within_s=0.3)


async def test_an_override_beats_the_mix_until_it_ends(scene: Scene) -> None:
    await scene.engine.change([Edit(WEIGHT, Decimal(100))])
    await scene.engine.override("web", "dummy")
    assert await scene.get() == b"ok"
    await scene.engine.override("web", "")
    with pytest.raises(TimeoutError):
        await scene.get(within_s=0.3)


async def test_a_changed_address_is_bound_anew_and_a_changed_backend_is_dialled(scene: Scene) -> None:
    old = scene.port
    stand = await scene.engine.profile()
    spec = replace(stand.profile.proxy("web"), proxy="localhost:0", mix=(Rule("dummy", Decimal(100)),))
    await scene.engine.apply(stand.profile.with_proxy(spec), base=stand.revision)
    state = (await scene.engine.state()).proxy("web")
    assert state.running
    scene.port = int(state.bound.rpartition(":")[2])
    assert scene.port != old
    assert await scene.get() == b"ok"
    await scene.engine.change([Edit(("proxies", "web", "backend"), "127.0.0.1:1")])
    assert await scene.get() == b""
    assert (await scene.counters()).errors_backend == 1


async def answers(scene: Scene) -> bool:
    """Whether a new connection is served."""
    try:
        return await scene.get() == b"ok"
    except OSError:
        return False


async def test_all_normal_brings_what_is_down_back_at_once_and_resume_takes_it_down_again(scene: Scene) -> None:
    await scene.engine.change([Edit(("proxies", "web", "state"), "down")])
    assert not await answers(scene)
    began = time.monotonic()
    await scene.engine.all_normal()
    took = time.monotonic() - began
    assert await answers(scene), "on the same port as before"
    assert took < 0.1 + slack()
    state = (await scene.engine.state()).proxy("web")
    assert (state.running, state.state) == (True, "down")
    await scene.engine.change([Edit(("proxies", "web", "buffer_limit"), 70_000)])
    assert await answers(scene), "changes are stored without effect"
    await scene.engine.resume()
    assert not await answers(scene)
    assert not (await scene.engine.state()).proxy("web").running


async def test_all_normal_lifts_the_phases_of_a_scenario_and_its_clock_stands(scene: Scene) -> None:
    dark = Phase("dark", 0.4, changes=(PhaseChange(state="down"),))
    await scene.engine.change([Edit(("scenario",), Scenario(("dark", "calm"), defined=(dark,)))])
    await scene.engine.scenario("restart")
    await scene.engine.all_normal()
    stood = (await scene.engine.state()).scenario
    assert stood is not None
    for _ in range(6):
        await asyncio.sleep(0.1)
        assert await answers(scene)
    state = (await scene.engine.state()).scenario
    assert state is not None
    assert (state.phase, state.paused, state.played) == ("dark", True, stood.played)
    await scene.engine.resume()
    assert not await answers(scene), "the rest of the phase"
    async with asyncio.timeout(5):
        while not await answers(scene):
            await asyncio.sleep(0.01)
    state = (await scene.engine.state()).scenario
    assert state is not None
    assert state.phase == "calm"
