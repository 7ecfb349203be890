"""Random sessions that keep changing how a real server answers: every marked request gets the answer with its mark."""

from __future__ import annotations

import random

import pytest

from tests.servers.redis_server import needs_redis, redis_server
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.redis import Redis

pytestmark = [pytest.mark.server, needs_redis]
SESSIONS = 100
CHANGES = [
    "SUBSCRIBE a", "SUBSCRIBE a b a", "PSUBSCRIBE p* a*", "SSUBSCRIBE s t", "UNSUBSCRIBE", "UNSUBSCRIBE a x",
    "PUNSUBSCRIBE", "PUNSUBSCRIBE p*", "SUNSUBSCRIBE", "SUNSUBSCRIBE s", "CLIENT REPLY ON", "CLIENT REPLY OFF",
    "CLIENT REPLY SKIP", "CLIENT REPLY FOO", "HELLO 2", "HELLO 3", "HELLO 9", "RESET", "MONITOR", "CLIENT TRACKING ON",
    "PUBLISH a hi", "SPUBLISH s hi", "GET k", "SET k v", "MULTI", "EXEC", "DISCARD", "WATCH k", "LRANGE messages 0 -1",
    "NOPE", "GET", "BLPOP none 0.01", "", "EVAL 'return {1,{2}}' 0",
]  # fmt: skip
SUBSCRIBING = ("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE")
NOT_IN_MULTI = (*SUBSCRIBING, "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "CLIENT REPLY", "HELLO", "MONITOR")


@pytest.fixture(scope="module")
def server():
    with redis_server() as running:
        running.ask("RPUSH messages message a hi")
        yield running


def script(chance: random.Random) -> list[str]:
    """Requests; where they would lead beyond what can be followed they are left out.

    That is: what changes the answers inside a transaction, transactions under MONITOR, and what subscribers are
    refused though it gets no answer.
    """
    lines: list[str] = []
    multi = subscribed = monitors = False
    for n in range(40):
        line = chance.choice(CHANGES)
        if multi and line.startswith(NOT_IN_MULTI):
            continue
        if monitors and line == "MULTI":
            continue
        if subscribed and line.startswith(("CLIENT REPLY", "DISCARD", "MONITOR")):
            continue
        subscribed = line != "RESET" and (subscribed or line.startswith(SUBSCRIBING))
        monitors = line == "MONITOR" or (monitors and line != "RESET")
        multi = line == "MULTI" or (multi and line not in ("EXEC", "DISCARD", "RESET"))
        lines += [line, f"PING mark-{n}."]
    return [*lines, "RESET", "PING end."]


def test_each_answer_goes_to_the_request_that_it_answers(server):
    marked = 0
    for seed in range(SESSIONS):
        chance = random.Random(seed)
        lines = script(chance)
        framer = Redis(Redis.Options.build({})).framer()
        exchanges: list[Exchange] = []
        answers: dict[Exchange, bytes] = {}
        interim = b""
        with server.connect() as sock:
            at = 0
            while at < len(lines):
                step = chance.choice([1, 3, 10, 100])
                data = "".join(line + "\r\n" for line in lines[at : at + step]).encode()
                at += step
                exchanges += [p.exchange for p in framer.upstream(data) if p.first and p.exchange is not None]
                sock.sendall(data)
                if chance.random() < 0.5:
                    server.ask("PUBLISH a hi", "PUBLISH pq hi", "SPUBLISH s hi", "SET k 2")
            got = b""
            while b"$4\r\nend.\r\n" not in got:
                part = sock.recv(65536)
                assert part
                got += part
        size = chance.choice([1, 7, 1000, 100_000])
        for start in range(0, len(got), size):
            for piece in framer.downstream(got[start : start + size]):
                if piece.exchange is None or piece.interim:
                    interim += piece.data
                else:
                    answers[piece.exchange] = answers.get(piece.exchange, b"") + piece.data
        assert framer.opaque == "", (seed, lines)
        asked = [line for line in lines if line]
        assert len(asked) == len(exchanges)
        for line, exchange in zip(asked, exchanges, strict=True):
            answer = answers.get(exchange, b"")
            assert bool(answer) == exchange.answer_expected == exchange.answer_done, (seed, line)
            if line.startswith("PING") and answer and answer != b"+QUEUED\r\n":
                marked += 1
                assert line.split()[1].encode() in answer, (seed, line, answer)
            if line.startswith("SUBSCRIBE") and answer and not answer.startswith(b"-"):
                assert answer.count(b"subscribe") == len(line.split()) - 1
        without_lists = [a for e, a in answers.items() if e.label.split()[0] not in ("LRANGE", "EXEC")]
        assert b"\r\nmessage\r\n" not in b"".join(without_lists)
    assert marked > SESSIONS * 10
