"""Mixed pipelines under random errors and delays: client and server never disagree about what answers what.

Each request carries a mark or a counter. The client reads on from what it was told: whether a transaction is open,
whether answers are off. A wrong border would show in the next mark, a wrong promise in the next count.
"""

from __future__ import annotations

import random
import socket
import threading
from collections import deque
from typing import BinaryIO

import pytest

from tests.servers.proxied import proxied
from tests.servers.redis_raw import read_reply, until
from tests.servers.redis_server import RedisServer, needs_redis
from vaurien_core.protocols.redis import Redis

pytestmark = [pytest.mark.server, needs_redis, pytest.mark.timeout(240)]
DRAWS = 10_000
AT_ONCE = 60


class Pipeline:
    """One connection: says requests in batches, then reads what must come."""

    def __init__(self, port: int, name: str, seed: int, version: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard: BinaryIO = self.sock.makefile("rb")
        self.name, self.version, self.chance = name, version, random.Random(seed)
        self.count = 0
        self.off = False
        self.queued: list[list[str]] | None = None
        self.drawn = self.errors = self.pushes = self.transactions = self.silent = 0

    def batch(self, n: int) -> list[list[str]]:
        """Requests, each with a mark of its own."""
        chance = self.chance
        said: list[list[str]] = []
        while len(said) < AT_ONCE:
            mark = f"{self.name}.{n}.{len(said)}"
            one = [
                ["ECHO", mark], ["INCR", f"count:{self.name}"], ["EVAL", f"return {{1, {{'{mark}'}}}}", "0"],
                ["SET", f"tracked:{self.name}", mark, "GET"], ["BLPOP", f"none:{self.name}", "0.001"], ["PING", mark],
                ["MGET", f"none:{self.name}", f"none2:{self.name}"],
            ]  # fmt: skip
            kind = chance.random()
            if kind < 0.08:
                inside = [chance.choice(one[:3]) for _ in range(chance.randrange(4))]
                said += [["MULTI"], *inside, [chance.choice(["EXEC", "EXEC", "EXEC", "DISCARD"])]]
            elif kind < 0.12:
                said += [["CLIENT", "REPLY", "SKIP"], ["SET", "quiet", mark]]
            elif kind < 0.15:
                quiet = [["SET", "quiet", mark] for _ in range(chance.randrange(4))]
                said += [["CLIENT", "REPLY", "OFF"], *quiet, *[["CLIENT", "REPLY", "ON"]] * 3]
            else:
                said.append(chance.choice(one))
        return said

    def run(self, rounds: int) -> None:
        for n in range(rounds):
            said = self.batch(n)
            data = b"".join(map(self._bytes, said))
            at = 0
            while at < len(data):
                size = self.chance.choice([1, 7, 100, 5000])
                self.sock.sendall(data[at : at + size])
                at += size
            self._read(deque(said))
        self.close()

    def close(self) -> None:
        self.heard.close()
        self.sock.close()

    def _bytes(self, words: list[str]) -> bytes:
        if self.chance.random() < 0.3 and words[0] != "EVAL":
            return " ".join(words).encode() + b"\r\n"
        return f"*{len(words)}\r\n".encode() + b"".join(f"${len(w)}\r\n{w}\r\n".encode() for w in words)

    def _read(self, said: deque[list[str]]) -> None:
        skip = False
        while said:
            words = said.popleft()
            self.drawn += 1
            reply = words[1:] if words[:2] == ["CLIENT", "REPLY"] and self.queued is None else []
            if (self.off or skip) and reply != ["REPLY", "ON"]:
                skip = not self.off and reply == ["REPLY", "SKIP"]
                self.silent += 1
                self._happens(words)
                continue
            if reply in (["REPLY", "SKIP"], ["REPLY", "OFF"]):
                skip, self.off = reply[1] == "SKIP", reply[1] == "OFF"
                self.silent += 1
                continue
            self._judge(words, self.answer())
            skip = False

    def _happens(self, words: list[str]) -> None:
        """Nothing that gets no answer is refused."""
        name = words[0]
        if name == "MULTI":
            self.queued = []
        elif name in ("EXEC", "DISCARD"):
            queued, self.queued = self.queued or [], None
            self.count += sum(w[0] == "INCR" for w in queued) if name == "EXEC" else 0
        elif self.queued is not None:
            self.queued.append(words)
        else:
            self.count += name == "INCR"

    def answer(self) -> bytes:
        while True:
            answer = read_reply(self.heard)
            assert answer
            if not answer.startswith(b">"):
                return answer
            self.pushes += 1

    def _judge(self, words: list[str], answer: bytes) -> None:
        name = words[0]
        self.errors += answer.startswith(b"-")
        if name == "EXEC":
            queued, self.queued = self.queued, None
            if queued is None:
                assert answer.startswith((b"-ERR EXEC without MULTI", b"-EXECABORT Transaction discarded because of: "))
                self.errors -= answer.startswith(b"-ERR")  # the server's own
            elif not answer.startswith(b"-EXECABORT"):
                assert answer.startswith(b"*%d\r\n" % len(queued)), (queued, answer)
                rest = answer[answer.index(b"\n") + 1 :]
                assert rest == b"".join(map(self._result, queued))
                self.transactions += 1
        elif name == "DISCARD":
            if self.queued is None:
                assert answer.startswith(b"-ERR DISCARD without MULTI")
                self.errors -= 1
            else:
                assert answer == b"+OK\r\n"
                self.queued = None
        elif answer.startswith(b"-"):
            if self.queued is not None:
                self.queued.append(["never"])
        elif name == "MULTI":
            assert answer == b"+OK\r\n"
            self.queued = []
        elif self.queued is not None:
            assert answer == b"+QUEUED\r\n", (words, answer)
            self.queued.append(words)
        elif words == ["CLIENT", "REPLY", "ON"]:
            assert answer == b"+OK\r\n"
            self.off = False
        else:
            assert answer == self._result(words, answer), words

    def _result(self, words: list[str], answer: bytes = b"") -> bytes:
        """What the server says to a request that it does; `answer` where that hangs on what was there."""
        name = words[0]
        if name == "INCR":
            self.count += 1
            return b":%d\r\n" % self.count
        if name in ("ECHO", "PING"):
            return b"$%d\r\n%s\r\n" % (len(words[1]), words[1].encode())
        if name == "EVAL":
            mark = words[1].split("'")[1]
            return b"*2\r\n:1\r\n*1\r\n$%d\r\n%s\r\n" % (len(mark), mark.encode())
        null = b"_\r\n" if self.version == 3 else b"$-1\r\n"
        if name == "MGET":
            return b"*2\r\n" + null * 2
        if name == "BLPOP":
            return null if self.version == 3 else b"*-1\r\n"
        own = f".{words[2].rpartition('.')[0]}".split(".")[1].encode() if name == "SET" else b""
        assert answer == null or own in answer, (words, answer)
        return answer


def prepare(pipeline: Pipeline) -> None:
    """RESP3 with messages and invalidations between the answers."""
    lines = (
        ["HELLO 3", "SUBSCRIBE news", "CLIENT TRACKING ON BCAST PREFIX tracked:"] if pipeline.version == 3 else ["PING"]
    )
    for line in lines:
        pipeline.sock.sendall(line.encode() + b"\r\n")
        told = read_reply(pipeline.heard) if line.startswith("SUBSCRIBE") else pipeline.answer()
        assert not told.startswith(b"-")


@pytest.mark.parametrize("error", ["random", "BUSY"])
def test_no_answer_is_ever_given_to_another_request(error, redis_shared: RedisServer):
    over = threading.Event()

    def publish() -> None:
        with redis_shared.connect() as sock:
            while not over.wait(0.002):
                sock.sendall(b"PUBLISH news +OK\r\n")
                sock.recv(100)

    redis_shared.ask("FLUSHALL")
    publisher = threading.Thread(target=publish)
    publisher.start()
    pipelines: list[Pipeline] = []
    try:
        with proxied(
            Redis, redis_shared.address, mix="30:error, 3:delay", error={"error": error}, delay={"sleep": 0.0005}
        ) as proxy:
            proxy.off()
            rounds = DRAWS // AT_ONCE // 4 + 1
            for n in range(4):
                pipelines.append(Pipeline(proxy.port, f"p{n}", n, 2 + n % 2))
                prepare(pipelines[-1])
            begun = proxy.count("exchanges")
            proxy.on()
            failed: list[BaseException] = []

            def run(pipeline: Pipeline) -> None:
                try:
                    pipeline.run(rounds)
                except BaseException as error:
                    failed.append(error)
                    pipeline.close()

            threads = [threading.Thread(target=run, args=(p,)) for p in pipelines]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(200)
            if failed:
                raise failed[0]
            drawn = sum(p.drawn for p in pipelines)
            until(lambda: proxy.count("exchanges") - begun >= drawn)
            assert proxy.count("exchanges") - begun == drawn
            assert proxy.count("opaque") == 0
            given = [
                e for e in proxy.journal.entries if e.outcome.endswith(" injected") or "owed" in e.text + e.outcome
            ]
    finally:
        over.set()
        publisher.join(10)
    assert drawn >= DRAWS
    assert sum(p.errors for p in pipelines) == len(given) > DRAWS // 8
    assert sum(p.pushes for p in pipelines) > 100
    assert sum(p.transactions for p in pipelines) > 20
    assert sum(p.silent for p in pipelines) > 200
    for pipeline in pipelines:
        told = redis_shared.ask(f"GET count:{pipeline.name}").split(b"\r\n")[1]
        assert int(told) == pipeline.count
