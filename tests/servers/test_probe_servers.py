"""The probe against the real servers: each is named with its version, and told apart from every other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.servers.memcache_server import memcached
from tests.servers.mysql_server import running
from tests.servers.nginx_server import nginx
from tests.servers.redis_server import redis_server
from tests.servers.smtp_server import smtp_server
from vaurien_core.clock import SystemClock
from vaurien_core.engine.probe import probe

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
SPEAKS = {
    "http": r"HTTP/1\.1 \(nginx/[\d.]+\)",
    "mysql": r"MariaDB 1\d\.\d+\.\d+",
    "redis": "Redis",
    "memcache": r"memcached 1\.\d+\.\d+",
    "smtp": "SMTP with .*8BITMIME.*",
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Protocol to address."""
    with ExitStack() as opened:
        yield {
            "http": f"127.0.0.1:{opened.enter_context(nginx(tmp_path_factory.mktemp('nginx')))}",
            "mysql": f"127.0.0.1:{opened.enter_context(running()).port}",
            "redis": opened.enter_context(redis_server("--requirepass", "geheim", wait=False)).address,
            "memcache": opened.enter_context(memcached()).address,
            "smtp": f"127.0.0.1:{opened.enter_context(smtp_server())[0]}",
        }


@pytest.mark.parametrize("protocol", SPEAKS)
async def test_a_real_server_is_named(servers: dict[str, str], protocol: str) -> None:
    result = await probe(servers[protocol], protocol, (), SystemClock())
    assert result.verdict == "ok", result
    assert re.fullmatch(rf"Reachable in [\d.]+ ms, speaks {SPEAKS[protocol]}", result.message), result.message


@pytest.mark.parametrize("wanted", SPEAKS)
@pytest.mark.parametrize("spoken", SPEAKS)
async def test_a_real_server_is_told_apart(servers: dict[str, str], wanted: str, spoken: str) -> None:
    if wanted != spoken:
        result = await probe(servers[spoken], wanted, (), SystemClock())
        assert (result.verdict, result.speaks) == ("wrong-protocol", spoken), result
