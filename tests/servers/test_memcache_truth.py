"""Random work with injected errors: what the client is told is what the server holds."""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass

import pytest

from tests.servers.memcache_server import MemcacheServer, needs_memcached
from tests.servers.proxied import proxied
from vaurien_core.protocols.memcache import Memcache

pytestmark = [pytest.mark.server, needs_memcached, pytest.mark.timeout(120)]
STEPS = 1500
ANSWERED = [e for e in Memcache.errors if e.at == "request" and not e.closes]
DROPS = (b"SERVER_ERROR object too large for cache", b"SERVER_ERROR out of memory storing object")


@dataclass(frozen=True)
class Item:
    """What a key holds, as far as the client can know."""

    value: bytes
    unique: bytes = b""


class Client:
    """Asks one thing at a time, with a command that is never refused behind it."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.heard = self.sock.makefile("rb")

    def ask(self, said: bytes) -> bytes:
        """The first line of the answer, and the data behind it."""
        self.sock.sendall(said)
        line = self.heard.readline().rstrip()
        if line.startswith((b"VALUE", b"VA ")):
            size = int(line.split()[3 if line.startswith(b"VALUE") else 1])
            line += b"\n" + self.heard.read(size + 2)[:-2]
            if line.startswith(b"VALUE"):
                assert self.heard.readline() == b"END\r\n"
        return line

    def close(self) -> None:
        self.heard.close()
        self.sock.close()


def held(server: Client, key: bytes) -> Item | None:
    """What the server really holds."""
    line, _, value = server.ask(b"gets " + key + b"\r\n").partition(b"\n")
    return Item(value, line.split()[4]) if line.startswith(b"VALUE") else None


def step(chance: random.Random, n: int, known: Item | None) -> tuple[bytes, bytes]:
    """(what it is, its bytes) for the next request."""
    value, key = b"%d" % n, b"k%d" % chance.randrange(3)
    unique = known.unique if known is not None and chance.random() < 0.7 else b"1"
    kind = chance.choice(
        [b"set", b"add", b"replace", b"append", b"cas", b"delete", b"incr", b"get", b"ms", b"md", b"mg"]
    )
    line = {
        b"cas": b"cas %s 0 0 %d %s\r\n%s\r\n" % (key, len(value), unique, value),
        b"delete": b"delete %s\r\n" % key,
        b"incr": b"incr %s 5\r\n" % key,
        b"get": b"get %s\r\n" % key,
        b"ms": b"ms %s %d\r\n%s\r\n" % (key, len(value), value),
        b"md": b"md %s\r\n" % key,
        b"mg": b"mg %s v\r\n" % key,
    }.get(kind, b"%s %s 0 0 %d\r\n%s\r\n" % (kind, key, len(value), value))
    return kind, line


def believed(kind: bytes, value: bytes, told: bytes, before: Item | None) -> bytes | None:
    """What the key holds if what was told is true (memcached doc/protocol.txt); None: nothing."""
    old = before.value if before is not None else None
    if told in DROPS:
        return None if kind in (b"set", b"ms") else old
    if told in (b"STORED", b"HD") and kind in (b"set", b"add", b"replace", b"cas", b"ms"):
        return value
    if told == b"STORED":
        return (old or b"") + value
    if told in (b"DELETED", b"HD") and kind in (b"delete", b"md"):
        return None
    return told if told.isdigit() else old


@pytest.mark.parametrize("error", ["random", *(e.name for e in ANSWERED)])
def test_what_a_client_is_told_of_an_item_is_what_the_server_holds(error, memcached_shared: MemcacheServer):
    chance = random.Random(11)
    direct = Client(memcached_shared.port)
    refused = 0
    with proxied(Memcache, memcached_shared.address, mix="40:error", error={"error": error}) as proxy:
        client = Client(proxy.port)
        try:
            direct.ask(b"flush_all\r\n")
            for n in range(STEPS):
                keys = {b"k%d" % k: held(direct, b"k%d" % k) for k in range(3)}
                kind, said = step(chance, n, chance.choice(list(keys.values())))
                key = said.split()[1]
                told = client.ask(said)
                refused += told.startswith((b"SERVER_ERROR", b"CLIENT_ERROR", b"ERROR"))
                now = held(direct, key)
                assert (now.value if now else None) == believed(kind, b"%d" % n, told, keys[key]), (n, said, told)
                for other in keys.keys() - {key}:
                    assert held(direct, other) == keys[other], (n, said)
        finally:
            client.close()
            direct.close()
        injected, opaque = proxy.count("injected"), proxy.count("opaque")
    assert injected > STEPS // 50
    assert opaque == 0
    if error in ("random", "error", "bad-format"):
        assert refused > STEPS // 10
