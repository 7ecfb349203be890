"""A real client and a real memcached with the proxy between them, and every error compared with the real one."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.proxy.lab import lab
from tests.servers.book_relay import relay
from tests.servers.memcache_server import PROGRAM, ask, memcached, needs_memcached
from vaurien_core.behaviors.error import Error
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.memcache import Memcache
from vaurien_core.protocols.memcache.errors import MEMCACHE_ERRORS

pymemcache = pytest.importorskip("pymemcache")
from pymemcache import exceptions as raised  # noqa: E402 - behind importorskip

pytestmark = [pytest.mark.server, needs_memcached, pytest.mark.timeout(120)]
OPERATIONS = 10_000
BIG = b"x" * 1_200_000


@pytest.fixture(scope="module")
def server():
    with memcached("-m", "128") as running:
        yield running


def client(port: int) -> Any:
    return pymemcache.Client(("127.0.0.1", port), timeout=10, default_noreply=False, no_delay=True)


def calls(db: Any, key: str, blob: bytes, quiet: bool) -> list[Callable[[], object]]:
    """What the client can do with a key."""
    return [
        lambda: db.set(key, blob, noreply=quiet), lambda: db.add(key, blob, noreply=quiet),
        lambda: db.replace(key, blob, noreply=quiet), lambda: db.append(key, blob[:99], noreply=quiet),
        lambda: db.prepend(key, blob[:99], noreply=quiet), lambda: db.get(key), lambda: db.get_many(["k1", "k2", key]),
        lambda: db.gets(key)[0], lambda: db.delete(key, noreply=quiet), lambda: db.set(f"n{key}", "7"),
        lambda: db.incr(f"n{key}", 2, noreply=quiet), lambda: db.decr(f"n{key}", 1, noreply=quiet),
        lambda: db.touch(key, 100, noreply=quiet), lambda: db.cas(key, blob, b"1"),
        lambda: db.cas(key, blob, db.gets(key)[1] or b"1", noreply=quiet), lambda: db.version(),
        lambda: db.set_many({key: blob, "k2": b"2"}, noreply=quiet), lambda: len(db.stats()) > 10,
        lambda: db.delete_many([key], noreply=quiet),
    ]  # fmt: skip


def operations(port: int) -> list[object]:
    """Generated operations and what they gave."""
    chance = random.Random(5)
    db = client(port)
    db.flush_all()
    results: list[object] = []
    blobs = [b"", b"\r\n", b"END\r\n", b"get a\r\nVALUE a 0 1\r\n", bytes(range(256)), b"x" * 70_000]
    for _ in range(OPERATIONS):
        key, blob = f"k{chance.randrange(12)}", chance.choice(blobs) if chance.random() < 0.1 else chance.randbytes(20)
        try:
            results.append(chance.choice(calls(db, key, blob, chance.random() < 0.3))())
        except raised.MemcacheError as error:
            results.append(repr(error))
    db.quit()
    return results


async def test_ten_thousand_operations_give_the_same_as_directly(server):
    direct = await asyncio.to_thread(operations, server.port)
    async with lab(handler=None, backend=server.address, protocols=(Memcache,), protocol="memcache") as it:
        through = await asyncio.to_thread(operations, it.server.bound.port)
        assert it.server.counters.exchanges > OPERATIONS
        assert it.server.counters.opaque == 0
    assert through == direct


LINES = """
set k 0 0 3|abc|get k nokey|gets nokey|add k 0 0 1|x|replace k 1 0 0||append k 0 0 1|y|prepend k 0 0 1 noreply|z
cas k 0 0 1 1|x|cas nokey 0 0 1 1|x|gat 0 k|gats 0 nokey|set n 0 0 1|5|incr n 3|decr n 1|incr nokey 1|incr n x|incr k 1
touch k 0|delete n|delete n noreply|verbosity 0|verbosity 0 noreply|version|stats reset|stats sizes
stats detail on|stats detail dump|stats detail off|stats foo|cache_memlimit 128|slabs automove 1
slabs automove 1 noreply|lru mode segmented noreply|lru mode segmented|shutdown||me nokey|ms k 2 T0|hi
ms k 2 q|hi|ms k 2 ME q k O1|hi|ms k 7 zz|version|mg k v k O2|mg nokey v|mg nokey v q O3|mg k v q O4 k|mg k q|ma k v
ma cnt N0 J5 v|ma cnt q|md cnt q|md nokey|md nokey q|flush_all 0 noreply
"""
PLAIN = b"".join(word.encode() + b"\r\n" for line in LINES.strip().splitlines() for word in line.split("|"))
EVERYTHING = (
    PLAIN, b"get " + b"k" * 251 + b"\r\n", b"set k 0 0 1200000\r\n" + BIG + b"\r\n",
    b"ms k 1200000 q\r\n" + BIG + b"\r\n",
)  # fmt: skip


def test_every_command_is_framed_as_the_server_answers_it(server):
    direct = server.ask(*EVERYTHING)
    with relay(Memcache(Memcache.Options()), server.port) as between:
        for _ in range(2):
            assert ask(between.port, *EVERYTHING) == direct
    assert set(between.opaque) == {""}
    expected = [e for e in between.exchanges if e.answer_expected]
    assert [(e.label, e.status) for e in expected if not (e.answer_done and e.status)] == []
    kinds = {(e.label.split()[0], e.status.split()[0]) for e in expected}
    assert {("get", "VALUE"), ("cas", "EXISTS"), ("incr", "8"), ("mg", "VA"), ("ms", "HD"), ("mn", "MN")} <= kinds
    assert not {("mn", s) for s in ("HD", "VA", "EN", "NF")} & kinds
    assert {e.status for e in expected if e.label == "version"} == {"VERSION"}


REQUESTS = [
    b"set a 0 0 1\r\nx\r\n", b"add a 0 0 1\r\nx\r\n", b"cas a 0 0 1 1\r\nx\r\n", b"get a\r\n", b"gat 0 a\r\n",
    b"mg a v\r\n", b"ms a 1 ME C1\r\nx\r\n", b"ma a\r\n", b"incr a 1\r\n", b"delete a\r\n", b"stats\r\n", b"mn\r\n",
]  # fmt: skip


@pytest.mark.parametrize("entry", MEMCACHE_ERRORS, ids=lambda e: e.name)
def test_every_text_is_among_those_of_the_server(entry):
    protocol = Memcache(Memcache.Options())
    at = [Exchange(0)] if entry.at == "connect" else []
    for request in REQUESTS if not at else []:
        exchange = protocol.framer().upstream(request)[0].exchange
        assert exchange is not None
        at.append(exchange)
    told = {protocol.error(entry.name, e, close=entry.closes, wall=0.0, extra={}) for e in at} - {None}
    assert told
    assert PROGRAM is not None
    texts = Path(PROGRAM).read_bytes()
    assert [t for t in told if t.strip() not in texts and len(t) > 4] == []


async def test_quiet_and_noreply_requests_are_not_failed(server):
    async with lab(
        Error, mix="100:error", handler=None, backend=server.address, protocols=(Memcache,), protocol="memcache",
        everything=True,
    ) as it:  # fmt: skip

        def work(port: int) -> bytes:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as sock, sock.makefile("rb") as heard:
                sock.sendall(b"set q 0 0 1 noreply\r\nx\r\nget q\r\n")
                told = heard.readline()
                while server.ask(b"get q\r\n") == b"END\r\n":  # fails by the time limit
                    time.sleep(0.01)
                return told

        told = await asyncio.to_thread(work, it.server.bound.port)
        assert told == b"SERVER_ERROR out of memory writing get response\r\n"
    assert server.ask(b"get q\r\n") == b"VALUE q 0 1\r\nx\r\nEND\r\n"
