"""Random talks by seed: bulk both ways, questions with answers, HTTP with bodies."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.proxy.mixes.talk import HEAD, Talk

SIZES = (0, 1, 3_000, 150_000, 900_000, 2_500_000, 5_000_000)
SHORT = (1, 64, 64, 900, 20_000, 120_000, 500_000)
Make = Callable[[random.Random, int], Talk]


def talk_of(dice: random.Random, number: int, up: bytes, down: bytes) -> Talk:
    """With some end, and some that read slowly."""
    slow = frozenset(who for who in ("client", "backend") if dice.random() < 0.35)
    return Talk(
        number, up, down, random.Random(dice.random()), dice.choice(("fin", "fin", "client", "backend")), slow=slow
    )


def both_ways(dice: random.Random, number: int) -> Talk:
    """Both sides send at once; where one ends early, the other goes on."""
    up, down = dice.choice(SIZES), dice.choice(SIZES)
    return talk_of(dice, number, HEAD % number + dice.randbytes(up), dice.randbytes(down))


def questions(dice: random.Random, number: int) -> Talk:
    """One question after the other, each answered once it has come; no HTTP."""
    asks = [(dice.choice(SHORT), dice.choice(SHORT)) for _ in range(dice.randrange(5, 40))]
    head = HEAD % number
    asks.insert(0, (len(head), 10))
    up, down = (sum(sizes) for sizes in zip(*asks, strict=True))
    talk = talk_of(dice, number, head + dice.randbytes(up - len(head)), dice.randbytes(down))
    talk.asks = tuple(asks)
    return talk


def http(dice: random.Random, number: int) -> Talk:
    """Requests and answers with bodies, some of them in chunks; pipelined or not."""
    requests, answers = [], []
    pipelined = dice.random() < 0.5
    for n in range(dice.randrange(4, 50)):
        plain = n and dice.random() < 0.6
        body = b"" if plain else dice.randbytes(dice.choice(SHORT))
        head = b"GET /%d" % (n % 3) if plain else HEAD % number
        length = b"" if plain else b"Content-Length: %d\r\n" % len(body)
        requests.append(head + b" HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n" + body)
        answers.append(answer(dice, small=plain and dice.random() < 0.8))
    talk = talk_of(dice, number, b"".join(requests), b"".join(answers))
    talk.asks = tuple(zip(map(len, requests), map(len, answers), strict=True))
    talk.pipelined = pipelined
    return talk


def answer(dice: random.Random, *, small: bool) -> bytes:
    """A 200 with a length or in chunks."""
    body = dice.randbytes(5 if small else dice.choice(SHORT))
    if dice.random() < 0.7:
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    chunks = []
    while body:
        size = dice.randrange(1, len(body) + 1)
        chunks.append(b"%x\r\n%b\r\n" % (size, body[:size]))
        body = body[size:]
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(chunks) + b"0\r\n\r\n"
