"""The framers alone: exchanges a second, one by one, 16 together and at a glance; MB/s for large answers.

Best of five runs each.

A conversation that a framer doesn't understand would measure nothing, so each is checked: exactly so many exchanges,
not opaque, every byte out again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.measures import Figures
from benchmarks.table import columns, number
from vaurien_core.cli.registries import make_registry

EXCHANGES = 2000
LARGE = 4 << 20
READ = 256 * 1024
RUNS = 5
TOGETHER = 16
"""Requests in one read, then their answers in one: what a pipelining client does."""
Talk = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Conversation:
    """What both sides say: `opening` once, then a small exchange again and again, or one with a large answer."""

    opening: Talk
    small: tuple[bytes, bytes]
    ask: bytes
    head: bytes
    tail: bytes = b""


def _packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes((number,)) + payload


_GREETING = b"\x0a8.0.0\x00" + bytes(4) + b"saltsalt\x00" + b"\xff\xf7\x21\x02\x00\xff\x81\x15" + bytes(10) + bytes(13)
_LOGIN = (0x000FA285).to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x21" + bytes(23) + b"root\x00\x00"
_OK = b"\x00\x00\x00\x02\x00\x00\x00"
CONVERSATIONS = {
    "tcp": Conversation((), (b"x" * 64, b"y" * 64), b"x", b""),
    "http": Conversation(
        (), (b"GET /a HTTP/1.1\r\nHost: bench\r\nAccept: */*\r\n\r\n",
             b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        b"GET /b HTTP/1.1\r\nHost: bench\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE,
    ),
    "redis": Conversation(
        (), (b"*2\r\n$3\r\nGET\r\n$5\r\nkey:1\r\n", b"$5\r\nhello\r\n"),
        b"*2\r\n$3\r\nGET\r\n$5\r\nkey:2\r\n", b"$%d\r\n" % LARGE, b"\r\n",
    ),
    "memcache": Conversation(
        (), (b"get key\r\n", b"VALUE key 0 5\r\nhello\r\nEND\r\n"),
        b"get big\r\n", b"VALUE big 0 %d\r\n" % LARGE, b"\r\nEND\r\n",
    ),
    "mysql": Conversation(
        (("down", _packet(0, _GREETING)), ("up", _packet(1, _LOGIN)), ("down", _packet(2, _OK))),
        (_packet(0, b"\x03UPDATE a SET b = 1"), _packet(1, _OK)), b"", b"",
    ),
    "smtp": Conversation((("down", b"220 bench\r\n"),), (b"NOOP\r\n", b"250 OK\r\n"), b"", b""),
}  # fmt: skip


def measure(seconds: float) -> dict[str, Figures]:
    """By protocol; takes a few seconds (`seconds` under 1 means fewer exchanges)."""
    registry = make_registry()
    count = EXCHANGES if seconds >= 1 else EXCHANGES // 10
    found = {}
    for name, talk in CONVERSATIONS.items():
        kind = registry.protocol(name)
        figures: Figures = {"exchanges/s": 0.0}
        for _ in range(RUNS):
            framer = kind(kind.Options.build(())).framer()
            for direction, data in talk.opening:
                (framer.upstream if direction == "up" else framer.downstream)(data)
            request, answer = talk.small
            seen, began = 0, time.perf_counter()
            for _ in range(count):
                for piece in framer.upstream(request):
                    seen += piece.first
                framer.downstream(answer)
            figures["exchanges/s"] = max(figures["exchanges/s"], count / (time.perf_counter() - began))
            assert seen == count and not framer.opaque, (name, seen, framer.opaque)
            if name != "tcp":
                requests, answers, began = request * TOGETHER, answer * TOGETHER, time.perf_counter()
                for _ in range(count // TOGETHER):
                    asked, got = framer.upstream(requests), framer.downstream(answers)
                rate = count // TOGETHER * TOGETHER / (time.perf_counter() - began)
                assert len(asked) == TOGETHER and got[-1].last and not framer.opaque, (name, len(asked), framer.opaque)
                figures["together/s"] = max(figures.get("together/s", 0.0), rate)
            glance = framer.glance()
            if glance is not None:
                began = time.perf_counter()
                for _ in range(count):
                    key, whole = glance.request(request), glance.answer(answer)
                rate = count / (time.perf_counter() - began)
                assert key is not None and whole, name
                figures["at a glance/s"] = max(figures.get("at a glance/s", 0.0), rate)
            if talk.ask:
                framer.upstream(talk.ask)
                body = talk.head + bytes(LARGE) + talk.tail
                reads = [body[i : i + READ] for i in range(0, len(body), READ)]
                began = time.perf_counter()
                out = sum(len(piece.data) for read in reads for piece in framer.downstream(read))
                took = time.perf_counter() - began
                assert out == len(body), (name, out)
                figures["MB/s"] = max(figures.get("MB/s", 0.0), len(body) / took / 1e6)
        found[name] = figures
    return found


def shown(found: dict[str, Figures]) -> str:
    """As a table."""
    rows = [
        ["framers, alone", "exchanges/s", "us/exchange", f"us/exchange, {TOGETHER} together", "us at a glance", "MB/s"]
    ]
    for name, figures in found.items():
        rate, bulk = figures["exchanges/s"], figures.get("MB/s")
        times = [number(1e6 / figures[key]) if key in figures else "-" for key in ("together/s", "at a glance/s")]
        rows.append([name, number(rate), number(1e6 / rate), *times, number(bulk) if bulk else "-"])
    return columns(rows)
