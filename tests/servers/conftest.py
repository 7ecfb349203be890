"""Servers that all tests of a run share; a test makes the keys that it needs and leaves the settings as they were."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.memcache_server import MemcacheServer, memcached
from tests.servers.redis_server import RedisServer, redis_server


@pytest.fixture(scope="session")
def redis_shared() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


@pytest.fixture(scope="session")
def memcached_shared() -> Iterator[MemcacheServer]:
    with memcached("-m", "128") as running:
        yield running
