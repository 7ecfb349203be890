"""redis-py's own tests: through the proxy at weight 0 they end as they do directly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.runs import running
from tests.servers.redis_server import needs_redis, redis_server
from tests.servers.suites import differing, run_suite, source_of

pytest.importorskip("redis")
pytestmark = [pytest.mark.server, needs_redis, pytest.mark.slow, pytest.mark.timeout(900)]
FILES = [
    f"tests/test_{name}.py"
    for name in (
        "cache", "command_parser", "commands", "connection", "connection_pool", "encoding", "function", "hash",
        "helpers", "keyspace_notifications", "legacy_responses_arg", "lock", "monitor", "multiprocessing", "pipeline",
        "pubsub", "scripting",
        "asyncio/test_commands", "asyncio/test_connection", "asyncio/test_connection_pool", "asyncio/test_encoding",
        "asyncio/test_hash", "asyncio/test_lock", "asyncio/test_monitor", "asyncio/test_pipeline",
        "asyncio/test_pubsub", "asyncio/test_scripting",
    )
]  # fmt: skip
MARKS = "not onlycluster and not redismod and not ssl and not cp_integration and not experimental"
"""They need a cluster, modules or TLS."""
EXCLUDED = {
    "test_client_kill_filter_by_laddr": "it sees the server's address, which is not the one that it dialled",
}


def test_the_library_s_own_tests_pass_through_as_they_pass_directly(tmp_path: Path):
    source = source_of("redis", tmp_path)
    with redis_server() as one, redis_server() as two:
        words = ["--proxy", "127.0.0.1:0", "--backend", two.address, "--protocol", "redis", "--behavior", "0:error"]
        with running(*words) as proxy:
            places = {"direct": one.port, "through": proxy.place[1]}
            runs = [
                run_suite(
                    source, tmp_path, name,
                    [
                        "-m", MARKS, "-k", " and ".join(f"not {n}" for n in EXCLUDED),
                        "--redis-url", f"redis://127.0.0.1:{port}/0", *FILES,
                    ],
                )
                for name, port in places.items()
            ]  # fmt: skip
            with runs[0], runs[1]:
                direct, through = (run.outcomes(800) for run in runs)
    assert differing(direct, through) == {}
    assert sum(outcome == "passed" for outcome in direct.values()) > 800
