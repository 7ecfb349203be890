"""A real client and a real memcached with the proxy between them, and every error compared with the real one."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.proxy.lab import lab, named
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
        for _ in range(20):
            assert ask(between.port, *EVERYTHING) == direct
    assert set(between.opaque) == {""}
    expected = [e for e in between.exchanges if e.answer_expected]
    assert [(e.label, e.status) for e in expected if not (e.answer_done and e.status)] == []
    kinds = {(e.label.split()[0], e.status.split()[0]) for e in expected}
    assert {("get", "VALUE"), ("cas", "EXISTS"), ("incr", "8"), ("mg", "VA"), ("ms", "HD"), ("mn", "MN")} <= kinds
    assert not {("mn", s) for s in ("HD", "VA", "EN", "NF")} & kinds
    assert {e.status for e in expected if e.label == "version"} == {"VERSION"}


def test_twenty_megabytes_pass_and_come_back(server):
    with memcached("-m", "256", "-I", "64m") as large, relay(Memcache(Memcache.Options()), large.port) as between:
        db = client(between.port)
        value = bytes(range(256)) * 80_000
        assert db.set("big", value)
        assert db.get("big") == value
        db.close()
    assert [(e.label, e.status) for e in between.exchanges] == [("set big", "STORED"), ("get big", "VALUE")]


# what provokes the error for real, and the same request with nothing wrong, behind which the next answers must agree
REAL: dict[str, tuple[bytes, bytes]] = {
    "too-large": (b"set a 0 0 1200000\r\n" + BIG + b"\r\n", b"set a 0 0 2\r\nhi\r\n"),
    "not-stored": (b"add a 0 0 2\r\nhi\r\n", b"add a 0 0 2\r\nhi\r\n"),
    "exists": (b"cas a 0 0 2 1\r\nhi\r\n", b"cas a 0 0 2 1\r\nhi\r\n"),
    "bad-format": (b"get " + b"a" * 251 + b"\r\n", b"get a\r\n"),
    "error": (b"get\r\n", b"get a\r\n"),
    "miss": (b"get nokey\r\n", b"get a\r\n"),
}
BEFORE, NEXT = b"delete a noreply\r\nset a 0 0 3\r\nold\r\n", b"get a\r\nset b 0 0 1\r\nx\r\nget b\r\nmg a v q\r\n"


@pytest.mark.parametrize("name", REAL)
def test_an_error_is_the_servers_and_so_is_what_follows(server, name):
    provoking, plain = REAL[name]
    real = server.ask(BEFORE, provoking, NEXT)
    wanted = plain.split()[0].decode() + " a"

    def decide(exchange):
        """Only the first such request behind the preparation."""
        return name if exchange.label == wanted and exchange.ordinal == 4 else ""

    with relay(Memcache(Memcache.Options()), server.port, decide) as between:
        assert ask(between.port, BEFORE, plain, NEXT) == real
    assert between.injected == [name]


def test_a_bad_data_chunk_is_the_servers(server):
    real = server.ask(BEFORE + b"set a 0 0 2\r\nhixx\r\nget a\r\n")
    assert real.startswith(b"STORED\r\nCLIENT_ERROR bad data chunk\r\nERROR\r\nVALUE a 0 3\r\nold\r\n")
    decide = {3: "bad-data-chunk"}
    with relay(Memcache(Memcache.Options()), server.port, lambda e: decide.get(e.ordinal, "")) as between:
        told = ask(between.port, BEFORE + b"set a 0 0 2\r\nhi\r\nget a\r\n")
    assert told == real.replace(b"ERROR\r\nVALUE", b"VALUE"), "the server's second error is for the bytes too many"


def test_out_of_memory_is_the_servers():
    with memcached("-m", "64", "-M") as full:
        filling = b"".join(b"set f%d 0 0 500000\r\n%s\r\n" % (n, BIG[:500_000]) for n in range(200))
        real = full.ask(b"set a 0 0 3\r\nold\r\n" + filling)
        assert b"SERVER_ERROR out of memory storing object\r\n" in real
        real = full.ask(b"set a 0 0 500000\r\n" + BIG[:500_000] + b"\r\nget a\r\n")
    decide = {2: "out-of-memory"}
    with (
        memcached("-m", "64") as roomy,
        relay(Memcache(Memcache.Options()), roomy.port, lambda e: decide.get(e.ordinal, "")) as between,
    ):
        assert ask(between.port, b"set a 0 0 3\r\nold\r\nset a 0 0 1\r\nx\r\nget a\r\n") == b"STORED\r\n" + real


def test_too_many_connections_is_the_servers():
    entry = next(e for e in MEMCACHE_ERRORS if e.at == "connect")
    ours = Memcache(Memcache.Options()).error(entry.name, Exchange(0), close=True, wall=0.0, extra={})
    with memcached("-m", "64", "-c", "30") as small:
        socks, told = [], b""
        try:
            for _ in range(60):
                sock = socket.create_connection(("127.0.0.1", small.port), timeout=2)
                socks.append(sock)
                sock.sendall(b"mn\r\n")
                heard = sock.recv(100)
                if heard != b"MN\r\n":
                    told = heard
                    with suppress(ConnectionResetError):
                        assert sock.recv(100) == b""
                    break
        finally:
            for sock in socks:
                sock.close()
    assert told == ours and entry.closes


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


RAISES = {
    "out-of-memory": raised.MemcacheServerError,
    "too-large": raised.MemcacheServerError,
    "bad-data-chunk": raised.MemcacheClientError,
    "bad-format": raised.MemcacheClientError,
    "error": raised.MemcacheUnknownCommandError,
    "server-error": raised.MemcacheServerError,
}


@pytest.mark.parametrize("name", RAISES)
async def test_the_client_raises_what_it_documents_through_the_data_plane(server, name):
    def work(port: int) -> list[object]:
        told: list[object] = []
        db = client(port)
        for call in (lambda: db.set("a", b"v"), lambda: db.set("b", b"v")):
            try:
                told.append(call())
            except raised.MemcacheError as error:
                told.append(type(error))
        db.close()
        return told

    async with lab(
        Error, mix="100:error", handler=None, backend=server.address, protocols=(Memcache,), protocol="memcache",
        behaviors=(named("error", error=name),),
    ) as it:  # fmt: skip
        assert await asyncio.to_thread(work, it.server.bound.port) == [RAISES[name]] * 2


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
