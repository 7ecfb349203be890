"""Every error of the catalogue, provoked on a real server: ours are the same bytes, with the same next answers."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from tests.servers.redis_server import RedisServer, needs_redis, read_all, redis_server
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.redis import Redis
from vaurien_core.protocols.redis.slots import slot_of

pytestmark = [pytest.mark.server, needs_redis]


def ours(name: str, *requests: str, redirect: str = "") -> bytes | None:
    """What we answer to the last of these requests."""
    protocol = Redis(Redis.Options.build({"redirect": redirect}))
    exchange = protocol.framer().upstream("".join(r + "\r\n" for r in requests).encode())[-1].exchange
    assert exchange is not None
    return protocol.error(name, exchange, close=False, wall=0.0, extra={})


@pytest.fixture(scope="module")
def server():
    with redis_server() as running:
        running.ask("SET full 1", "RPUSH list 1")
        yield running


def config(server: RedisServer, **values: str) -> None:
    for name, value in values.items():
        assert server.ask(f'CONFIG SET {name.replace("_", "-")} "{value}"').startswith(b"+OK")


@pytest.fixture
def set_up(server):
    """Puts the server into a state, and back at the end."""
    back: list[Callable[[], object]] = []

    def change(before: dict[str, str], after: dict[str, str]) -> None:
        back.append(lambda: config(server, **after))
        config(server, **before)

    yield change
    for undo in back:
        undo()


def refused(server: RedisServer, name: str, command: str, passes: str, passes_with: bytes) -> None:
    """`command` is refused with our bytes, in a transaction too; `passes` works; neither can be told from ours."""
    error = ours(name, command)
    assert error is not None
    assert ours(name, passes) is None
    told = server.ask(command, passes, "MULTI", command, passes, "EXEC", passes)
    abort = ours("EXECABORT", "MULTI", command, "EXEC")
    assert abort is not None
    assert told == error + passes_with + b"+OK\r\n" + error + b"+QUEUED\r\n" + abort + passes_with + b"+OK\r\n"


ONE = b"$1\r\n1\r\n"


def test_oom(server, set_up):
    set_up({"maxmemory": "1"}, {"maxmemory": "0"})
    error = ours("OOM", "SET a 1")
    assert ours("OOM", "DEL a") is None
    assert server.ask("SET a 1", "DEL a", "GET full") == error + b":0\r\n" + ONE + b"+OK\r\n"
    for queued in ("SET a 1", "GET full", "WATCH a", "PING"):
        abort = ours("EXECABORT", "MULTI", queued, "EXEC")
        assert server.ask("MULTI", queued, "EXEC") == b"+OK\r\n" + ours("OOM", "MULTI", queued) + abort + b"+OK\r\n"
    for ending in ("EXEC", "DISCARD", "RESET"):
        assert ours("OOM", "MULTI", ending) is None
        assert b"-OOM" not in server.ask("MULTI", ending)


def test_exec_is_refused_for_what_it_would_run(server, set_up):
    with server.connect() as sock:
        sock.sendall(b"MULTI\r\nSET a 1\r\n")
        assert read_exactly(sock, 14) == b"+OK\r\n+QUEUED\r\n"
        set_up({"maxmemory": "1"}, {"maxmemory": "0"})
        sock.sendall(b"EXEC\r\nGET full\r\nQUIT\r\n")
        assert read_all(sock) == ours("OOM", "MULTI", "SET a 1", "EXEC") + ONE + b"+OK\r\n"


def read_exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        assert part, data
        data += part
    return data


def test_noreplicas(server, set_up):
    set_up({"min_replicas_to_write": "1"}, {"min_replicas_to_write": "0"})
    refused(server, "NOREPLICAS", "DEL a", "GET full", ONE)


def test_misconf(server, set_up):
    set_up({"save": "3600 1", "rdbcompression": "no"}, {"save": "", "rdbcompression": "yes"})
    blocking = server.folder / "dump.rdb"
    blocking.mkdir()
    server.folder.chmod(0o500)
    server.ask("SET dirty 1")
    server.ask("BGSAVE")
    until(lambda: b"rdb_last_bgsave_status:err" in server.ask("INFO persistence"))
    refused(server, "MISCONF", "SET a 1", "GET full", ONE)
    assert server.ask("PING") == ours("MISCONF", "PING") + b"+OK\r\n"
    server.folder.chmod(0o700)
    blocking.rmdir()
    server.ask("BGSAVE")
    until(lambda: b"rdb_last_bgsave_status:ok" in server.ask("INFO persistence"))


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_busy(server, set_up):
    set_up({"busy_reply_threshold": "1"}, {"busy_reply_threshold": "5000"})
    with server.connect() as busy:
        busy.sendall(b'EVAL "while true do end" 0\r\n')
        until(lambda: server.ask("GET full").startswith(b"-BUSY"))
        told = server.ask("GET full", "MULTI", "GET full", "EXEC")
        error = ours("BUSY", "GET full")
        abort = ours("EXECABORT", "MULTI", "GET full", "EXEC")
        assert ours("BUSY", "MULTI") is None
        assert told[: len(error) * 2 + 5] == error + b"+OK\r\n" + error
        assert told[len(error) * 2 + 5 :] in (
            abort + b"+OK\r\n",
            ours("BUSY", "MULTI", "GET full", "EXEC") + b"+OK\r\n",
        )
        assert server.ask("SCRIPT KILL") == b"+OK\r\n+OK\r\n"
        busy.recv(1000)


def test_readonly_and_masterdown_and_unblocked(server):
    with server.connect() as blocked, server.connect() as waiting:
        blocked.sendall(b"BLPOP empty 0\r\n")
        waiting.sendall(b"XREAD BLOCK 0 STREAMS empty2 $\r\n")
        until(lambda: b"blocked_clients:2" in server.ask("INFO clients"))
        server.ask("REPLICAOF 127.0.0.1 1")
        try:
            assert read_all(blocked) == ours("UNBLOCKED", "BLPOP empty 0")
            assert read_all(waiting) == ours("UNBLOCKED", "XREAD BLOCK 0 STREAMS empty2 $")
            refused(server, "READONLY", "SET a 1", "GET full", ONE)
            config(server, replica_serve_stale_data="no")
            refused(server, "MASTERDOWN", "GET full", "PUBLISH c m", b":0\r\n")
            config(server, replica_serve_stale_data="yes")
        finally:
            server.ask("REPLICAOF NO ONE")
    entries = {entry.name: entry for entry in Redis.errors}
    assert entries["UNBLOCKED"].closes
    assert not entries["READONLY"].closes


def test_noauth(server):
    with redis_server("--requirepass", "secret") as locked:
        refused_ = ours("NOAUTH", "GET a")
        assert locked.ask("GET a", "PING", "AUTH secret", "PING") == (
            refused_ + ours("NOAUTH", "PING") + b"+OK\r\n+PONG\r\n+OK\r\n"
        )
        for hello in ("HELLO", "HELLO 3", "HELLO 3 SETNAME me"):
            assert locked.ask(hello) == ours("NOAUTH", hello) + b"+OK\r\n"
        assert locked.ask("EXEC") == ours("NOAUTH", "EXEC") + b"+OK\r\n"
    passing = ("AUTH secret", "QUIT", "RESET", "HELLO 3 AUTH default secret")
    assert [ours("NOAUTH", c) for c in passing] == [None] * 4


def test_maxclients(server):
    protocol = Redis(Redis.Options.build({}))
    with redis_server("--maxclients", "1") as full, full.connect() as first:
        first.sendall(b"PING\r\n")
        assert read_exactly(first, 7) == b"+PONG\r\n"
        with full.connect() as second:
            assert read_all(second) == protocol.error("MAXCLIENTS", Exchange(0), close=True, wall=0.0, extra={})


def test_loading(server):
    with redis_server() as first:
        first.ask("DEBUG POPULATE 20000 key 100", "SAVE")
        with redis_server(
            "--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024",
            folder=first.folder, wait=False,
        ) as loading:  # fmt: skip
            refused(loading, "LOADING", "GET full", "PUBLISH c m", b":0\r\n")
            assert loading.ask("PING") == ours("LOADING", "PING") + b"+OK\r\n"


def test_the_errors_of_a_cluster(server):
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
    with redis_server(*options) as one, redis_server(*options) as two:
        slot, other = slot_of(b"foo"), slot_of(b"bar")
        assert one.ask("CLUSTER KEYSLOT foo{bar}") == b":%d\r\n+OK\r\n" % other
        assert one.ask("GET foo") == ours("CLUSTERDOWN-SLOT", "GET foo") + b"+OK\r\n"
        one.ask(f"CLUSTER ADDSLOTS {slot}")
        until(lambda: one.ask("GET foo") == ours("CLUSTERDOWN", "GET foo") + b"+OK\r\n")
        config(one, cluster_require_full_coverage="no")
        two.ask(f"CLUSTER ADDSLOTS {other}")
        config(two, cluster_require_full_coverage="no")
        one.ask(f"CLUSTER MEET 127.0.0.1 {two.port}")
        until(lambda: one.ask("GET bar") == ours("MOVED", "GET bar", redirect=two.address) + b"+OK\r\n", 20)
        target = two.ask("CLUSTER MYID").split()[1].decode()
        until(lambda: one.ask("SET foo 1").startswith(b"+OK"), 20)
        assert one.ask(f"CLUSTER SETSLOT {slot} MIGRATING {target}").startswith(b"+OK")
        absent = "GET x{foo}"
        assert one.ask(absent) == ours("ASK", absent, redirect=two.address) + b"+OK\r\n"
        both = "MGET foo x{foo}"
        assert one.ask(both) == ours("TRYAGAIN", both) + b"+OK\r\n"
        assert ours("TRYAGAIN", "GET foo") is None
