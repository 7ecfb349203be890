"""The engines that must keep the contract, each made by a function of the profile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from fake import FakeEngine, Make

from vaurien_core.control import serve
from vaurien_core.engine.base import Engine
from vaurien_core.engine.remote import RemoteEngine
from vaurien_core.model.profile import Profile

# A child costs half a second, and is a remote engine but for these: the rest of its contract is part of make test-all.
CHILD = (
    "nothing_listens_before_start",
    "raises_the_revision",
    "same_path_is_refused",
    "whole_profile_is_applied",
    "all_normal",
    "an_override",
    "events_begin_with_the_state",
    "demo_backend",
    "closing_ends_the_readers",
    "leaves_no_task",
    "counters_count",
    "release_lets",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the child's less telling half as slow."""
    for item in items:
        made = getattr(item, "callspec", None)
        if made and made.params.get("make") == "child" and not any(part in item.name for part in CHILD):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(params=["fake", "remote-fake", "local", "remote", "child"])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Make]:
    """Makes engines of one kind; closes them after the test."""
    async with AsyncExitStack() as opened:

        async def local(profile: Profile) -> Engine:
            if "fake" in request.param:
                engine: Engine = FakeEngine(profile)
            else:
                from vaurien_core.engine.local import LocalEngine
                from vaurien_core.registry import Registry

                engine = LocalEngine(profile, registry=Registry.builtin())
            opened.push_async_callback(engine.aclose)
            return engine

        async def remote(profile: Profile) -> Engine:
            server = await serve(await local(profile), token="t0ken", private=True)
            opened.push_async_callback(server.aclose)
            engine = RemoteEngine(server.urls[0], "t0ken", retry_for_s=0.0)
            opened.push_async_callback(engine.aclose)
            return engine

        async def child(profile: Profile) -> Engine:
            from vaurien_core.engine.child import ChildEngine

            engine = await ChildEngine.launch(profile, start_within_s=20.0)
            opened.push_async_callback(engine.aclose)
            return engine

        yield {"fake": local, "local": local, "child": child}.get(request.param, remote)


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """Which engine it is."""
    name: str = request.node.callspec.params["make"]
    return name
