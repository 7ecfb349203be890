"""pymemcache's own tests: through the proxy at weight 0 they end as they do directly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.runs import running
from tests.servers.memcache_server import memcached, needs_memcached
from tests.servers.suites import differing, needed, run_suite, source_of

pytest.importorskip("pymemcache")
pytestmark = [pytest.mark.server, needs_memcached, pytest.mark.slow, pytest.mark.timeout(600)]
EXCLUDED = {"tls": "they need a server that speaks TLS"}


def test_the_library_s_own_tests_pass_through_as_they_pass_directly(tmp_path: Path):
    source = source_of("pymemcache", tmp_path)
    extra = needed(tmp_path, "Faker==15.1.0", "zstd==1.5.7.2")
    with memcached() as one, memcached() as two:
        words = ["--proxy", "127.0.0.1:0", "--backend", two.address, "--protocol", "memcache", "--behavior", "0:error"]
        with running(*words) as proxy:
            places = {"direct": one.port, "through": proxy.place[1]}
            runs = [
                run_suite(
                    source, tmp_path, name,
                    [
                        "-m", "unit or integration", "-k", " and ".join(f"not {n}" for n in EXCLUDED),
                        "--server", "127.0.0.1", "--port", str(port), "pymemcache/test",
                    ],
                    extra,
                )
                for name, port in places.items()
            ]  # fmt: skip
            with runs[0], runs[1]:
                direct, through = (run.outcomes(500) for run in runs)
    assert differing(direct, through) == {}
    reached = {n for n, outcome in direct.items() if outcome == "passed" and "test_integration" in n}
    assert len(reached) > 20
    assert sum(outcome == "passed" for outcome in direct.values()) > 300
