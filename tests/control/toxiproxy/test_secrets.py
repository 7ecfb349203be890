"""What the environment held is shown to no client, and means itself when a client sends back what it saw."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from toxiproxy_client import Api

from tests.support.toxics import toxic_registry
from vaurien_core.control import serve
from vaurien_core.engine.local import LocalEngine
from vaurien_core.profiles import loads

TEXT = "[proxy:db]\nproxy = 127.0.0.1:0\nbackend = ${DB}\n"
SECRET = "secret-host.internal:3306"


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    registry = toxic_registry()
    running = LocalEngine(loads(TEXT, "p.ini", registry, env={"DB": SECRET}).profile, registry=registry)
    await running.start()
    yield running
    await running.aclose()


async def test_a_backend_of_the_environment_stays_covered(engine: LocalEngine) -> None:
    server = await serve(engine)
    async with aiohttp.ClientSession() as session:
        api = Api(session, server.urls[0])
        proxy = (await api("GET", "/proxies/db")).json
        assert proxy["upstream"] == "${DB}"
        revision = (await engine.profile()).revision
        assert (await api("POST", "/proxies/db", proxy)).json == proxy
        assert (await api("POST", "/populate", [proxy])).json["proxies"] == [proxy]
        assert (await engine.profile()).revision == revision
        assert (await engine.profile()).profile.proxy("db").backend == SECRET
        for path in ("/proxies", "/metrics", "/proxies/db/toxics"):
            assert "secret-host" not in (await api("GET", path)).text
    await server.aclose()
