"""Every error of the catalogue beside the real one: bytes, connection, the client's exception, and what comes after.

What provokes an error is said to a real server; the same without the provocation goes through a proxy that injects it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers.memcache_server import PROGRAM, MemcacheServer, memcached, needs_memcached
from tests.servers.proxied import Proxied, proxied
from tests.servers.redis_raw import until
from vaurien_core.protocols.memcache import Memcache

pymemcache = pytest.importorskip("pymemcache")
from pymemcache import exceptions as raised  # noqa: E402 - behind importorskip

pytestmark = [pytest.mark.server, needs_memcached, pytest.mark.timeout(120)]
BIG = b"x" * 1_200_000
LARGE = b"y" * 500_000
OLD = b"set a 0 0 3\r\nold\r\n"
HI = b"set a 0 0 2\r\nhi\r\n"
LONG = b"a" * 251
NEXT = (b"get a\r\n", b"set b 0 0 1\r\nx\r\n", b"get b\r\n")


@dataclass(frozen=True)
class Variant:
    """One way to meet an entry.

    Attributes:
        name: of the entry.
        provoking: what a real server refuses.
        plain: the same request with nothing wrong; empty: `provoking` itself.
        before: what is there.
        after: the next statements.
    """

    name: str
    provoking: bytes
    plain: bytes = b""
    before: bytes = OLD
    after: tuple[bytes, ...] = NEXT


def storage(line: str, data: bytes) -> bytes:
    """`set a 0 0 % noreply` with its data block; `%` is its length."""
    return line.replace("%", str(len(data))).encode() + b"\r\n" + data + b"\r\n"


TOO_LARGE = [
    Variant("too-large", storage(line, BIG), storage(line, b"hi"))
    for line in (
        "set a 0 0 %",
        "add c 0 0 %",
        "replace a 0 0 %",
        "append a 0 0 %",
        "cas a 0 0 % 1",
        "ms a %",
        "ms a % ME",
    )
]
OUT_OF_MEMORY = [
    Variant("out-of-memory", storage(line, LARGE), storage(line, b"hi"))
    for line in ("set a 0 0 %", "add c 0 0 %", "ms a %", "ms YQ== % b")
]
NOT_STORED = [
    Variant("not-stored", b"add a 0 0 2\r\nhi\r\n"),
    Variant("not-stored", b"replace a 0 0 2\r\nhi\r\n", before=b"delete a\r\n"),
    Variant("not-stored", b"append a 0 0 2\r\nhi\r\n", before=b"delete a\r\n"),
    Variant("not-stored", b"prepend a 0 0 2\r\nhi\r\n", before=b"delete a\r\n"),
    Variant("not-stored", b"ms a 2 ME O7 k\r\nhi\r\n"),
    Variant("not-stored", b"ms a 2 MR\r\nhi\r\n", before=b"delete a\r\n"),
]
EXISTS = [
    Variant("exists", b"cas a 0 0 2 1\r\nhi\r\n"),
    Variant("exists", b"ms a 2 C1 k O9\r\nhi\r\n"),
    Variant("exists", b"md a C1\r\n"),
]
BAD_DATA = [
    Variant("bad-data-chunk", line + b"\r\nhiXX", line + b"\r\nhi\r\n")
    for line in (b"set a 0 0 2", b"add c 0 0 2", b"replace a 0 0 2", b"append a 0 0 2", b"cas a 0 0 2 1", b"ms a 2")
]
BAD_FORMAT = [
    Variant("bad-format", b"get " + LONG + b"\r\n", b"get a\r\n"),
    Variant("bad-format", b"gets " + LONG + b"\r\n", b"gets a\r\n"),
    Variant("bad-format", b"gat 0 " + LONG + b"\r\n", b"gat 0 a\r\n"),
    Variant("bad-format", b"delete " + LONG + b"\r\n", b"delete a\r\n"),
    Variant("bad-format", b"touch " + LONG + b" 0\r\n", b"touch a 0\r\n"),
    Variant("bad-format", b"incr " + LONG + b" 1\r\n", b"incr a 1\r\n"),
    Variant("bad-format", b"mg " + LONG + b" v\r\n", b"mg a v\r\n"),
    Variant("bad-format", b"md " + LONG + b"\r\n", b"md a\r\n"),
]
ERROR = [
    Variant("error", b"get\r\n", b"get a\r\n"),
    Variant("error", b"gett a\r\n", b"get a\r\n"),
    Variant("error", b"touch a\r\n", b"touch a 0\r\n"),
]
MISS = [
    Variant("miss", b"get nokey\r\n", b"get a\r\n"),
    Variant("miss", b"gets nokey\r\n", b"gets a\r\n"),
    Variant("miss", b"gat 0 nokey\r\n", b"gat 0 a\r\n"),
    Variant("miss", b"mg nokey v O5\r\n", b"mg a v O5\r\n"),
]
VARIANTS = [*TOO_LARGE, *OUT_OF_MEMORY, *NOT_STORED, *EXISTS, *BAD_DATA, *BAD_FORMAT, *ERROR, *MISS]


UNPROVOKED = {"server-error"}
"""memcached 1.6.18 dies for want of memory; the text is in its program, the close in doc/protocol.txt."""


class Line:
    """A connection that shows what was answered to each part."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, part: bytes) -> bytes:
        """What is answered before the no-op behind it."""
        self.sock.sendall(part + b"mn\r\n")
        return self.until(b"MN\r\n")

    def until(self, end: bytes) -> bytes:
        told = b""
        while not told.endswith(end):
            data = self.sock.recv(65536)
            assert data, told
            told += data
        return told.removesuffix(end)

    def exactly(self, size: int) -> bytes:
        told = b""
        while len(told) < size:
            data = self.sock.recv(size - len(told))
            assert data, told
            told += data
        return told

    def __enter__(self) -> Line:  # noqa: PYI034
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()


@contextmanager
def exhausted() -> Iterator[MemcacheServer]:
    """A server without room for anything large, and without leave to throw anything away."""
    with memcached("-m", "64", "-M") as server:
        filling = b"".join(b"set f%d 0 0 500000 noreply\r\n%s\r\n" % (n, LARGE) for n in range(200))
        with Line(server.port) as line:
            for key in (b"a", b"b", b"c"):
                line.ask(b"set " + key + b" 0 0 1\r\nx\r\n")
            line.sock.sendall(filling + b"mn\r\n")
            line.until(b"MN\r\n")
        yield server


@pytest.fixture(scope="module")
def full_server() -> Iterator[MemcacheServer]:
    with exhausted() as server:
        yield server


@contextmanager
def injecting(server: MemcacheServer, name: str, phase: str = "before") -> Iterator[Proxied]:
    with proxied(Memcache, server.address, mix="100:error", error={"error": name, "phase": phase}) as proxy:
        proxy.off()
        yield proxy


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: f"{v.name}-{v.provoking[:12].decode().split()[0]}")
def test_an_error_and_what_follows_are_as_the_server_has_them(variant, memcached_shared, full_server):
    where = full_server if variant.name == "out-of-memory" else memcached_shared
    with Line(where.port) as line:
        line.ask(b"delete c\r\ndelete b\r\n" + variant.before)
        told = line.ask(variant.provoking)
        after = [line.ask(part) for part in variant.after]
    with injecting(memcached_shared, variant.name) as proxy, Line(proxy.port) as line:
        line.ask(b"delete c\r\ndelete b\r\n" + variant.before)
        proxy.on()
        line.sock.sendall(variant.plain or variant.provoking)
        assert told and line.exactly(len(told)) == told
        proxy.off()
        assert [line.ask(part) for part in variant.after] == (after if variant.name != "miss" else MISSED)
        assert proxy.count("opaque") == 0
    assert f"{variant.name} injected" in proxy.journal.outcomes()


MISSED = [b"VALUE a 0 3\r\nold\r\nEND\r\n", b"STORED\r\n", b"VALUE b 0 1\r\nx\r\nEND\r\n"]
"""A forced miss leaves the item where it is."""


@dataclass(frozen=True)
class Told:
    """What pymemcache makes of an entry.

    Attributes:
        call: of the client.
        result: what is raised (class name: text) or returned.
        twist: (bytes, others that provoke the error), as the client itself refuses to send them.
        before: what the client did before.
    """

    call: Callable[[Any], object]
    result: str
    twist: tuple[bytes, bytes] = (b"", b"")
    before: Callable[[Any], object] = lambda db: db.set("a", b"old")


CLIENT = {
    "out-of-memory": Told(
        lambda db: db.set("a", b"hi"), "MemcacheServerError: b'out of memory storing object'",
        (b"set a 0 0 2\r\nhi", b"set a 0 0 500000\r\n" + LARGE),
    ),
    "too-large": Told(
        lambda db: db.set("a", b"hi"), "MemcacheServerError: b'object too large for cache'",
        (b"set a 0 0 2\r\nhi", b"set a 0 0 1200000\r\n" + BIG),
    ),
    "not-stored": Told(lambda db: db.add("a", b"hi"), "False"),
    "exists": Told(lambda db: db.cas("a", b"hi", b"1"), "False"),
    "bad-data-chunk": Told(
        lambda db: db.set("a", b"hi"), "MemcacheClientError: b'bad data chunk'", (b"hi\r\n", b"hiXX")
    ),
    "bad-format": Told(
        lambda db: db.get("a"), "MemcacheClientError: b'bad command line format'", (b"get a", b"get " + LONG)
    ),
    "error": Told(lambda db: db.get("a"), "MemcacheUnknownCommandError: b'get'", (b"get a", b"get")),
    "miss": Told(lambda db: db.get("a"), "None", (b"get a", b"get nokey")),
}  # fmt: skip


def test_every_entry_of_the_catalogue_is_compared_with_the_real_error():
    names = {entry.name for entry in Memcache.errors}
    assert {v.name for v in VARIANTS} == set(CLIENT) == names - UNPROVOKED - {"too-many-connections"}


class Twisting:
    """The socket module that pymemcache asks for: one thing that it sends becomes another."""

    def __init__(self) -> None:
        self.twist = (b"", b"")

    def __getattr__(self, name: str) -> object:
        return getattr(socket, name)

    def socket(self, *args: Any) -> socket.socket:
        module = self

        class Twisted(socket.socket):
            def sendall(self, data: bytes, *more: int) -> None:
                old, new = module.twist
                super().sendall(data.replace(old, new) if old else data, *more)

        return Twisted(*args)


def client(port: int, module: object = socket) -> Any:
    return pymemcache.Client(
        ("127.0.0.1", port), timeout=20, default_noreply=False, no_delay=True, socket_module=module
    )


def outcome(call: Callable[[], object]) -> str:
    try:
        return str(call())
    except (raised.MemcacheError, OSError) as error:
        return f"{type(error).__name__}: {error}"


def after(db: Any) -> list[str]:
    """The next three statements."""
    return [outcome(c) for c in (lambda: db.get("a"), lambda: db.set("b", b"x"), lambda: db.get("b"))]


@pytest.mark.parametrize("name", CLIENT)
def test_the_client_raises_the_same_and_goes_on_the_same(name, memcached_shared, full_server):
    told = CLIENT[name]
    module = Twisting()
    db = client(full_server.port if name == "out-of-memory" else memcached_shared.port, module)
    told.before(db)
    module.twist = told.twist
    real = outcome(lambda: told.call(db))
    module.twist = (b"", b"")
    then = after(db)
    db.close()
    with injecting(memcached_shared, name) as proxy:
        db = client(proxy.port)
        told.before(db)
        proxy.on()
        assert (outcome(lambda: told.call(db)), real) == (told.result, told.result)
        proxy.off()
        assert after(db) == then
        db.close()


@pytest.mark.parametrize("name", [e.name for e in Memcache.errors if "after" in e.phases and e.name != "server-error"])
def test_after_the_fact_the_server_has_done_what_the_client_is_told_has_failed(name, memcached_shared):
    told = CLIENT[name]
    with injecting(memcached_shared, name, "after") as proxy:
        db = client(proxy.port)
        told.before(db)
        proxy.on()
        assert outcome(lambda: told.call(db)) == told.result
        proxy.off()
        assert db.get("a") == (b"hi" if name == "out-of-memory" else b"old")
        db.close()
    assert {e.phase for e in proxy.journal.entries if e.outcome == f"{name} injected"} == {"after"}


@pytest.mark.parametrize(("phase", "kept"), [("before", b"old"), ("after", b"hi")])
def test_a_server_that_can_not_go_on_says_so_and_closes(phase, kept, memcached_shared):
    assert PROGRAM is not None
    assert b"SERVER_ERROR out of memory reading request" in Path(PROGRAM).read_bytes()
    with injecting(memcached_shared, "server-error", phase) as proxy:
        with Line(proxy.port) as line:
            line.ask(OLD)
            proxy.on()
            line.sock.sendall(HI)
            assert line.sock.makefile("rb").read() == b"SERVER_ERROR out of memory reading request\r\n"
            proxy.off()
        db = client(proxy.port)
        assert db.get("a") == kept
        db.set("a", b"old")
        proxy.on()
        assert outcome(lambda: db.set("a", b"hi")) == "MemcacheServerError: b'out of memory reading request'"
        proxy.off()
        assert after(db) == [str(kept), "True", "b'x'"]
        db.close()


def test_too_many_connections_are_refused_and_later_ones_served(memcached_shared):
    def heard(port: int) -> tuple[list[bytes], str]:
        """What a connection is told up to its end, and a client in its place."""
        with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
            told = []
            with suppress(ConnectionResetError):
                while data := sock.recv(100):
                    told.append(data)
        db = client(port)
        said = outcome(lambda: db.get("a"))
        db.close()
        return told, said

    def later(port: int) -> list[str]:
        db = client(port)
        db.set("a", b"old")
        told = after(db)
        db.close()
        return told

    with memcached("-m", "64", "-c", "30") as small:
        lines: list[Line] = []
        while True:
            sock = Line(small.port)
            lines.append(sock)
            sock.sock.sendall(b"mn\r\n")
            if sock.sock.recv(100) != b"MN\r\n":
                break
        real = heard(small.port)
        for line in lines:
            line.sock.close()
        until(lambda: outcome(lambda: later(small.port)[0]) == "b'old'")
        then = later(small.port)
    with injecting(memcached_shared, "too-many-connections") as proxy:
        proxy.on()
        assert heard(proxy.port) == real
        proxy.off()
        assert later(proxy.port) == then
    assert real[0] == [b"ERROR Too many open connections\r\n"]
    assert real[1] == "MemcacheUnknownCommandError: b'get'"


def test_a_line_that_is_too_long_is_no_entry_as_the_server_closes_without_a_word(memcached_shared):
    with socket.create_connection(("127.0.0.1", memcached_shared.port), timeout=20) as sock:
        sock.sendall(b"x" * 3000)
        with suppress(ConnectionResetError):
            assert sock.recv(100) == b""
    assert PROGRAM is not None
    assert b"CLIENT_ERROR line too long" not in Path(PROGRAM).read_bytes()
