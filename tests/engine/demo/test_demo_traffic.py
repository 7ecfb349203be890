"""The demo's traffic of each protocol: steady, framed, and it goes on through faults."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from vaurien_core.engine.demo.asking import ASKERS
from vaurien_core.engine.demo.backends import BACKENDS
from vaurien_core.engine.local import LocalEngine
from vaurien_core.errors import UsageError
from vaurien_core.model.change import Edit
from vaurien_core.model.events import ProxySample
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.registry import Registry

REGISTRY = Registry.builtin()
PROTOCOLS = REGISTRY.protocol_names


def test_every_protocol_has_a_backend_and_a_client() -> None:
    assert set(PROTOCOLS) == BACKENDS.keys() == ASKERS.keys()


async def until(running: LocalEngine, count: int, field: str = "exchanges") -> ProxySample:
    async with asyncio.timeout(20):
        while getattr(sample := running.sample_now().proxy("it"), field) < count:
            await asyncio.sleep(0.01)
    return sample


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_traffic_is_framed_and_answered_and_survives_faults(protocol: str) -> None:
    running = LocalEngine(
        Profile((ProxySpec("it", "127.0.0.1:0", "127.0.0.1:9", protocol),), seed=1), registry=REGISTRY
    )
    try:
        backend = await running.demo("backend", proxy="it")
        assert await running.demo("backend", protocol=protocol) == backend, "there is one per protocol"
        await running.change([Edit(("proxies", "it", "backend"), backend)])
        await running.start()
        await running.demo("traffic", proxy="it", rate=400)
        sample = await until(running, 60)
        assert (sample.opaque, sample.errors_client, sample.errors_backend, sample.injected) == (0, 0, 0, 0)
        await running.change([Edit(("proxies", "it", "mix", name), Decimal(20)) for name in ("abort", "blackout")])
        await until(running, 5, "injected")
        await running.change([Edit(("proxies", "it", "mix", name), None) for name in ("abort", "blackout")])
        before = running.sample_now().proxy("it").exchanges
        assert (await until(running, before + 30)).exchanges > before
        if protocol != "tcp":
            await running.change([Edit(("proxies", "it", "mix", "error"), Decimal(50))])
            before = running.sample_now().proxy("it").injected
            await until(running, before + 10, "injected")
            assert running.sample_now().proxy("it").opaque == 0
    finally:
        await running.aclose()


async def test_backends_of_several_protocols_stand_beside_each_other() -> None:
    running = LocalEngine(Profile((), seed=1), registry=REGISTRY)
    try:
        places = {await running.demo("backend", protocol=protocol) for protocol in PROTOCOLS}
        assert len(places) == len(PROTOCOLS)
        assert await running.demo("backend") in places, "http, if nobody says anything else"
        await running.demo("stop")
        for place in places:
            with pytest.raises(OSError):
                await asyncio.open_connection(*place.split(":"))
        with pytest.raises(UsageError, match='unknown protocol "htpt", did you mean "http"'):
            await running.demo("backend", protocol="htpt")
    finally:
        await running.aclose()
