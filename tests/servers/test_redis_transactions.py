"""Errors inside transactions on a real server: what the client is told is what the server did."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from tests.servers.redis_server import RedisServer, needs_redis, redis_server
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.redis import Redis

pytestmark = [pytest.mark.server, needs_redis]
ROUNDS = 300


@dataclass
class Relay:
    """Between a client's requests and a server, as a proxy stands: draws errors and keeps the answers in order."""

    server: RedisServer
    chance: random.Random
    rate: float
    protocol: Redis = field(default_factory=lambda: Redis(Redis.Options.build({})))

    def __post_init__(self) -> None:
        self.framer = self.protocol.framer()
        self.sock = self.server.connect()
        self.asked: list[Exchange] = []
        self.ours: dict[Exchange, bytes] = {}
        self.swallowed: set[Exchange] = set()
        self.theirs: dict[Exchange, bytes] = {}

    def say(self, *requests: str) -> list[tuple[str, bytes]]:
        """(request, answer) of requests that are sent at once."""
        begin = len(self.asked)
        upstream = b""
        for piece in self.framer.upstream("".join(r + "\r\n" for r in requests).encode()):
            exchange = piece.exchange
            assert exchange is not None
            assert piece.first and piece.last
            self.asked.append(exchange)
            upstream += self.decide(exchange, piece.data)
        self.sock.sendall(upstream)
        asked = self.asked[begin:]
        waited = [e for e in asked if e not in self.ours or e in self.swallowed]
        while not all(e.answer_done for e in waited):
            for piece in self.framer.downstream(self.sock.recv(65536)):
                assert piece.exchange is not None
                self.theirs[piece.exchange] = self.theirs.get(piece.exchange, b"") + piece.data
        assert self.framer.opaque == ""
        return [(r, self.ours.get(e) or self.theirs[e]) for r, e in zip(requests, asked, strict=True)]

    def decide(self, exchange: Exchange, data: bytes) -> bytes:
        """What the server gets of a request."""
        duty = self.framer.duty(exchange)
        if duty is not None:
            return self.answer(exchange, duty.reply, duty.upstream)
        if self.chance.random() < self.rate:
            name = self.chance.choice([e.name for e in self.protocol.errors if e.random])
            error = self.protocol.error(name, exchange, close=False, wall=0.0, extra={})
            if error is not None:
                self.framer.failed(exchange, name)
                return self.answer(exchange, error, self.protocol.remedy(name, exchange))
        return data

    def answer(self, exchange: Exchange, reply: bytes, instead: bytes) -> bytes:
        self.ours[exchange] = reply
        if instead:
            self.framer.substituted(exchange, instead)
            self.swallowed.add(exchange)
        else:
            self.framer.dropped(exchange)
            self.framer.answered(exchange)
        return instead


@pytest.fixture(scope="module")
def server():
    with redis_server() as running:
        yield running


def test_what_a_client_is_told_of_its_transaction_is_what_happened(server):
    relay = Relay(server, random.Random(3), 0.12)
    value, aborted, done = 0, 0, 0
    with relay.sock:
        for turn in range(ROUNDS):
            relay.rate = 0.12
            told = relay.say("MULTI", "INCR n", f"SET last {turn}", "GET n", "EXEC")
            relay.rate = 0.0
            after = relay.say("GET n", "GET last", "PING")
            answers = [answer for _, answer in told]
            assert answers[0] == b"+OK\r\n"
            if all(a == b"+QUEUED\r\n" for a in answers[1:4]) and answers[4].startswith(b"*3\r\n"):
                value, done, last = value + 1, done + 1, turn
            else:
                aborted += 1
                assert answers[4].startswith(b"-EXECABORT Transaction discarded because of")
                assert all(a == b"+QUEUED\r\n" or a.startswith(b"-") for a in answers[1:4])
            if value:
                shown = [str(v).encode() for v in (value, last)]
                assert [a for _, a in after[:2]] == [b"$%d\r\n%s\r\n" % (len(v), v) for v in shown]
            assert after[2][1] == b"+PONG\r\n"
    assert done > ROUNDS // 3
    assert aborted > ROUNDS // 6


def test_watching_ends_with_a_transaction_that_was_aborted_in_the_servers_place(server):
    relay = Relay(server, random.Random(3), 0.0)
    server.ask("SET w 0")
    with relay.sock:
        relay.say("WATCH w", "MULTI")
        relay.rate = 1.0
        assert relay.say("SET w 1")[0][1].startswith(b"-")
        relay.rate = 0.0
        server.ask("SET w other")
        assert relay.say("EXEC")[0][1] == b"-EXECABORT Transaction discarded because of previous errors.\r\n"
        told = relay.say("MULTI", "SET w mine", "EXEC", "GET w")
        assert told[-2:] == [("EXEC", b"*1\r\n+OK\r\n"), ("GET w", b"$4\r\nmine\r\n")]
