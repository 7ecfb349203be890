"""Every error of the catalogue beside the real one: bytes, connection, the client's exception, and what comes after.

The same statements are said twice, in RESP2 and RESP3, raw and by a client: to a server that is in the state of which
the error tells, and through a proxy to a server that isn't. What was heard must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.servers.proxied import proxied
from tests.servers.redis_raw import Raw
from tests.servers.redis_server import RedisServer, needs_redis
from tests.servers.redis_states import STATES, Cluster, a_cluster
from vaurien_core.protocols.redis import Redis

redis_py = pytest.importorskip("redis")
pytestmark = [pytest.mark.server, needs_redis, pytest.mark.timeout(120)]
DURING = ("SET a 1", "GET full", "DEL a", "MULTI", "SET a 2", "GET full", "EXEC", "PING")
AFTER = ("SET a 3", "GET a", "INCR a")
ENDED = (
    r"ConnectionError: (Connection closed by server\.|Error while (reading|writing).*|Connection not ready)",
    "ConnectionError: ...",
)
"""Who speaks to a closed connection meets FIN or RST, and may look before: that is chance, on both sides."""
IN_CLUSTER = ("SET foo 3", "GET foo", "INCR foo")


@dataclass(frozen=True)
class Case:
    """How an entry is met.

    Attributes:
        raised: the exception that the client documents for it.
        during: statements while it lasts; the first that is refused raises.
        after: the next three, once it is over.
        early: it is met when connecting.
        provoking: what the real server gets in a statement's place, and of which the answer isn't compared.
        varies: (pattern, replacement): what the server says differently from time to time.
    """

    raised: str
    during: tuple[str, ...] = DURING
    after: tuple[str, ...] = AFTER
    early: bool = False
    provoking: dict[int, str] = field(default_factory=dict)
    varies: tuple[str, str] = ("(?!)", "")


CASES = {
    "LOADING": Case("BusyLoadingError"),
    "BUSY": Case(
        "ResponseError",
        # still busy at EXEC, the server says so; ours may be over by then
        varies=(r"because of: BUSY [^'\\]*", "because of previous errors."),
    ),
    "MASTERDOWN": Case("MasterDownError"),
    "READONLY": Case("ReadOnlyError"),
    "OOM": Case("OutOfMemoryError"),
    "MISCONF": Case("ResponseError"),
    "NOREPLICAS": Case("ResponseError"),
    "MOVED": Case("MovedError", ("GET bar", "MULTI", "GET bar", "EXEC", "SET bar 1", "PING"), IN_CLUSTER),
    "ASK": Case("AskError", ("GET x{foo}", "PING"), ("GET x{foo}", *IN_CLUSTER)),
    "TRYAGAIN": Case("TryAgainError", ("MGET foo x{foo}", "GET foo", "PING"), ("MGET foo x{foo}", *IN_CLUSTER)),
    "CLUSTERDOWN": Case("ClusterDownError", ("GET foo", "SET foo 1", "PING"), IN_CLUSTER),
    "CLUSTERDOWN-SLOT": Case("ClusterDownError", ("GET other", "MULTI", "GET other", "EXEC", "PING"), IN_CLUSTER),
    "NOAUTH": Case("AuthenticationError", early=True),
    "EXECABORT": Case("ExecAbortError", ("MULTI", "SET a 2", "EXEC", "GET a"), provoking={1: "SET a"}),
    "UNBLOCKED": Case("ResponseError", ("BLPOP none 0", "GET full", "GET full", "PING")),
    "MAXCLIENTS": Case(
        "ConnectionError", ("PING", "GET full"), early=True,
        varies=("(?<=ConnectionError: )max number of clients reached", "..."),  # read, or met as above
    ),
}  # fmt: skip


def test_every_entry_of_the_catalogue_is_compared_with_the_real_error():
    assert set(CASES) == set(STATES) == {entry.name for entry in Redis.errors}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with a_cluster() as running:
        yield running


Heard = list[tuple[str, object]]


def raw(port: int, version: int) -> tuple[Callable[[str], object], Callable[[], None]]:
    connection = Raw(port, *(["HELLO 3"] if version == 3 else []))
    return connection.ask, connection.close


def client(port: int, version: int) -> tuple[Callable[[str], object], Callable[[], None]]:
    made: list[Any] = []

    def ask(line: str) -> object:
        try:
            if not made:  # one connection, as the pool's looks at a connection's end would depend on time
                made.append(
                    redis_py.Redis(
                        port=port, protocol=version, socket_timeout=20, retry=None, single_connection_client=True,
                        driver_info=None,  # else CLIENT SETINFO, which the server of Debian 12 doesn't know
                    )
                )  # fmt: skip
            return repr(made[0].execute_command(*line.split()))
        except redis_py.RedisError as error:
            return f"{type(error).__name__}: {error}"

    return ask, lambda: made[0].close() if made else None


def observe(port: int, case: Case, on: Callable[[], None], off: Callable[[], None], *, real: bool) -> Heard:
    """What is heard in the course of the case."""
    heard: Heard = []
    for who in (raw, client):
        for version in (2, 3):
            if case.early:
                on()
            ask, close = who(port, version)
            try:
                if not case.early:
                    ask("PING")
                    on()
                for n, line in enumerate(case.during):
                    told = ask(case.provoking.get(n, line) if real else line)
                    if n not in case.provoking:
                        heard.append((line, plain(told, port, case)))
                off()
                heard += [(line, plain(ask(line), port, case)) for line in case.after]
            finally:
                close()
    return heard


def plain(told: object, port: int, case: Case) -> str:
    """As text, without what can't be the same."""
    return re.sub(*case.varies, re.sub(*ENDED, str(told))).replace(str(port), "PORT")


def prepare(*servers: RedisServer) -> None:
    for server in servers:
        server.ask("SET full 1", "DEL a", "SET foo 1")


@pytest.mark.parametrize("name", CASES)
def test_an_error_and_what_follows_are_as_the_server_has_them(name, redis_shared, cluster):
    case = CASES[name]
    prepare(redis_shared, cluster.one)
    with STATES[name](redis_shared, cluster) as state:
        real = observe(state.port, case, state.on, state.off, real=True)
    prepare(redis_shared)
    with proxied(
        Redis, redis_shared.address, mix="100:error", error={"error": name},
        protocol_options={"redirect": state.redirect} if state.redirect else None,
    ) as proxy:  # fmt: skip
        proxy.off()
        ours = observe(proxy.port, case, proxy.on, proxy.off, real=False)
        assert proxy.count("opaque") == 0
    assert ours == real
    assert f"{name} injected" in proxy.journal.outcomes()
    by_client = [str(told) for _, told in real[len(real) // 2 :]]
    errors = [told for told in by_client if "Error: " in told]
    assert errors and errors[0].startswith(case.raised + ": "), errors
    entry = next(e for e in Redis.errors if e.name == name)
    assert entry.closes == any("closed" in str(told) for _, told in real)
