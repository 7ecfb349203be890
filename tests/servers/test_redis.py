"""A real client and a real server with the proxy between them, and real streams through the framer."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.proxy.lab import lab, named
from tests.servers.redis_server import RedisServer, needs_redis, redis_server
from vaurien_core.behaviors.abort import Abort
from vaurien_core.behaviors.delay import Delay
from vaurien_core.behaviors.error import Error
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import OptionValue
from vaurien_core.protocols.redis import Redis
from vaurien_core.protocols.redis.commands import COMMANDS

redis_py = pytest.importorskip("redis")
pytestmark = [pytest.mark.server, needs_redis, pytest.mark.timeout(120)]
OPERATIONS = 10_000
ROUNDS = 2
"""Of every command, in each version of RESP."""


@pytest.fixture(scope="module")
def server():
    with redis_server() as running:
        yield running


def client(port: int, version: int) -> Any:
    return redis_py.Redis(port=port, protocol=version, socket_timeout=10, retry=None, single_connection_client=True)


async def through(server: RedisServer, work: Callable[[int], Any], mix: str = "", **options: OptionValue) -> Any:
    """What `work` gives with the port of a proxy, and the proxy's lab."""
    kinds = (named("error", **options),) if mix else ()
    async with lab(
        Error, Delay, Abort, mix=mix, handler=None, backend=server.address, protocols=(Redis,), protocol="redis",
        behaviors=kinds, everything=True,
    ) as it:  # fmt: skip
        bound = it.server.bound
        assert bound is not None
        return await asyncio.to_thread(work, bound.port), it


BLOBS = [b"", b"\x00", b"\r\n", b"*1\r\n$4\r\nPING\r\n", b"+OK\r\n", bytes(range(256)), b"x" * 70_000]


def operations(port: int, version: int, count: int) -> list[object]:
    """Generated operations and what they gave."""
    chance = random.Random(version)
    db = client(port, version)
    db.flushall()
    results: list[object] = []

    def blob() -> bytes:
        return chance.choice(BLOBS) if chance.random() < 0.1 else chance.randbytes(chance.randrange(30))

    def one(on: Any) -> None:
        key = f"k{chance.randrange(20)}"
        kind = chance.randrange(12)
        if kind == 0:
            on.set(f"s{key}", blob())
        elif kind == 1:
            on.get(f"s{key}")
        elif kind == 2:
            on.hset(f"h{key}", mapping={blob(): blob() for _ in range(chance.randrange(1, 4))})
        elif kind == 3:
            on.hgetall(f"h{key}")
        elif kind == 4:
            on.rpush(f"l{key}", blob(), blob())
        elif kind == 5:
            on.lrange(f"l{key}", 0, 5)
        elif kind == 6:
            on.zadd(f"z{key}", {blob(): chance.random()})
        elif kind == 7:
            on.zrange(f"z{key}", 0, -1, withscores=True)
        elif kind == 8:
            on.eval("return {1, {KEYS[1], ARGV[1]}, redis.status_reply('x'), false}", 1, key, blob())
        elif kind == 9:
            on.mget("sk1", f"s{key}", "none")
        elif kind == 10:
            on.incr(f"h{key}")  # the wrong type, once there is a hash
        else:
            on.delete(f"l{key}", f"h{key}")

    while len(results) < count:
        pipe = db.pipeline(transaction=chance.random() < 0.3)
        for _ in range(chance.randrange(1, 40)):
            one(pipe)
        results += [repr(r) for r in pipe.execute(raise_on_error=False)]
    db.close()
    return results


@pytest.mark.parametrize("version", [2, 3])
async def test_a_client_gets_the_same_answers_through_the_proxy(server, version):
    direct = await asyncio.to_thread(operations, server.port, version, OPERATIONS // 2)
    proxied, it = await through(server, lambda port: operations(port, version, OPERATIONS // 2))
    assert proxied == direct
    assert it.server.counters.exchanges > OPERATIONS // 2
    assert it.journal.outcomes("opaque") == []
    assert it.server.counters.errors_client == 0


async def test_twenty_megabytes_arrive_as_they_were_sent(server):
    big = random.Random(1).randbytes(20_000_000)

    def work(port: int) -> bool:
        db = client(port, 3)
        db.set("big", big)
        same = bool(db.get("big") == big)
        db.delete("big")
        db.close()
        return same

    same, _ = await through(server, work)
    assert same


def conversation(port: int, version: int) -> list[object]:
    """What breaks the rule of one answer for each request."""
    db, other = client(port, version), client(port, version)
    seen: list[object] = []
    pubsub = db.pubsub()
    pubsub.subscribe("a", "b")
    pubsub.psubscribe("p*")
    seen += [pubsub.get_message(timeout=5) for _ in range(3)]
    for channel in ("a", "pq", "b", "none"):
        seen.append(other.publish(channel, b"\r\n+OK\r\n"))
    seen += [pubsub.get_message(timeout=5) for _ in range(3)]
    pubsub.ping()
    seen.append(pubsub.get_message(timeout=5))
    pubsub.unsubscribe()
    seen.append(sorted(str(pubsub.get_message(timeout=5)) for _ in range(2)))
    pubsub.close()
    waiting: list[object] = []
    popper = threading.Thread(target=lambda: waiting.append(client(port, version).blpop(["queue"], timeout=5)))
    popper.start()
    while not int(other.info("clients")["blocked_clients"]):
        time.sleep(0.01)
    other.rpush("queue", "x")
    popper.join(5)
    seen += waiting
    with db.monitor() as monitor:
        other.set("seen", "1")
        seen.append(monitor.next_command()["command"])
    other.execute_command("CLIENT", "NO-EVICT", "on")
    with db.pipeline() as pipe:
        pipe.watch("seen")
        other.set("seen", "2")
        pipe.multi()
        pipe.set("seen", "3")
        with pytest.raises(redis_py.WatchError):
            pipe.execute()
    with pytest.raises(redis_py.ResponseError):
        db.execute_command("NO-SUCH-COMMAND", "x")
    db.close()
    other.close()
    return [repr(s) for s in seen]


@pytest.mark.parametrize("version", [2, 3])
async def test_subscriptions_monitor_blocking_and_watching_work_through_the_proxy(server, version):
    direct = await asyncio.to_thread(conversation, server.port, version)
    proxied, it = await through(server, lambda port: conversation(port, version))
    assert proxied == direct
    assert it.journal.outcomes("opaque") == []


def raw(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


SKIPPED = {
    "SHUTDOWN", "DEBUG", "FAILOVER", "REPLICAOF", "SLAVEOF", "SYNC", "PSYNC", "MONITOR", "QUIT", "SAVE", "BGSAVE",
    "BGREWRITEAOF", "CLIENT|PAUSE", "CLIENT|KILL", "CLIENT|REPLY", "MIGRATE", "AUTH", "HELLO", "RESET", "MULTI", "EXEC",
    "CONFIG|SET", "CONFIG|REWRITE", "ACL|SETUSER", "ACL|DELUSER", "MODULE|LOAD", "MODULE|LOADEX", "FLUSHALL", "SELECT",
    "SWAPDB", "PFSELFTEST", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE",
    "CLIENT|TRACKING", "CLIENT|CACHING", "LOLWUT", "REPLCONF",
}  # fmt: skip
"""They end the conversation, change who answers, or take long; the ones that matter are in tests of their own."""
ARGUMENTS = [b"k", b"0", b"1", b"l", b"", b"\r\n+OK\r\n", b"\xff\x00", b"STREAMS", b"GET"]


@pytest.mark.parametrize("version", [2, 3])
def test_every_command_is_framed_as_the_server_answers_it(server, version):
    chance = random.Random(version)
    framer = Redis(Redis.Options.build({})).framer()
    with raw(server.port) as sock:
        expected: list[tuple[str, bytes]] = []
        answers: dict[Exchange, bytes] = {}
        names: list[str] = []

        def ask(request: bytes, name: str, mark: bytes) -> None:
            echo = b"*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n" % (len(mark), mark)
            end = b"$%d\r\n%s\r\n" % (len(mark), mark)
            sock.sendall(request + echo)
            got = b""
            while not got.endswith(end):
                got += sock.recv(65536)
            size = chance.choice([1, 2, 5, 1000, 100_000]) if len(got) < 3000 else 4096
            sent = request + echo
            for at in range(0, len(sent), size):
                for piece in framer.upstream(sent[at : at + size]):
                    assert piece.exchange is not None
                    if piece.first:
                        names.append(piece.exchange.label)
            for at in range(0, len(got), size):
                for piece in framer.downstream(got[at : at + size]):
                    if piece.exchange is not None and not piece.interim:
                        answers[piece.exchange] = answers.get(piece.exchange, b"") + piece.data
            expected.append((name, got[: -len(end)]))
            expected.append(("ECHO", end))

        ask(b"*2\r\n$5\r\nHELLO\r\n$1\r\n%d\r\n" % version, "HELLO", b"start")
        for turn in range(ROUNDS):
            for name in sorted(COMMANDS.keys() - SKIPPED):
                words = [w.encode() for w in name.split("|")]
                count = chance.randrange(5)
                words += [b"k", *chance.choices(ARGUMENTS, k=count)][: count + (turn % 2)]
                if "b" in COMMANDS[name].flags:
                    words = [*words[:1], b"k", b"0.01"] if name.startswith("B") and "MPOP" not in name else words[:2]
                request = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
                ask(request, name, b"mark-%d-%d" % (turn, len(expected)))
    assert framer.opaque == ""
    assert [data for _, data in expected] == list(answers.values())
    assert all(e.request_done and e.answer_done and e.status for e in answers)
