"""Toxiproxy's API over a real engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from toxiproxy_client import Api

from tests.support.toxics import toxic_registry
from vaurien_core.control import ControlServer, serve
from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.profile import Profile


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    running = LocalEngine(Profile(seed=1), registry=toxic_registry())
    await running.start()
    yield running
    await running.aclose()


@pytest.fixture
async def server(engine: LocalEngine) -> AsyncIterator[ControlServer]:
    running = await serve(engine)
    yield running
    await running.aclose()


@pytest.fixture
async def api(server: ControlServer) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(session, server.urls[0])
