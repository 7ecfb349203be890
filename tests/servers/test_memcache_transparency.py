"""Every command of memcached through the whole data plane: no byte of any answer or request differs, none is lost.

A wire between proxy and server hears what the server got and said; the client knows what it sent and got.
"""

from __future__ import annotations

import random
import socket
import struct

import pytest

from tests.servers.memcache_server import memcached, needs_memcached
from tests.servers.proxied import Proxied, proxied
from tests.servers.tee import Tee, tee
from vaurien_core.protocols.memcache import Memcache
from vaurien_core.protocols.memcache import commands as table

pytestmark = [pytest.mark.server, needs_memcached, pytest.mark.timeout(240)]
TIMES = 20
_SETTINGS = """
stats|stats reset|stats sizes|stats items|stats slabs|stats settings|stats conns|stats detail on|stats detail dump
stats detail off|stats foo|version|verbosity 0|verbosity 0 noreply|flush_all 0 noreply|flush_all 1000000|flush_all
cache_memlimit 128|slabs automove 1|slabs automove 1 noreply|slabs reassign 1 1|slabs foo|lru mode segmented
lru mode segmented noreply|lru tune 10 25 0.1 2.0|lru_crawler disable|lru_crawler enable|lru_crawler sleep 0
lru_crawler foo|shutdown|shutdown foo|misbehave|debugtime 1|extstore free_memchunks 1 1
refresh_certs|mn
"""
SETTINGS = [line.encode() for row in _SETTINGS.split("\n") for line in row.split("|") if line]
BLOBS = [b"", b"\r\n", b"END\r\n", b"get a\r\nVALUE a 0 1\r\n", bytes(range(256)), b"x" * 70_000, b"7", b"41"]
QUIET = (b"", b" noreply")


def batch(chance: random.Random) -> list[bytes]:
    """Every command that says something about an item, with names, values and options of chance."""
    key, blob = b"k%d" % chance.randrange(6), chance.choice(BLOBS)
    size, quiet = b"%d" % len(blob), chance.choice(QUIET)
    flags = b"".join(chance.sample([b" v", b" k", b" c", b" s", b" f", b" t", b" O9", b" q", b" h", b" l"], k=3))
    said = [
        b"get " + key, b"gets k0 k1 k2 nokey", b"gat 0 " + key, b"gats 100 k3 " + key, b"delete " + key + quiet,
        b"incr " + key + b" 3" + quiet, b"decr " + key + b" 1" + quiet, b"touch " + key + b" 100" + quiet,
        b"mg " + key + flags, b"md " + key + chance.choice([b"", b" q", b" I", b" C1"]), b"me " + key, b"me nokey",
        b"ma " + key + chance.choice([b" v", b" N0 J5 v", b" MD D2 v", b" q"]), b"mn",
    ]  # fmt: skip
    for word in (b"set", b"add", b"replace", b"append", b"prepend"):
        said.append(word + b" " + key + b" 1 0 " + size + chance.choice(QUIET) + b"\r\n" + blob)
    said.append(b"cas " + key + b" 0 0 " + size + b" %d" % chance.randrange(60) + quiet + b"\r\n" + blob)
    said.append(b"ms " + key + b" " + size + chance.choice([b"", b" q", b" ME", b" c k O1", b" MA", b" T0 F3"]))
    said[-1] += b"\r\n" + blob
    chance.shuffle(said)
    return said


class Talk:
    """One client's connection: what it sent and got."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent, self.got = bytearray(), bytearray()

    def say(self, data: bytes, size: int = 1_000_000) -> None:
        self.sent += data
        for at in range(0, len(data), size):
            self.sock.sendall(data[at : at + size])

    def until(self, *ends: bytes) -> None:
        """Read on until the answer ends with one of these, or all."""
        begin = len(self.got)
        while not ends or len(self.got) == begin or not self.got.endswith(ends):
            data = self.sock.recv(262_144)
            if not data and not ends:
                break
            assert data, (bytes(self.sent[-300:]), bytes(self.got[-300:]))
            self.got += data

    def close(self) -> None:
        self.say(b"quit\r\n")
        self.until()
        self.sock.close()


def assert_same(it: Tee, talks: list[Talk]) -> None:
    """What the clients sent the server got, and the other way round."""
    assert sorted(bytes(t.sent) for t in talks) == sorted(bytes(w.up) for w in it.wires)
    assert sorted(bytes(t.got) for t in talks) == sorted(bytes(w.down) for w in it.wires)


def opaque(proxy: Proxied) -> list[str]:
    return [e.outcome for e in proxy.journal.entries if "opaque" in e.outcome]


@pytest.mark.parametrize("rounds", [TIMES, pytest.param(520, marks=pytest.mark.slow)])
def test_every_command_passes_unchanged(rounds):
    chance = random.Random(2)
    with memcached("-m", "128") as server, tee(server.port) as wire, proxied(Memcache, wire.address) as proxy:
        talk = Talk(proxy.port)
        asked: dict[bytes, int] = {}
        for _ in range(TIMES):  # each alone: memcached forgets what is sent behind it
            talk.say(b"lru_crawler metadump all\r\n")
            talk.until(b"END\r\n", b"request\r\n")
        for turn in range(rounds):
            said = batch(chance) + (SETTINGS if turn < TIMES else [])
            sizes = [1, 3] if turn % 10 == 0 else [100, 5_000, 1_000_000]
            for at in range(0, len(said), size := chance.choice([1, 5, 50])):
                part = said[at : at + size]
                for line in part:
                    word = line.split()[0]
                    asked[word] = asked.get(word, 0) + 1
                number = len(talk.got) % 1_000_000
                mark = b"ms mark 6\r\n%06d\r\nmg mark v\r\n" % number
                data = b"".join(line + b"\r\n" for line in part) + mark
                talk.say(data, chance.choice(sizes) if len(data) < 5_000 else 1_000_000)
                talk.until(b"VA 6\r\n%06d\r\n" % number)
        talk.close()
        assert proxy.count("opaque") == 0, opaque(proxy)
        exchanges = proxy.count("exchanges")
    assert_same(wire, [talk])
    assert exchanges > rounds * 22
    words = table.STORAGE | table.RETRIEVAL | table._KEYED | table._META | table._OTHER - {b"", b"quit", b"watch"}
    assert {w: asked.get(w, 0) for w in words if asked.get(w, 0) < TIMES} == {}


@pytest.mark.parametrize("size", [0, 1, 20_000_000])
def test_a_value_of_any_size_passes_unchanged(size):
    blob = random.Random(size).randbytes(size)
    with (
        memcached("-m", "256", "-I", "64m") as server, tee(server.port) as wire,
        proxied(Memcache, wire.address) as proxy,
    ):  # fmt: skip
        talk = Talk(proxy.port)
        talk.say(b"set big 0 0 %d\r\n%s\r\nget big\r\n" % (size, blob))
        talk.until(b"END\r\n")
        talk.close()
        assert proxy.count("opaque") == 0
    assert bytes(talk.got) == b"STORED\r\nVALUE big 0 %d\r\n%s\r\nEND\r\n" % (size, blob)
    assert_same(wire, [talk])


def test_the_binary_protocol_passes_unread_and_says_so():
    """memcached doc/protocol-binary.txt: magic, opcode, key length, extras, type, status, body, opaque, cas."""
    key, value = b"bin", b"\r\nvalue\x00"
    head = struct.Struct(">BBHBBHLLQ")
    request = head.pack(0x80, 1, len(key), 8, 0, 0, 8 + len(key) + len(value), 7, 0) + bytes(8) + key + value
    read = head.pack(0x80, 0, len(key), 0, 0, 0, len(key), 8, 0) + key
    with memcached() as server, tee(server.port) as wire, proxied(Memcache, wire.address, mix="100:error") as proxy:
        talk = Talk(proxy.port)
        talk.say(request + read, 5)
        talk.until(value)
        talk.say(head.pack(0x80, 7, 0, 0, 0, 0, 0, 9, 0))
        talk.until()
        talk.sock.close()
        assert proxy.count("opaque") == 1
        assert proxy.count("injected") == 0
        assert any("binary protocol" in e.outcome for e in proxy.journal.entries)
    assert_same(wire, [talk])
