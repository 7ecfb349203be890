"""Every command of the table through the whole data plane: no byte of any answer or request differs, none is lost.

A wire between proxy and server hears what the server got and said; the client knows what it sent and got.
"""

from __future__ import annotations

import random
import socket

import pytest

from tests.servers.proxied import proxied
from tests.servers.redis_server import RedisServer, needs_redis, redis_server
from tests.servers.tee import Tee, tee
from vaurien_core.protocols.redis import Redis
from vaurien_core.protocols.redis.commands import COMMANDS

pytestmark = [pytest.mark.server, needs_redis, pytest.mark.timeout(300)]
TIMES = [1, pytest.param(20, marks=pytest.mark.slow)]
"""Each command is asked so often."""
_ALONE = """
ACL|DELUSER: ACL DELUSER me
ACL|SETUSER: ACL SETUSER me on +@all|ACL SETUSER me nope
ASKING: ASKING|GET q
AUTH: AUTH secret
BGREWRITEAOF: BGREWRITEAOF
BGSAVE: BGSAVE SCHEDULE
CLIENT|CACHING: HELLO 3|CLIENT TRACKING ON OPTIN|CLIENT CACHING YES|GET q|SET q 4|PING
CLIENT|KILL: CLIENT KILL ID 99999|CLIENT KILL TYPE pubsub|CLIENT KILL 1.2.3.4:5
CLIENT|NO-EVICT: CLIENT NO-EVICT ON
CLIENT|PAUSE: CLIENT PAUSE 0|CLIENT PAUSE 1 WRITE
CLIENT|REPLY: CLIENT REPLY OFF|SET q 1|CLIENT REPLY ON|CLIENT REPLY SKIP|SET q 2
CLIENT|TRACKING: HELLO 3|CLIENT TRACKING ON|GET q|SET q 3|GET q|CLIENT TRACKING OFF
CLIENT|UNPAUSE: CLIENT UNPAUSE
CLUSTER|FAILOVER: CLUSTER FAILOVER
CLUSTER|RESET: CLUSTER RESET
CONFIG|REWRITE: CONFIG REWRITE
CONFIG|SET: CONFIG SET hz 10|CONFIG SET nope 1
DEBUG: DEBUG SET-ACTIVE-EXPIRE 1
DISCARD: MULTI|SET q 1|DISCARD
EXEC: MULTI|SET q 1|LRANGE l 0 -1|NOPE|EXEC|MULTI|INCR n|ECHO x|EXEC
FAILOVER: FAILOVER|FAILOVER ABORT
FLUSHALL: FLUSHALL
FLUSHDB: FLUSHDB
FUNCTION|KILL: FUNCTION KILL
HELLO: HELLO 3|HGETALL h|HELLO 2|HGETALL h|HELLO 9
LATENCY|RESET: LATENCY RESET
LOLWUT: LOLWUT VERSION 5 1 1 1
MIGRATE: MIGRATE 127.0.0.1 1 none 0 10
MODULE|LOAD: MODULE LOAD none
MODULE|LOADEX: MODULE LOADEX none
MONITOR: MONITOR|PING|SET q 1|ECHO x
MULTI: MULTI|MULTI|GET q|EXEC|EXEC
PFSELFTEST: PFSELFTEST x
PSUBSCRIBE: PSUBSCRIBE a* b*|PING|GET q
PSYNC: PSYNC
PUBLISH: HELLO 3|SUBSCRIBE a|PUBLISH a x
PUNSUBSCRIBE: PSUBSCRIBE a*|PUNSUBSCRIBE
QUIT: PING
READONLY: READONLY
READWRITE: READWRITE
REPLCONF: REPLCONF nope x
REPLICAOF: REPLICAOF NO ONE
RESET: MULTI|SET q 1|RESET|GET q
SAVE: SAVE
SCRIPT|DEBUG: SCRIPT DEBUG NO
SCRIPT|FLUSH: SCRIPT FLUSH SYNC
SCRIPT|KILL: SCRIPT KILL
SELECT: SELECT 1|SET q 1|SELECT 99
SHUTDOWN: SHUTDOWN ABORT|SHUTDOWN NO-SUCH
SLAVEOF: SLAVEOF NO ONE
SSUBSCRIBE: SSUBSCRIBE a b
SUBSCRIBE: SUBSCRIBE a b|PING|UNSUBSCRIBE a
SUNSUBSCRIBE: SSUBSCRIBE a|SUNSUBSCRIBE
SWAPDB: SWAPDB 0 1|SWAPDB 0 1
SYNC: MULTI|SYNC|EXEC
UNSUBSCRIBE: UNSUBSCRIBE|SUBSCRIBE a|UNSUBSCRIBE
WAIT: WAIT 0 1|WAIT 1 1
"""
ALONE = {k: v.split("|") for k, v in (row.split(": ") for row in _ALONE.strip().splitlines())}
"""Commands that change what the connection answers, or ask for the right words: each on a connection of its own."""
ARGUMENTS = [b"k", b"0", b"1", b"l", b"", b"\r\n+OK\r\n", b"\xff\x00", b"STREAMS", b"GET", b"x" * 70_000]
MADE = (
    "SET k 1", "RPUSH l a b c", "HSET h a 1 b 2", "SADD s a b", "ZADD z 1 a 2 b", "XADD x * a 1", "SET n 1",
    "GEOADD g 13.3 38.1 p", "SET sub 0",
)  # fmt: skip


def request(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


class Talk:
    """One client's connection: what it sent and got."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.chance = chance
        self.sent, self.got = bytearray(), bytearray()

    def say(self, data: bytes) -> None:
        """Send, in pieces down to single bytes where that isn't long."""
        self.sent += data
        size = self.chance.choice([1, 3, 1000, 100_000]) if len(data) < 500 else 100_000
        for at in range(0, len(data), size):
            self.sock.sendall(data[at : at + size])

    def until(self, end: bytes) -> None:
        """Read until the answer ends so, or all."""
        while not end or not self.got.endswith(end):
            data = self.sock.recv(262_144)
            if not data and not end:
                break
            assert data, (bytes(self.sent[-300:]), bytes(self.got[-300:]))
            self.got += data


def all_commands(port: int, known: set[str], times: int, chance: random.Random) -> tuple[list[Talk], dict[str, int]]:
    """Ask every command; returns the conversations and how often each was asked."""
    talks = [Talk(port, chance)]
    asked: dict[str, int] = dict.fromkeys(known, 0)
    for turn in range(times):
        talks[0].say(b"HELLO %d\r\nECHO hello-%d\r\n" % (2 + turn % 2, turn))
        talks[0].until(b"\r\nhello-%d\r\n" % turn)
        for name in sorted(known):
            asked[name] += 1
            if name in ALONE:
                talks.append(Talk(port, chance))
                lines = ALONE[name]
                talks[-1].say("".join(line + "\r\n" for line in (*lines, "QUIT")).encode())
                talks[-1].until(b"")
                talks[-1].sock.close()
                continue
            words = [w.encode() for w in name.split("|")]
            count = chance.randrange(5)
            words += [b"k", *chance.choices(ARGUMENTS, k=count)][: count + (turn % 2)]
            if "b" in COMMANDS[name].flags:
                words = [words[0], b"k", b"0.01"] if name.startswith("B") and "MPOP" not in name else words[:2]
            mark = b"mark-%d-%d" % (turn, len(talks[0].got))
            inline = all(w.isalnum() and len(w) < 99 for w in words) and chance.random() < 0.3
            talks[0].say((b" ".join(words) + b"\r\n" if inline else request(*words)) + request(b"ECHO", mark))
            talks[0].until(b"$%d\r\n%s\r\n" % (len(mark), mark))
    talks[0].say(b"QUIT\r\n")
    talks[0].until(b"")
    talks[0].sock.close()
    return talks, asked


def known_to(server: RedisServer) -> set[str]:
    """Commands of the table that this server has."""
    redis_py = pytest.importorskip("redis")
    db = redis_py.Redis(port=server.port, protocol=2, decode_responses=True)
    db.response_callbacks.clear()
    found: set[str] = set()
    for row in db.execute_command("COMMAND"):
        found |= {row[0].upper(), *(sub[0].upper() for sub in row[9])}
    db.close()
    return found & set(COMMANDS)


def assert_same(it: Tee, talks: list[Talk]) -> None:
    """What the clients sent the server got, and the other way round."""
    assert sorted(bytes(t.sent) for t in talks) == sorted(bytes(w.up) for w in it.wires)
    assert sorted(bytes(t.got) for t in talks) == sorted(bytes(w.down) for w in it.wires)


@pytest.mark.parametrize("times", TIMES)
def test_every_command_of_the_server_passes_unchanged(times):
    with redis_server() as server, tee(server.port) as wire, proxied(Redis, wire.address) as proxy:
        server.ask(*MADE)
        known = known_to(server)
        talks, asked = all_commands(proxy.port, known, times, random.Random(3))
        assert min(asked.values()) == times
        assert set(COMMANDS) - set(asked) == set(COMMANDS) - known
        exchanges = proxy.count("exchanges")
        assert proxy.count("opaque") == 0, [e.outcome for e in proxy.journal.entries if "opaque" in e.outcome]
    assert_same(wire, talks)
    assert exchanges > times * len(known)
