"""A control server over an engine in memory."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engine" / "contract"))

from fake import FakeEngine

from vaurien_core.control import ControlServer, serve
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec, Rule

PROFILE = Profile(
    (
        ProxySpec("web", "127.0.0.1:0", "127.0.0.1:9000", "http",
                  (Rule("delay", Decimal(20)), Rule("error", Decimal(5)))),
        ProxySpec("all", "127.0.0.1:0", "127.0.0.1:9001", "tcp", (Rule("delay", Decimal(100)),),
                  (BehaviorSpec("delay", options=(("sleep", 2.0),)), BehaviorSpec("pay-fails", "error"))),
        ProxySpec("none", "127.0.0.1:0", "127.0.0.1:9002", "tcp"),
    ),
    seed=7,
)  # fmt: skip


@pytest.fixture
async def engine() -> AsyncIterator[FakeEngine]:
    fake = FakeEngine(PROFILE)
    yield fake
    await fake.aclose()


@pytest.fixture
async def server(engine: FakeEngine) -> AsyncIterator[ControlServer]:
    running = await serve(engine)
    yield running
    await running.aclose()


@pytest.fixture
async def http(server: ControlServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.urls[0]) as session:
        yield session
